"""What chargers do that the standard does not say: which of it we allow, to whom, and how often it was seen.

Strict is the default: what a station may do beyond the standard is allowed by the profile of its vendor, model and
firmware, or by its operator. What can be understood without being allowed is tolerated, named and counted. A problem
noted with an arrival begins with the code of its quirk: ``DECIMAL_COMMA: value read as 12.5``.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class QuirkSource(StrEnum):
    """How we know that a station has a quirk."""

    PROFILE = "PROFILE"
    OPERATOR = "OPERATOR"
    OBSERVED = "OBSERVED"


class Quirk(StrEnum):
    """The first group must be allowed to have an effect; the second is only ever seen and counted."""

    REPAIR_JSON = "REPAIR_JSON"
    NO_SUBPROTOCOL = "NO_SUBPROTOCOL"
    SPEAKS_16 = "SPEAKS_16"
    IDENTITY_INSIDE_PATH = "IDENTITY_INSIDE_PATH"
    QUIET_UNTIL_BOOT = "QUIET_UNTIL_BOOT"
    NO_PING = "NO_PING"
    PING_OFTEN = "PING_OFTEN"
    LOCAL_TIME = "LOCAL_TIME"
    METER_FROM_ZERO = "METER_FROM_ZERO"
    AMPS_ONLY = "AMPS_ONLY"
    WATTS_ONLY = "WATTS_ONLY"
    STACK_LEVEL_ZERO = "STACK_LEVEL_ZERO"
    HEX_TAGS_ONLY = "HEX_TAGS_ONLY"
    COOL_DOWN = "COOL_DOWN"
    FREE_WHILE_PLUGGED = "FREE_WHILE_PLUGGED"

    BROKEN_FRAME = "BROKEN_FRAME"
    BAD_CHARACTERS = "BAD_CHARACTERS"
    DUPLICATE_KEYS = "DUPLICATE_KEYS"
    ODD_FRAMING = "ODD_FRAMING"
    WRONG_TYPE = "WRONG_TYPE"
    VENDOR_FIELDS = "VENDOR_FIELDS"
    BREAKS_SCHEMA = "BREAKS_SCHEMA"
    INCOMPLETE = "INCOMPLETE"
    DECIMAL_COMMA = "DECIMAL_COMMA"
    BAD_READING = "BAD_READING"
    NO_TIME_ZONE = "NO_TIME_ZONE"
    BAD_TIME = "BAD_TIME"
    UNKNOWN_STATUS = "UNKNOWN_STATUS"
    STRAY_ANSWER = "STRAY_ANSWER"
    START_BY_NOBODY = "START_BY_NOBODY"
    FORGETS_CONFIGURATION = "FORGETS_CONFIGURATION"
    SILENT_TO_CALLS = "SILENT_TO_CALLS"
    TRANSACTION_ID_REUSED = "TRANSACTION_ID_REUSED"


@dataclass(frozen=True, slots=True)
class QuirkKind:
    """``description`` says what the station does and what we do about it."""

    allowance: bool
    description: str


def _allowed(description: str) -> QuirkKind:
    return QuirkKind(True, description)


def _seen(description: str) -> QuirkKind:
    return QuirkKind(False, description)


QUIRKS: dict[Quirk, QuirkKind] = {
    Quirk.REPAIR_JSON: _allowed(
        "It sends JSON with commas, values or brackets missing, or stray backslashes. Where only one meaning is "
        "possible the frame is repaired and used; without this it is refused."
    ),
    Quirk.NO_SUBPROTOCOL: _allowed("It offers no OCPP version when it connects. It is taken to speak 1.6."),
    Quirk.SPEAKS_16: _allowed("It offers a newer version and then speaks 1.6. Its socket is read as 1.6."),
    Quirk.IDENTITY_INSIDE_PATH: _allowed(
        "It appends something to the URL, such as its serial number. Its identity is found in any part of the path."
    ),
    Quirk.QUIET_UNTIL_BOOT: _allowed(
        "It drops the connection when it is asked something before its boot is answered. Commands wait for the boot, "
        "or for half a minute."
    ),
    Quirk.NO_PING: _allowed("Pings disturb it. None are sent; any message of its own shows that it is alive."),
    Quirk.PING_OFTEN: _allowed("It goes deaf without a ping a minute. It is pinged twice a minute, however busy."),
    Quirk.LOCAL_TIME: _allowed(
        "It writes times without a zone, and means those of its clock on the wall. They are read in the time zone of "
        "its location; without this they are read as UTC."
    ),
    Quirk.METER_FROM_ZERO: _allowed(
        "Its readings during a transaction count from zero while start and end give the meter's register. Only start "
        "and end are billed."
    ),
    Quirk.AMPS_ONLY: _allowed("It refuses charging limits in watts. They are converted to amperes."),
    Quirk.WATTS_ONLY: _allowed("It refuses charging limits in amperes. They are converted to watts."),
    Quirk.STACK_LEVEL_ZERO: _allowed("It accepts charging profiles of stack level 0 only. Others are sent as 0."),
    Quirk.HEX_TAGS_ONLY: _allowed(
        "It starts by remote only for tokens written in hexadecimal. Others are sent as a number made for the start."
    ),
    Quirk.COOL_DOWN: _allowed(
        "A start within minutes of the last session's end puts it out of order. A remote start in that time is refused."
    ),
    Quirk.FREE_WHILE_PLUGGED: _allowed(
        "It shows a plug as available while a cable is in it. Where staying costs something, a car has left when the "
        "plug has been shown free for five minutes, or when another one begins."
    ),
    Quirk.BROKEN_FRAME: _seen("A frame could not be read, and was refused as its version prescribes."),
    Quirk.BAD_CHARACTERS: _seen("Control characters, or bytes that are no text, were removed."),
    Quirk.DUPLICATE_KEYS: _seen("An object named the same field twice; the frame was refused."),
    Quirk.ODD_FRAMING: _seen("A message had too few or too many parts, or an unusual message id."),
    Quirk.WRONG_TYPE: _seen("A number was written where a text belongs, or the other way round; it was converted."),
    Quirk.VENDOR_FIELDS: _seen("Fields that the standard does not know came along; they are kept in the frame only."),
    Quirk.BREAKS_SCHEMA: _seen("A value was too long, or none of those that the standard lists; it was kept."),
    Quirk.INCOMPLETE: _seen("Something required was missing."),
    Quirk.DECIMAL_COMMA: _seen("A number was written with a comma; it was read as a decimal point."),
    Quirk.BAD_READING: _seen("A measured value was no plausible number, and counts as not measured."),
    Quirk.NO_TIME_ZONE: _seen("A time had no zone."),
    Quirk.BAD_TIME: _seen("A time could not be read; that of receipt was used."),
    Quirk.UNKNOWN_STATUS: _seen("A status or phase that the standard does not know was taken as the harmless one."),
    Quirk.STRAY_ANSWER: _seen("It answered what nobody had asked, or what had been given up."),
    Quirk.TRANSACTION_ID_REUSED: _seen(
        "It began a transaction under the id of an earlier one: both are kept, the earlier under its id with a number."
    ),
    Quirk.START_BY_NOBODY: _seen(
        "It asked for a start without any token (NoAuthorization), and was refused. Let the station accept them "
        "(acceptsNoAuthorization), or switch its start button off (AuthCtrlr.Enabled)."
    ),
    Quirk.FORGETS_CONFIGURATION: _seen(
        "A value of its configuration that was wished for was in effect and was gone after a boot; it was told it "
        "again, at most three times a day."
    ),
    Quirk.SILENT_TO_CALLS: _seen("It talked but answered nothing it was asked, and was told to connect again."),
}

_BY_CODE = {quirk.value: quirk for quirk in Quirk}


def quirk_of(problem: str) -> Quirk | None:
    """The quirk that a noted problem names."""
    return _BY_CODE.get(problem.partition(":")[0])


def known_quirks(codes: Iterable[str]) -> frozenset[Quirk]:
    """The quirks of these codes; one that a later version has dropped is left out."""
    return frozenset(_BY_CODE[code] for code in codes if code in _BY_CODE)


def quirks_of(problems: Iterable[str]) -> set[Quirk]:
    return {quirk for problem in problems if (quirk := quirk_of(problem)) is not None}


@dataclass(frozen=True, slots=True)
class QuirkProfile:
    """What stations of a kind do. Patterns are regular expressions for the whole text, in any case."""

    name: str
    description: str
    vendor: str
    model: str
    firmware: str
    allowances: tuple[Quirk, ...]

    def fits(self, vendor: str | None, model: str | None, firmware: str | None) -> bool:
        said = ((self.vendor, vendor), (self.model, model), (self.firmware, firmware))
        return all(re.fullmatch(pattern, text or "", re.IGNORECASE) is not None for pattern, text in said)


@dataclass(frozen=True, slots=True)
class StationQuirk:
    """A quirk of one station; ``repairs`` counts how often it was met, ``last_at`` is when it last was."""

    quirk: Quirk
    source: QuirkSource
    repairs: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecordedQuirk:
    """What the database keeps: pinned by the operator, met so and so often, or both."""

    quirk: Quirk
    pinned: bool
    repairs: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnbilledEnergy:
    """How far a position's register rose between the end of one session and the start of the next."""

    evse_number: int
    energy_wh: int
    after: datetime
    before: datetime


def shown(profile: Collection[Quirk], recorded: Iterable[RecordedQuirk]) -> list[StationQuirk]:
    """A station's quirks in the order of the table: whoever allows it names its source, the operator first."""
    kept = {one.quirk: one for one in recorded}
    found = []
    for quirk in Quirk:
        one = kept.get(quirk)
        if quirk not in profile and (one is None or not (one.pinned or one.repairs)):
            continue
        if one is not None and one.pinned:
            source = QuirkSource.OPERATOR
        else:
            source = QuirkSource.PROFILE if quirk in profile else QuirkSource.OBSERVED
        found.append(StationQuirk(quirk, source, one.repairs if one else 0, one.last_at if one else None))
    return found
