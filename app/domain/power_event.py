"""Facts about power that a station reports: profiles, limits, needs, grid controls, payments, batteries."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.battery import BatteryData, BatterySwapEvent
from app.domain.charging_needs import ChargingNeeds
from app.domain.event import StationEvent
from app.domain.postal import Address, PaymentStatus
from app.domain.request.charging_profile import ChargingProfile, ChargingSchedule
from app.domain.request.der import SetDERControl
from app.domain.request.local_list import IdToken


@dataclass(frozen=True, slots=True)
class ProfilesReported(StationEvent):
    """One part of a ReportChargingProfiles (2.0.1 K09); ``more`` follows."""

    request_id: int
    source: str
    evse: int
    profiles: tuple[ChargingProfile, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class ChargingLimitNotified(StationEvent):
    """NotifyChargingLimit (2.0.1 K12): somebody other than us limits an EVSE, or with 0 the station."""

    evse: int
    source: str
    is_grid_critical: bool | None
    is_local_generation: bool | None
    schedules: tuple[ChargingSchedule, ...]


@dataclass(frozen=True, slots=True)
class ChargingLimitCleared(StationEvent):
    """ClearedChargingLimit (2.0.1 K13)."""

    source: str
    evse: int


@dataclass(frozen=True, slots=True)
class ChargingNeedsNotified(StationEvent):
    """NotifyEVChargingNeeds (2.0.1 K15)."""

    evse: int
    needs: ChargingNeeds | None
    max_schedule_tuples: int | None


@dataclass(frozen=True, slots=True)
class EvScheduleNotified(StationEvent):
    """NotifyEVChargingSchedule (2.0.1 K15): the plan a car has made inside our limits."""

    evse: int
    time_base: datetime | None
    schedule: ChargingSchedule | None
    selected_schedule_id: int | None
    tolerance_accepted: bool | None


@dataclass(frozen=True, slots=True)
class PriorityChargingNotified(StationEvent):
    """NotifyPriorityCharging (2.1 K21, K22)."""

    transaction_id: str
    activated: bool


@dataclass(frozen=True, slots=True)
class DynamicSchedulePulled(StationEvent):
    """PullDynamicScheduleUpdate (2.1 K28)."""

    profile_id: int


@dataclass(frozen=True, slots=True)
class ReservationUpdated(StationEvent):
    """ReservationStatusUpdate (2.0.1 H01): Expired, Removed, or in 2.1 NoTransaction."""

    reservation_id: int
    status: str


@dataclass(frozen=True, slots=True)
class SettlementNotified(StationEvent):
    """NotifySettlement (2.1 C24): how a payment at the station's own terminal ended; ``amount`` is decimal text."""

    psp_ref: str
    status: PaymentStatus | None
    amount: str
    occurred_at: datetime | None
    transaction_id: str | None = None
    info: str | None = None
    receipt_id: str | None = None
    receipt_url: str | None = None
    vat_company: Address | None = None
    vat_number: str | None = None


@dataclass(frozen=True, slots=True)
class VatNumberPresented(StationEvent):
    """VatNumberValidation (2.1 C24)."""

    vat_number: str
    evse: int | None


@dataclass(frozen=True, slots=True)
class HeldControl:
    """A grid control as a station reports it."""

    control: SetDERControl
    is_superseded: bool


@dataclass(frozen=True, slots=True)
class DerControlsReported(StationEvent):
    """One part of a ReportDERControl (2.1 R04); ``more`` follows."""

    request_id: int
    controls: tuple[HeldControl, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class DerAlarmNotified(StationEvent):
    """NotifyDERAlarm (2.1 R05)."""

    control_type: str
    fault: str | None
    ended: bool
    occurred_at: datetime | None
    info: str | None


@dataclass(frozen=True, slots=True)
class DerStartStopNotified(StationEvent):
    """NotifyDERStartStop (2.1 R02)."""

    control_id: str
    started: bool
    occurred_at: datetime | None
    superseded_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BatterySwapped(StationEvent):
    """BatterySwap (2.1 S)."""

    request_id: int
    event: BatterySwapEvent | None
    token: IdToken | None
    batteries: tuple[BatteryData, ...]
