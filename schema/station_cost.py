"""What a station calculated itself for a session, beside our bill."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from app.domain import station_cost
from schema.context import Info
from schema.field import resolved
from schema.requests.outputs import output_type

# A published type shows the domain's own values: to the type checker they are the same.
if TYPE_CHECKING:
    from app.domain.station_cost import StationCostPeriod, StationTotalCost, StationUsage
else:
    StationTotalCost = output_type(station_cost.StationTotalCost)
    StationUsage = output_type(station_cost.StationUsage)
    StationCostPeriod = output_type(station_cost.StationCostPeriod)


@strawberry.type(description="What a station calculated itself for a session (2.1). Never the bill: that is ours.")
class StationCost:
    total_cost: StationTotalCost = strawberry.field(description="What it costs by the station's own tariff.")
    total_usage: StationUsage = strawberry.field(description="What it calculated with.")
    periods: list[StationCostPeriod] = strawberry.field(
        description=f"Times of the same prices, at most {station_cost.PERIODS_MAX}; none while it runs."
    )
    failed: bool = strawberry.field(description="Whether it could not calculate all of it.")
    failure_reason: str | None = strawberry.field(description="Why not, if it said.")
    said_at: datetime = strawberry.field(description="When that came.")
    agrees: bool | None = strawberry.field(
        description="Whether its total is our cost, within one minor unit; null before our bill, or where it failed."
    )

    @classmethod
    def of(cls, value: station_cost.StationCost, cost_minor: int | None, currency: str | None) -> "StationCost":
        said = value.details
        return cls(
            total_cost=said.total_cost,
            total_usage=said.total_usage,
            periods=list(said.charging_periods),
            failed=said.failure_to_calculate is True,
            failure_reason=said.failure_reason,
            said_at=value.said_at,
            agrees=value.agrees(cost_minor, currency),
        )


@strawberry.type(description="What the station calculated of a session.")
class SessionStationCost:
    value: strawberry.Private[Any]

    @resolved("What the station calculated itself (2.1); null where it calculates nothing.")
    async def station_cost(self, info: Info) -> StationCost | None:
        found = await info.context.loaders.station_cost.load(self.value.key)
        return None if found is None else StationCost.of(found, self.value.cost_minor, self.value.currency)
