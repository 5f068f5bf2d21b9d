"""Wishes for a station's configuration."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import desired
from schema import ids
from schema.context import Info
from schema.errors import user_error
from schema.field import mutation
from schema.inputs import VariableInput
from schema.mutations import OptionsArgument
from schema.payloads import StationPayload, outcome
from schema.station import ChargingStation


@strawberry.type(description="What stations' variables are to be.")
class DesiredMutation:
    @mutation(
        "Wishes that variables are something from now on: the station is told now where it differs, and again after "
        "every boot that undoes it, at most three times a day. Needs commands:send."
    )
    async def desired_variables_set(
        self,
        info: Info,
        station_id: Annotated[strawberry.ID, strawberry.argument(description="Which station.")],
        variables: Annotated[
            list[VariableInput], strawberry.argument(description="Which, 1 to 100; without a value: no longer.")
        ],
        options: OptionsArgument,
    ) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: desired.set_desired(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                variables=tuple(variable.draft() for variable in variables),
                options=options.value(),
            )
        )
        if isinstance(made, Refusal):
            return StationPayload(errors=[user_error(made)])
        return StationPayload(station=ChargingStation.of(made))
