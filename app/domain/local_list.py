"""A station's local list against our tokens: what it holds, what it should hold, and the difference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from app.domain.request.local_list import AuthorizationData, IdToken, IdTokenInfo, SendLocalList, UpdateType
from app.domain.station import OcppVersion
from app.domain.token import AuthorisationStatus, Token

DIGEST_LENGTH = 12
# OCPP 1.6 idTag (CiString20), 2.x identifierString (36): a longer one would make the station refuse the whole list.
UID_LENGTH: Mapping[OcppVersion, int] = {OcppVersion.V16: 20, OcppVersion.V201: 36, OcppVersion.V21: 36}
# 1.6 configuration keys and 2.x variables by what they bound.
_ENTRIES = frozenset({"LocalAuthListMaxLength", "Entries"})
_MESSAGE = frozenset({"SendLocalListMaxLength", "ItemsPerMessage"})
# When a station has not said how much it takes: what every station seen so far can.
DEFAULT_MESSAGE = 100


@dataclass(frozen=True, slots=True)
class LocalList:
    """What we know of the list a station holds. ``version`` None: unknown, so the next one is sent whole."""

    version: int | None
    entries: Mapping[str, str]
    in_step: bool
    last_status: str | None
    sent_at: datetime | None
    checked_at: datetime | None
    max_entries: int | None
    max_message: int | None


def entry_of(token: Token, name: str) -> AuthorizationData:
    """A token as an entry, under one of its names."""
    group = None if token.group_id is None else IdToken(token.group_id, "Central")
    info = IdTokenInfo(AuthorisationStatus.ACCEPTED, group, token.valid_until)
    return AuthorizationData(IdToken(name, token.ocpp_type), info)


def digest(entry: AuthorizationData) -> str:
    """What tells whether a station's entry is still the one we would send."""
    return sha256(repr(entry).encode()).hexdigest()[:DIGEST_LENGTH]


def digests(entries: Iterable[AuthorizationData]) -> tuple[dict[str, str], tuple[str, ...]]:
    """By uid: the digests of what is put on a list, and what is taken off it."""
    put = {one.id_token.id_token: digest(one) for one in entries if one.id_token_info is not None}
    off = tuple(one.id_token.id_token for one in entries if one.id_token_info is None)
    return put, off


def wanted(tokens: Iterable[Token], *, at: datetime, version: OcppVersion) -> list[AuthorizationData]:
    """The entries a station should hold: every token that may charge now and that its version can name."""
    return [
        entry_of(token, name)
        for token in tokens
        for name in token.names
        if token.valid
        and len(name) <= UID_LENGTH[version]
        and (token.valid_until is None or token.valid_until > at)
        and (token.valid_from is None or token.valid_from <= at)
    ]


def difference(held: Mapping[str, str], target: list[AuthorizationData]) -> list[AuthorizationData]:
    """What makes the held list the target: entries that are new or changed, and bare ones for what comes off."""
    names = {one.id_token.id_token for one in target}
    changed = [one for one in target if held.get(one.id_token.id_token) != digest(one)]
    gone = [AuthorizationData(IdToken(uid, "Central")) for uid in held if uid not in names]
    return gone + changed


def messages(
    held: LocalList | None, target: list[AuthorizationData], *, full: bool, next_version: int
) -> Iterator[SendLocalList]:
    """The messages that bring a station into step, each no longer than it takes; none when nothing differs."""
    known = held is not None and held.version is not None
    size = (held.max_message if held is not None else None) or DEFAULT_MESSAGE
    if known and not full:
        assert held is not None
        entries, kind = difference(held.entries, target), UpdateType.DIFFERENTIAL
        if not entries:
            return
    else:
        entries, kind = target, UpdateType.FULL
    first = True
    while entries or first:
        chunk, entries = entries[:size], entries[size:]
        yield SendLocalList(next_version, kind if first else UpdateType.DIFFERENTIAL, tuple(chunk))
        next_version, first = next_version + 1, False


def bounds_said(answer: Mapping[str, object]) -> tuple[int | None, int | None]:
    """How many entries a list, and how many a message may have, if an answer about variables says so."""
    entries = message = None
    for name, value in _values(answer):
        if value.isdecimal() and name in _ENTRIES:
            entries = int(value)
        elif value.isdecimal() and name in _MESSAGE:
            message = int(value)
    return entries, message


def _values(answer: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """(name, value) of a 1.6 GetConfiguration or a 2.x GetVariables answer; 2.x names only of LocalAuthListCtrlr."""
    for one in _objects(answer.get("configurationKey")):
        yield str(one.get("key")), str(one.get("value"))
    for one in _objects(answer.get("getVariableResult")):
        component, variable = one.get("component"), one.get("variable")
        if isinstance(component, dict) and isinstance(variable, dict) and component.get("name") == "LocalAuthListCtrlr":
            # `Entries` says with maxLimit how many there may be; only that is a bound.
            bound = variable.get("name") != "Entries" or one.get("attributeType") == "MaxSet"
            if bound:
                yield str(variable.get("name")), str(one.get("attributeValue"))


def _objects(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
