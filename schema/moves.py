"""A charge that was paid at one EVSE and plugged in at another."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.operations import moves
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import resolved

if TYPE_CHECKING:
    from schema.station import Evse


@strawberry.type(description="An EVSE of the station where a cable was plugged in while the driver was awaited.")
class PluggedElsewhere:
    evse: Annotated["Evse", strawberry.lazy("schema.station")] = strawberry.field(description="Which.")
    objection: UserError | None = strawberry.field(
        description="Why the charge cannot move there; null: it can, by chargeIntentMove."
    )


@strawberry.type(description="Where a paid charge could go on.")
class HoldMoveFields:
    value: strawberry.Private[Any]

    @resolved("Where the driver seems to have plugged in instead; null otherwise.")
    async def plugged_elsewhere(self, info: Info) -> PluggedElsewhere | None:
        from schema.station import Evse  # noqa: PLC0415 - a lazy type for a lazy cycle

        context = info.context
        found = await moves.elsewhere(scope=context.scope, desk=context.house.desk, hold=self.value)
        if found is None:
            return None
        objection = None if found.refusal is None else user_error(found.refusal)
        return PluggedElsewhere(evse=Evse.of(found.evse, found.station), objection=objection)
