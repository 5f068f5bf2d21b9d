"""Tokens and taps. A uid is shown whole only to those who may write tokens."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import token as values
from app.domain.ids import Prefix
from app.domain.request.charging_profile import EnergyTransferMode
from app.domain.scope import Permission
from app.domain.token import AuthorisationStatus, TokenType
from schema import ids
from schema.context import Context, Info
from schema.driver import TokenDriverFields
from schema.field import resolved
from schema.page import Node
from schema.requests.inputs import published
from schema.scalars import Long

if TYPE_CHECKING:
    from schema.station import ChargingStation

published(EnergyTransferMode)


def masked(context: Context, uid: str) -> str:
    """The last four characters, for those who may not write tokens."""
    return uid if context.may(Permission.TOKENS_WRITE) else "…" + uid[-4:] if len(uid) > 4 else "…"


@strawberry.type(description="What a driver presents.")
class Token(TokenDriverFields, Node):
    value: strawberry.Private[values.Token]
    type: TokenType = strawberry.field(description="What kind of token.")
    ocpp_type: str = strawberry.field(description="OCPP IdTokenType, such as ISO14443.")
    visual_number: str | None = strawberry.field(description="What is printed on it.")
    contract_id: str | None = strawberry.field(description="Its contract (eMAID).")
    group_id: str | None = strawberry.field(description="Its group; tokens of one group may end each other's sessions.")
    allowed_energy_transfer: list[EnergyTransferMode] = strawberry.field(
        description="How energy may flow between its car and a station; empty: not said, which is charging alone (2.1)."
    )
    valid: bool = strawberry.field(description="Whether it may charge.")
    blocked_reason: str | None = strawberry.field(description="Why it was blocked.")
    valid_from: datetime | None = strawberry.field(description="Not before.")
    valid_until: datetime | None = strawberry.field(description="Not from then on.")
    last_used_at: datetime | None = strawberry.field(description="When it was last presented.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Token) -> "Token":
        return cls(
            value=value,
            id=ids.shown(Prefix.TOKEN, value.uuid),
            type=value.type,
            ocpp_type=value.ocpp_type,
            visual_number=value.visual_number,
            contract_id=value.contract_id,
            group_id=value.group_id,
            allowed_energy_transfer=[EnergyTransferMode(mode) for mode in value.allowed_energy_transfer],
            valid=value.valid,
            blocked_reason=value.blocked_reason,
            valid_from=value.valid_from,
            valid_until=value.valid_until,
            last_used_at=value.last_used_at,
            version=Long(value.version),
        )

    @resolved("What the reader reads; only the last four characters without tokens:write.")
    def uid(self, info: Info) -> str:
        return masked(info.context, self.value.uid)

    @resolved("What other readers make of it, such as a number cut short; masked as the uid is.")
    def aliases(self, info: Info) -> list[str]:
        return [masked(info.context, alias) for alias in self.value.aliases]


@strawberry.type(description="One tap, and why it was accepted or refused.")
class Authorisation:
    value: strawberry.Private[values.Authorisation]
    at: datetime = strawberry.field(description="When.")
    decision: AuthorisationStatus = strawberry.field(description="What the station was told.")
    rule: str = strawberry.field(description="Which rule decided.")
    source: str = strawberry.field(description="Who decided.")
    took_ms: int = strawberry.field(description="How long it took, in ms.")

    @classmethod
    def of(cls, value: values.Authorisation) -> "Authorisation":
        return cls(
            value=value,
            at=value.at,
            decision=value.decision,
            rule=value.rule,
            source=value.source,
            took_ms=value.took_ms,
        )

    @resolved("What the reader read; only the last four characters without tokens:write.")
    def presented_uid(self, info: Info) -> str:
        return masked(info.context, self.value.presented_uid)

    @resolved("The token, when it is known.")
    async def token(self, info: Info) -> Token | None:
        if self.value.token_key is None:
            return None
        found = await info.context.loaders.token.load(self.value.token_key)
        return None if found is None else Token.of(found)

    @resolved("Where; null without network:read.")
    async def station(self, info: Info) -> Annotated["ChargingStation", strawberry.lazy("schema.station")] | None:
        from schema.station import ChargingStation  # noqa: PLC0415 - a lazy type for a lazy cycle

        if not info.context.may(Permission.NETWORK_READ):
            return None
        found = await info.context.loaders.station.load(self.value.station_key)
        return None if found is None else ChargingStation.of(found)
