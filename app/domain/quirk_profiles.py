"""Which stations are known for what. A new field report adds a line here, and a story to the tests.

Patterns are as narrow as the reports were: a vendor alone only where every model was reported.
"""

from app.domain.quirk import Quirk, QuirkProfile

_ANY = ".*"

PROFILES: tuple[QuirkProfile, ...] = (
    QuirkProfile(
        "grizzl-e",
        "Offers no version, breaks its JSON now and then, and measures from zero within a session.",
        r"(united chargers|grizzl-?e).*",
        _ANY,
        _ANY,
        (Quirk.NO_SUBPROTOCOL, Quirk.REPAIR_JSON, Quirk.METER_FROM_ZERO),
    ),
    QuirkProfile(
        "wallbox",
        "Hangs up when it is asked something before its boot is answered, and knows stack level 0 only.",
        r"wall ?box( chargers)?.*",
        _ANY,
        _ANY,
        (Quirk.QUIET_UNTIL_BOOT, Quirk.STACK_LEVEL_ZERO),
    ),
    QuirkProfile(
        "evduty",
        "Finds pings unusual and never answers one.",
        r"(evduty|elmec).*",
        _ANY,
        _ANY,
        (Quirk.NO_PING,),
    ),
    QuirkProfile(
        "abb-terra-ac",
        "Takes charging profiles of stack level 0 only.",
        r"abb.*",
        r".*terra ?ac.*|tac.*|cdt_tacw.*",
        _ANY,
        (Quirk.STACK_LEVEL_ZERO,),
    ),
    QuirkProfile(
        "alfen",
        "Starts by remote for hexadecimal tags only.",
        r"alfen.*",
        _ANY,
        _ANY,
        (Quirk.HEX_TAGS_ONLY,),
    ),
    QuirkProfile(
        "foxess",
        "Goes offline when it is started again within minutes of a stop; shows a plug free that is not.",
        r"fox ?ess.*",
        _ANY,
        _ANY,
        (Quirk.COOL_DOWN, Quirk.FREE_WHILE_PLUGGED),
    ),
    QuirkProfile(
        "growatt-thor",
        "Writes times as its clock on the wall shows them, without a zone.",
        r"growatt.*",
        r".*thor.*",
        _ANY,
        (Quirk.LOCAL_TIME,),
    ),
    QuirkProfile(
        "en-plus-caro",
        "Appends its serial number to the URL.",
        r"en\+.*|en plus.*",
        r".*caro.*",
        _ANY,
        (Quirk.IDENTITY_INSIDE_PATH,),
    ),
)


def profiles_of(vendor: str | None, model: str | None, firmware: str | None) -> list[QuirkProfile]:
    """Every profile that fits what a station says of itself; none before its first boot."""
    if not vendor and not model:
        return []
    return [profile for profile in PROFILES if profile.fits(vendor, model, firmware)]


def allowed_by_profile(vendor: str | None, model: str | None, firmware: str | None) -> frozenset[Quirk]:
    return frozenset(quirk for profile in profiles_of(vendor, model, firmware) for quirk in profile.allowances)
