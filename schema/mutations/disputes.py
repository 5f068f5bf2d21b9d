"""Answering a dispute, or giving in."""

from typing import Annotated

import strawberry

from app.domain.dispute import Dispute as Value
from app.domain.dispute import DisputeWish
from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import disputes
from schema import ids
from schema.context import Info
from schema.dispute import Dispute
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.inputs import Options
from schema.mutations import OptionsArgument
from schema.payloads import outcome

_Which = Annotated[strawberry.ID, strawberry.argument(description="Which dispute.")]


@strawberry.type(description="A dispute about which something is done.")
class DisputePayload:
    dispute: Dispute | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was not done; empty when it was."
    )


async def _wanted(info: Info, id: strawberry.ID, wish: DisputeWish, options: Options) -> DisputePayload:
    context = info.context
    made: Value | Refusal = await outcome(
        lambda: disputes.want(
            scope=context.scope,
            desk=context.house.desk,
            dispute_id=ids.read(Prefix.DISPUTE, id, "id"),
            wish=wish,
            options=options.value(),
        )
    )
    if isinstance(made, Refusal):
        return DisputePayload(errors=[user_error(made)])
    return DisputePayload(dispute=Dispute.of(made))


@strawberry.type(description="Disputes.")
class DisputeMutation:
    @mutation(
        "Sends what is known of the session as evidence, now instead of shortly before the deadline; it can be sent "
        "once. Needs payments:write and access to every location."
    )
    async def dispute_evidence_submit(self, info: Info, id: _Which, options: OptionsArgument) -> DisputePayload:
        return await _wanted(info, id, DisputeWish.SUBMIT, options)

    @mutation("Gives in: the driver's bank keeps the money. Needs payments:write and access to every location.")
    async def dispute_accept(self, info: Info, id: _Which, options: OptionsArgument) -> DisputePayload:
        return await _wanted(info, id, DisputeWish.ACCEPT, options)
