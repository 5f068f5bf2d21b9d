"""The network in a handful of numbers."""

from datetime import datetime

import strawberry

from app.domain.overview import NetworkOverview as OverviewValue
from app.domain.station import EvseStatus
from schema.scalars import Long


@strawberry.type(description="An amount of money.")
class Money:
    amount_minor: Long = strawberry.field(description="In the currency's minor unit, such as cents.")
    currency: str = strawberry.field(description="ISO 4217.")


@strawberry.type(description="How many EVSEs have a status.")
class EvseCount:
    status: EvseStatus = strawberry.field(description="What drivers see.")
    count: int = strawberry.field(description="How many EVSEs.")


@strawberry.type(description="The network's numbers inside your rights; today began at 00:00 UTC.")
class NetworkOverview:
    at: datetime = strawberry.field(description="When they were counted.")
    online: int = strawberry.field(description="Stations connected now.")
    offline: int = strawberry.field(description="Stations that were connected before.")
    never_seen: int = strawberry.field(description="Stations that never connected.")
    evses: list[EvseCount] = strawberry.field(description="EVSEs by status; a status without any is left out.")
    active_sessions: int = strawberry.field(description="Sessions that run.")
    power_w: Long = strawberry.field(
        description="Power of the running sessions at stations that are online, as last measured, in W."
    )
    energy_today_wh: Long = strawberry.field(description="Energy of the sessions that began today, in Wh.")
    revenue_today: list[Money] = strawberry.field(description="Cost of the sessions that ended today, by currency.")
    started_today: int = strawberry.field(description="Sessions that began today.")
    failed_today: int = strawberry.field(description="Sessions promised today that never came about.")

    @classmethod
    def of(cls, value: OverviewValue, at: datetime) -> "NetworkOverview":
        return cls(
            at=at,
            online=value.online,
            offline=value.offline,
            never_seen=value.never_seen,
            evses=[EvseCount(status=status, count=count) for status, count in value.evses],
            active_sessions=value.active_sessions,
            power_w=Long(value.power_w),
            energy_today_wh=Long(value.energy_today_wh),
            revenue_today=[
                Money(amount_minor=Long(minor), currency=currency) for currency, minor in value.revenue_today
            ],
            started_today=value.started_today,
            failed_today=value.failed_today,
        )
