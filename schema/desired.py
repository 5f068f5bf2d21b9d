"""What variables are to be, and what became of it."""

from datetime import datetime

import strawberry

from app.domain import desired as values
from app.domain import station as stations
from app.domain.desired import DesiredState
from app.queries import desired
from schema.context import Info
from schema.device_model import VariablePlace
from schema.enums import described
from schema.field import resolved

described(
    DesiredState,
    "What became of a wish for a variable.",
    "The station has not been asked yet.",
    "The station has the value.",
    "The station was told, and has not answered.",
    "The station took the value when it was told.",
    "The station took the value, and has it after a restart.",
    "The station does not take the value; see `said`.",
    "The station forgets or ignores the value; it is told again after a boot on another day, or when you wish anew.",
)


@strawberry.type(description="What a variable is to be.")
class DesiredVariable:
    place: VariablePlace = strawberry.field(description="Which variable.")
    attribute: str = strawberry.field(description="Actual, Target, MinSet or MaxSet.")
    value: str = strawberry.field(description="What it is to be.")
    actual: str | None = strawberry.field(description="What the station said last; null: nothing yet.")
    drifted: bool = strawberry.field(description="Whether it is something else.")
    state: DesiredState = strawberry.field(description="What became of the wish.")
    said: str | None = strawberry.field(description="The station's word when it was told last.")
    attempts: int = strawberry.field(description="How often it was told, on the day that it was told last.")
    forgotten: int = strawberry.field(description="How often a boot has undone it.")
    set_at: datetime = strawberry.field(description="Since when it is wished for.")
    tried_at: datetime | None = strawberry.field(description="When the station was told last.")

    @classmethod
    def of(cls, value: values.DesiredVariable) -> "DesiredVariable":
        return cls(
            place=VariablePlace.of(value.place),
            attribute=value.attribute,
            value=value.value,
            actual=value.actual,
            drifted=value.drifted,
            state=value.state,
            said=value.said,
            attempts=value.attempts,
            forgotten=value.forgotten,
            set_at=value.set_at,
            tried_at=value.tried_at,
        )


@strawberry.type(description="What its operator wishes a station's configuration to be.")
class DesiredFields:
    value: strawberry.Private[stations.ChargingStation]

    @resolved("What its variables are to be, at most 100: looked at after every boot, and told again where it differs.")
    async def desired_variables(self, info: Info) -> list[DesiredVariable]:
        context = info.context
        found = await desired.of_station(scope=context.scope, database=context.database, station_key=self.value.key)
        return [DesiredVariable.of(one) for one in found]
