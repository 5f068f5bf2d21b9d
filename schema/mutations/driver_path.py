"""What drivers do on their way from the sticker to the receipt."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import guest_letters, moves
from schema import ids
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.mutations.payments import HoldPayload
from schema.payloads import outcome
from schema.visitor import visit


@strawberry.type(description="What was asked for by mail; the same whether or not there is anything to send.")
class GuestAccessPayload:
    errors: list[UserError] = strawberry.field(default_factory=list, description="Why it was not done.")


@strawberry.type(description="The driver's path.")
class DriverPathMutation:
    @mutation(
        "Mails a link to the charge at an EVSE, if this address was given when it was paid without an account. "
        "Needs no token; the answer tells nobody whether there is one."
    )
    async def guest_access_request(
        self,
        info: Info,
        evse_id: Annotated[strawberry.ID, strawberry.argument(description="Where.")],
        contact: Annotated[str, strawberry.argument(description="The e-mail address.")],
    ) -> GuestAccessPayload:
        context = info.context
        if context.caller is None:
            visit(context)
        made = await outcome(
            lambda: guest_letters.request(
                desk=context.house.desk, evse_id=ids.read(Prefix.EVSE, evse_id, "evseId"), contact=contact
            )
        )
        return GuestAccessPayload(errors=[user_error(made)] if isinstance(made, Refusal) else [])

    @mutation(
        "Moves a paid charge that waits for its plug to another EVSE of the station, at the price that was shown. "
        "Needs payments:write, or a guest's token for their own."
    )
    async def charge_intent_move(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which hold.")],
        evse_id: Annotated[strawberry.ID, strawberry.argument(description="Where the cable was plugged in.")],
        options: OptionsArgument,
    ) -> HoldPayload:
        context = info.context
        made = await outcome(
            lambda: moves.move(
                scope=context.scope,
                desk=context.house.desk,
                hold_id=ids.read(Prefix.HOLD, id, "id"),
                evse_id=ids.read(Prefix.EVSE, evse_id, "evseId"),
                options=options.value(),
            )
        )
        return HoldPayload.of(made)
