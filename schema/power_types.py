"""What stations hold and tell about power, as GraphQL types made from the domain's own words."""

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry

from app.domain import battery, charging, held
from app.domain.local_list import LocalList as LocalListValue
from app.domain.request import charging_profile
from schema.requests.outputs import output_type

__all__ = [
    "BatteryData",
    "ChargingLimit",
    "ChargingProfile",
    "ChargingScheduleUpdate",
    "CompositeSchedule",
    "DerAlarm",
    "LocalList",
    "SessionPower",
    "Settlement",
    "StationDerControl",
    "StationTariff",
    "VatCheck",
]

# A published type shows the domain's own values: to the type checker they are the same.
if TYPE_CHECKING:
    from app.domain.battery import BatteryData
    from app.domain.held import (
        ChargingLimit,
        DerAlarm,
        SessionPower,
        Settlement,
        StationDerControl,
        StationTariff,
        VatCheck,
    )
    from app.domain.request.charging_profile import ChargingProfile, ChargingScheduleUpdate
else:
    ChargingProfile = output_type(charging_profile.ChargingProfile)
    ChargingScheduleUpdate = output_type(charging_profile.ChargingScheduleUpdate)
    BatteryData = output_type(battery.BatteryData)
    ChargingLimit = output_type(held.ChargingLimit)
    SessionPower = output_type(held.SessionPower)
    StationTariff = output_type(held.StationTariff)
    StationDerControl = output_type(held.StationDerControl)
    DerAlarm = output_type(held.DerAlarm)
    Settlement = output_type(held.Settlement)
    VatCheck = output_type(held.VatCheck)


@strawberry.type(description="The local authorisation list that a station holds.")
class LocalList:
    version: int | None = strawberry.field(description="Its version; null when unknown, so the next is sent whole.")
    tokens: int = strawberry.field(description="How many tokens are on it.")
    in_step: bool = strawberry.field(description="Whether it says what our tokens say.")
    sent_at: datetime | None = strawberry.field(description="When the station last took one.")
    checked_at: datetime | None = strawberry.field(description="When the station last told its version.")
    last_status: str | None = strawberry.field(description="What it said to the last one, in its own words.")
    max_tokens: int | None = strawberry.field(description="How many it can hold, if it has told.")
    max_message: int | None = strawberry.field(description="How many one message may carry, if it has told.")

    @classmethod
    def of(cls, value: LocalListValue) -> "LocalList":
        return cls(
            version=value.version,
            tokens=len(value.entries),
            in_step=value.in_step,
            sent_at=value.sent_at,
            checked_at=value.checked_at,
            last_status=value.last_status,
            max_tokens=value.max_entries,
            max_message=value.max_message,
        )


@strawberry.type(description="A limit from a moment of a composite schedule on.")
class CompositePeriod:
    start_period: int = strawberry.field(description="Seconds from its start.")
    limit: float | None = strawberry.field(description="The most, in its unit.")
    number_phases: int | None = strawberry.field(description="How many phases may be used.")


@strawberry.type(description="What an EVSE may draw when all profiles are combined, as the station says.")
class CompositeSchedule:
    evse: int = strawberry.field(description="The EVSE's number; 0 is the whole station.")
    starts_at: datetime | None = strawberry.field(description="When it begins.")
    duration_s: int | None = strawberry.field(description="For how many seconds.")
    unit: str = strawberry.field(description="W, or A a phase.")
    periods: list[CompositePeriod] = strawberry.field(description="Limits in order.")

    @classmethod
    def of(cls, value: charging.CompositeSchedule) -> "CompositeSchedule":
        return cls(
            evse=value.evse,
            starts_at=value.starts_at,
            duration_s=value.duration_s,
            unit=value.unit,
            periods=[
                CompositePeriod(start_period=one.start_period, limit=one.limit, number_phases=one.number_phases)
                for one in value.periods
            ],
        )
