"""Allowing a station what its profile does not."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.quirk import Quirk
from app.domain.refusal import Refusal
from app.operations import quirks
from schema import ids
from schema.context import Info
from schema.errors import user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import StationPayload, outcome
from schema.station import ChargingStation


@strawberry.type(description="What stations are allowed beyond the standard.")
class QuirkMutation:
    @mutation(
        "Allows a station exactly these quirks beside those of its profile. Its connection ends, so that they count "
        "when it is back. Needs network:write."
    )
    async def station_quirks_set(
        self,
        info: Info,
        station_id: Annotated[strawberry.ID, strawberry.argument(description="Which station.")],
        codes: Annotated[list[Quirk], strawberry.argument(description="Which; none takes all of yours back.")],
        options: OptionsArgument,
    ) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: quirks.set_allowances(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                allowed=frozenset(codes),
                options=options.value(),
            )
        )
        if isinstance(made, Refusal):
            return StationPayload(errors=[user_error(made)])
        return StationPayload(station=ChargingStation.of(made))
