"""Frames as they crossed the wire, with tokens and secrets hidden from those who may not write them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import orjson
import strawberry

from app.domain.journal import JournalFrame
from app.domain.scope import Permission
from schema.context import Context, Info
from schema.field import resolved
from schema.scalars import JSON

if TYPE_CHECKING:
    from schema.session import Session
    from schema.station import ChargingStation

# OCPP names whose values let somebody charge or pose as a station. Compared in lower case.
_TOKEN_NAMES = frozenset({"idtag", "parentidtag", "idtoken", "groupidtoken", "additionalidtoken", "customeridentifier"})
_SECRET_NAMES = frozenset(
    {"authorizationkey", "basicauthpassword", "password", "apnpassword", "simpin", "sharedsecret"}
)
# What is a secret only inside an object of this name (a 1.6 configuration key is no secret, a VPN's is).
_SECRETS_WITHIN = {"vpn": "key"}
# Personal data a station tells of a customer travels under a plain name: [2, id, action, payload].
_CUSTOMER_ACTIONS = frozenset({"NotifyCustomerInformation"})
_CUSTOMER_NAMES = frozenset({"data"})
_HIDDEN = "…"


def redacted(context: Context, value: object) -> object:
    """The value without secrets, and without tokens unless the caller may write tokens."""
    return _hide(value, tokens=not context.may(Permission.TOKENS_WRITE))


def _hide(value: object, *, tokens: bool) -> object:
    if isinstance(value, list):
        shown_items = [_hide(item, tokens=tokens) for item in value]
        return _without_customer(shown_items) if tokens else shown_items
    if not isinstance(value, dict):
        return value
    shown = {name: _hide_member(str(name).lower(), item, tokens=tokens) for name, item in value.items()}
    if _names_secret(value):
        # SetVariables and ChangeConfiguration carry the secret beside its name.
        for name in ("value", "attributeValue"):
            if name in shown:
                shown[name] = _HIDDEN
    if _is_typed_code(value):
        shown["idToken"] = _HIDDEN
    return shown


def _is_typed_code(value: dict[object, object]) -> bool:
    """A code that somebody typed in is a secret to everybody, unlike a card's number (2.0.1 C04.FR.04)."""
    kind = value.get("type")
    return isinstance(kind, str) and kind.lower() == "keycode" and isinstance(value.get("idToken"), str)


def _without_customer(frame: list[object]) -> list[object]:
    if len(frame) != 4 or frame[2] not in _CUSTOMER_ACTIONS or not isinstance(frame[3], dict):
        return frame
    told = {name: _HIDDEN if str(name).lower() in _CUSTOMER_NAMES else item for name, item in frame[3].items()}
    return [*frame[:3], told]


def _names_secret(value: dict[object, object]) -> bool:
    variable = value.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else value.get("key")
    return isinstance(name, str) and name.lower() in _SECRET_NAMES


def _hide_member(name: str, value: object, *, tokens: bool) -> object:
    if name in _SECRET_NAMES and isinstance(value, str | int):
        return _HIDDEN
    if tokens and name in _TOKEN_NAMES and isinstance(value, str):
        return _HIDDEN + value[-4:] if len(value) > 4 else _HIDDEN
    shown = _hide(value, tokens=tokens)
    secret = _SECRETS_WITHIN.get(name)
    if secret is not None and isinstance(shown, dict):
        return {key: _HIDDEN if str(key).lower() == secret else item for key, item in shown.items()}
    return shown


@strawberry.type(description="One OCPP frame.")
class Frame:
    value: strawberry.Private[JournalFrame]
    at: datetime = strawberry.field(description="When it crossed the wire.")
    inbound: bool = strawberry.field(description="Whether the station sent it.")
    message_id: str = strawberry.field(description="OCPP message id.")
    action: str = strawberry.field(description="OCPP action.")
    problems: list[str] = strawberry.field(description="What was repaired, tolerated or refused in it.")
    took_ms: int | None = strawberry.field(description="From call to result, in ms.")

    @classmethod
    def of(cls, value: JournalFrame) -> "Frame":
        return cls(
            value=value,
            at=value.at,
            inbound=value.inbound,
            message_id=value.message_id,
            action=value.action,
            problems=list(value.problems),
            took_ms=value.took_ms,
        )

    @resolved("Whose; null without network:read.")
    async def station(self, info: Info) -> Annotated["ChargingStation", strawberry.lazy("schema.station")] | None:
        from schema.station import ChargingStation  # noqa: PLC0415 - a lazy type for a lazy cycle

        if not info.context.may(Permission.NETWORK_READ):
            return None
        found = await info.context.loaders.station.load(self.value.station_key)
        return None if found is None else ChargingStation.of(found)

    @resolved("About which session; null when about none, or without sessions:read.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        from schema.session import Session  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)

    @resolved("The frame as JSON, secrets hidden, tokens too without tokens:write; null when it is no JSON.")
    def payload(self, info: Info) -> JSON | None:
        try:
            return JSON(redacted(info.context, orjson.loads(self.value.raw)))
        except orjson.JSONDecodeError:
            return None

    @resolved("The text as it crossed the wire, unless it names a secret; null without tokens:write.")
    def raw(self, info: Info) -> str | None:
        if not info.context.may(Permission.TOKENS_WRITE):
            return None
        try:
            said = orjson.loads(self.value.raw)
        except orjson.JSONDecodeError:
            return self.value.raw
        shown = redacted(info.context, said)
        return self.value.raw if shown == said else orjson.dumps(shown).decode()
