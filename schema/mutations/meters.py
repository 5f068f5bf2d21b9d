"""Keys of meters."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import signed_meters
from schema import ids
from schema.context import Info
from schema.errors import user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import StationPayload, outcome
from schema.station import ChargingStation


@strawberry.type(description="What meters sign with.")
class MeterMutation:
    @mutation(
        "Says which key an EVSE's meter signs with: it is believed before any that the station names, and what was "
        "checked with another is checked anew. Needs network:write."
    )
    async def meter_public_key_set(
        self,
        info: Info,
        evse_id: Annotated[strawberry.ID, strawberry.argument(description="Which EVSE.")],
        options: OptionsArgument,
        public_key: Annotated[
            str | None, strawberry.argument(description="Its DER form in hex or base64; null forgets it.")
        ] = None,
    ) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: signed_meters.set_public_key(
                scope=context.scope,
                desk=context.house.desk,
                evse_id=ids.read(Prefix.EVSE, evse_id, "evseId"),
                public_key=public_key,
                options=options.value(),
            )
        )
        if isinstance(made, Refusal):
            return StationPayload(errors=[user_error(made)])
        return StationPayload(station=ChargingStation.of(made))
