"""Smart charging (1.6 §5.5, §5.7, §5.16; 2.0.1 and 2.1 K)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.kind import EVERY_VERSION, SINCE_21, Priority, StationRequest
from app.domain.request.price_schedule import AbsolutePriceSchedule, PriceLevelSchedule, SalesTariff
from app.domain.station import OcppVersion


class ChargingProfilePurpose(StrEnum):
    """What a profile is for; it decides which profiles are combined."""

    CHARGING_STATION_EXTERNAL_CONSTRAINTS = "ChargingStationExternalConstraints"
    CHARGING_STATION_MAX_PROFILE = "ChargingStationMaxProfile"
    TX_DEFAULT_PROFILE = "TxDefaultProfile"
    TX_PROFILE = "TxProfile"
    PRIORITY_CHARGING = "PriorityCharging"
    LOCAL_GENERATION = "LocalGeneration"


class ChargingProfileKind(StrEnum):
    """How a profile's schedule is laid on the clock."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


class RecurrencyKind(StrEnum):
    """How often a recurring profile begins anew."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


@dataclass(frozen=True, slots=True)
class LimitAtSoC:
    """A limit once the battery has reached a charge (2.1)."""

    soc: Annotated[int, "Battery charge, in percent."]
    limit: Annotated[float, "The most, in the schedule's unit."]


class ChargingRateUnit(StrEnum):
    """What limits are counted in: watts or amperes a phase."""

    W = "W"
    A = "A"


class OperationMode(StrEnum):
    """Who steers the power of a period (2.1)."""

    IDLE = "Idle"
    CHARGING_ONLY = "ChargingOnly"
    CENTRAL_SETPOINT = "CentralSetpoint"
    EXTERNAL_SETPOINT = "ExternalSetpoint"
    EXTERNAL_LIMITS = "ExternalLimits"
    CENTRAL_FREQUENCY = "CentralFrequency"
    LOCAL_FREQUENCY = "LocalFrequency"
    LOCAL_LOAD_BALANCING = "LocalLoadBalancing"


@dataclass(frozen=True, slots=True)
class V2XFreqWattPoint:
    """A point of power over frequency."""

    frequency: Annotated[float, "In Hz."]
    power: Annotated[float, "In W."]


@dataclass(frozen=True, slots=True)
class V2XSignalWattPoint:
    """A point of power over the grid's signal."""

    signal: Annotated[int, "The grid's signal."]
    power: Annotated[float, "In W."]


@dataclass(frozen=True, slots=True)
class ChargingSchedulePeriod:
    """A limit from a moment of the schedule on, until the next period."""

    start_period: Annotated[int, "Seconds from the start of the schedule."]
    limit: Annotated[float | None, "The most, in the schedule's unit."] = None
    limit_l2: Annotated[float | None, "The most on L2."] = field(default=None, metadata={"wire": "limit_L2"})
    limit_l3: Annotated[float | None, "The most on L3."] = field(default=None, metadata={"wire": "limit_L3"})
    number_phases: Annotated[int | None, "How many phases may be used."] = None
    phase_to_use: Annotated[int | None, "Which phase, when only one may be used."] = None
    discharge_limit: Annotated[float | None, "The most that is fed back, as a negative number."] = None
    discharge_limit_l2: Annotated[float | None, "The same on L2."] = field(
        default=None, metadata={"wire": "dischargeLimit_L2"}
    )
    discharge_limit_l3: Annotated[float | None, "The same on L3."] = field(
        default=None, metadata={"wire": "dischargeLimit_L3"}
    )
    setpoint: Annotated[float | None, "What is to be drawn or fed back."] = None
    setpoint_l2: Annotated[float | None, "The same on L2."] = field(default=None, metadata={"wire": "setpoint_L2"})
    setpoint_l3: Annotated[float | None, "The same on L3."] = field(default=None, metadata={"wire": "setpoint_L3"})
    setpoint_reactive: Annotated[float | None, "The reactive power wanted."] = None
    setpoint_reactive_l2: Annotated[float | None, "The same on L2."] = field(
        default=None, metadata={"wire": "setpointReactive_L2"}
    )
    setpoint_reactive_l3: Annotated[float | None, "The same on L3."] = field(
        default=None, metadata={"wire": "setpointReactive_L3"}
    )
    preconditioning_request: Annotated[bool | None, "Whether the car may warm its battery."] = None
    evse_sleep: Annotated[bool | None, "Whether the EVSE may sleep."] = None
    v2x_baseline: Annotated[float | None, "What the grid service adds to."] = None
    operation_mode: Annotated[OperationMode | None, "Who steers the power."] = None
    v2x_freq_watt_curve: Annotated[tuple[V2XFreqWattPoint, ...], "Power over frequency."] = ()
    v2x_signal_watt_curve: Annotated[tuple[V2XSignalWattPoint, ...], "Power over the grid's signal."] = ()


@dataclass(frozen=True, slots=True)
class ChargingSchedule:
    """Periods in order, in one unit."""

    id: Annotated[int, "Its id."]
    charging_rate_unit: Annotated[ChargingRateUnit, "The unit of its limits."]
    charging_schedule_period: Annotated[tuple[ChargingSchedulePeriod, ...], "Its periods, the first at 0."]
    limit_at_soc: Annotated[LimitAtSoC | None, "A limit from a battery charge on."] = field(
        default=None, metadata={"wire": "limitAtSoC"}
    )
    start_schedule: Annotated[datetime | None, "When it begins; absolute schedules need it."] = None
    duration: Annotated[int | None, "For how many seconds; to the end without it."] = None
    min_charging_rate: Annotated[float | None, "Below this rate charging makes no sense."] = None
    power_tolerance: Annotated[float | None, "How far power may stray, in the schedule's unit."] = None
    signature_id: Annotated[int | None, "Which signature belongs to it."] = None
    digest_value: Annotated[str | None, "Its digest, Base64."] = None
    use_local_time: Annotated[bool | None, "Whether times are local."] = None
    randomized_delay: Annotated[int | None, "At most this many seconds of delay, drawn by the station."] = None
    sales_tariff: Annotated[SalesTariff | None, "Relative costs, for the car."] = None
    absolute_price_schedule: Annotated[AbsolutePriceSchedule | None, "Prices in money, for the car."] = None
    price_level_schedule: Annotated[PriceLevelSchedule | None, "Price levels, for the car."] = None


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """Limits over time with a purpose and a rank."""

    id: Annotated[int, "Its id."]
    stack_level: Annotated[int, "Its rank; a higher one wins."]
    charging_profile_purpose: Annotated[ChargingProfilePurpose, "Its purpose."]
    charging_profile_kind: Annotated[ChargingProfileKind, "How it is laid on the clock."]
    charging_schedule: Annotated[tuple[ChargingSchedule, ...], "Its schedules; 1.6 has one."]
    recurrency_kind: Annotated[RecurrencyKind | None, "How often it begins anew."] = None
    valid_from: Annotated[datetime | None, "From when it holds."] = None
    valid_to: Annotated[datetime | None, "Until when it holds."] = None
    transaction_id: Annotated[str | None, "The station's own id of the transaction."] = None
    max_offline_duration: Annotated[int | None, "For how many seconds it holds while the station is offline."] = None
    invalid_after_offline_duration: Annotated[
        bool | None, "Whether it is gone for good after being offline too long."
    ] = None
    dyn_update_interval: Annotated[int | None, "After how many seconds the station asks for new limits."] = None
    dyn_update_time: Annotated[datetime | None, "When its limits were last moved."] = None
    price_schedule_signature: Annotated[str | None, "Signature of the price schedule, Base64."] = None


@dataclass(frozen=True, slots=True)
class ClearChargingProfileCriteria:
    """Which profiles are meant; what is not named does not matter."""

    evse_id: Annotated[int | None, "The EVSE's number; 0 is the whole station."] = None
    charging_profile_purpose: Annotated[ChargingProfilePurpose | None, "Its purpose."] = None
    stack_level: Annotated[int | None, "Its rank; a higher one wins."] = None


@dataclass(frozen=True, slots=True)
class ChargingProfileCriterion:
    """Which profiles are meant; what is not named does not matter."""

    charging_profile_purpose: Annotated[ChargingProfilePurpose | None, "Its purpose."] = None
    stack_level: Annotated[int | None, "Its rank; a higher one wins."] = None
    charging_profile_id: Annotated[tuple[int, ...], "These ids."] = ()
    charging_limit_source: Annotated[tuple[str, ...], "Who set them: CSO, EMS, SO or Other."] = ()


@dataclass(frozen=True, slots=True)
class ChargingScheduleUpdate:
    """New limits of the one period of a dynamic profile."""

    limit: Annotated[float | None, "The most, in the schedule's unit."] = None
    limit_l2: Annotated[float | None, "The most on L2."] = field(default=None, metadata={"wire": "limit_L2"})
    limit_l3: Annotated[float | None, "The most on L3."] = field(default=None, metadata={"wire": "limit_L3"})
    discharge_limit: Annotated[float | None, "The most that is fed back, as a negative number."] = None
    discharge_limit_l2: Annotated[float | None, "The same on L2."] = field(
        default=None, metadata={"wire": "dischargeLimit_L2"}
    )
    discharge_limit_l3: Annotated[float | None, "The same on L3."] = field(
        default=None, metadata={"wire": "dischargeLimit_L3"}
    )
    setpoint: Annotated[float | None, "What is to be drawn or fed back."] = None
    setpoint_l2: Annotated[float | None, "The same on L2."] = field(default=None, metadata={"wire": "setpoint_L2"})
    setpoint_l3: Annotated[float | None, "The same on L3."] = field(default=None, metadata={"wire": "setpoint_L3"})
    setpoint_reactive: Annotated[float | None, "The reactive power wanted."] = None
    setpoint_reactive_l2: Annotated[float | None, "The same on L2."] = field(
        default=None, metadata={"wire": "setpointReactive_L2"}
    )
    setpoint_reactive_l3: Annotated[float | None, "The same on L3."] = field(
        default=None, metadata={"wire": "setpointReactive_L3"}
    )


class EnergyTransferMode(StrEnum):
    """How energy may flow between car and station."""

    AC_SINGLE_PHASE = "AC_single_phase"
    AC_TWO_PHASE = "AC_two_phase"
    AC_THREE_PHASE = "AC_three_phase"
    DC = "DC"
    AC_BPT = "AC_BPT"
    AC_BPT_DER = "AC_BPT_DER"
    AC_DER = "AC_DER"
    DC_BPT = "DC_BPT"
    DC_ACDP = "DC_ACDP"
    DC_ACDP_BPT = "DC_ACDP_BPT"
    WPT = "WPT"


@dataclass(frozen=True, slots=True)
class SetChargingProfile(StationRequest):
    """Gives a station a charging profile; one with the same id is replaced."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CARE

    evse_id: Annotated[int, "The EVSE's number; 0 is the whole station."]
    charging_profile: Annotated[ChargingProfile, "The profile."]


@dataclass(frozen=True, slots=True)
class ClearChargingProfile(StationRequest):
    """Takes charging profiles off a station: one by its id, or all that meet criteria."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CARE

    charging_profile_id: Annotated[int | None, "The profile's id."] = None
    charging_profile_criteria: Annotated[
        ClearChargingProfileCriteria | None, "Which profiles, when no id is named."
    ] = None


@dataclass(frozen=True, slots=True)
class GetChargingProfiles(StationRequest):
    """Asks a station to report the charging profiles it holds."""

    priority: ClassVar[Priority] = Priority.ASK

    request_id: Annotated[int, "Names the report that follows."]
    charging_profile: Annotated[ChargingProfileCriterion, "Which profiles."]
    evse_id: Annotated[int | None, "The EVSE's number; 0 is the whole station."] = None


@dataclass(frozen=True, slots=True)
class GetCompositeSchedule(StationRequest):
    """Asks what an EVSE, or with 0 the whole station, may draw when everything is combined."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.ASK

    duration: Annotated[int, "How many seconds ahead."]
    evse_id: Annotated[int, "The EVSE's number; 0 is the whole station."]
    charging_rate_unit: Annotated[ChargingRateUnit | None, "The unit wanted; the station's choice without it."] = None


@dataclass(frozen=True, slots=True)
class UpdateDynamicSchedule(StationRequest):
    """Moves the limits of a dynamic profile."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CARE

    charging_profile_id: Annotated[int, "The profile's id."]
    schedule_update: Annotated[ChargingScheduleUpdate, "The new limits."]


@dataclass(frozen=True, slots=True)
class UsePriorityCharging(StationRequest):
    """Lets a running transaction charge at priority, or no longer."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CHARGE

    transaction_id: Annotated[str, "The station's own id of the transaction."]
    activate: Annotated[bool, "On, or off."]


@dataclass(frozen=True, slots=True)
class NotifyAllowedEnergyTransfer(StationRequest):
    """Tells which energy transfer modes a transaction may use."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CHARGE

    transaction_id: Annotated[str, "The station's own id of the transaction."]
    allowed_energy_transfer: Annotated[tuple[EnergyTransferMode, ...], "The modes."]


REQUESTS: tuple[type[StationRequest], ...] = (
    SetChargingProfile,
    ClearChargingProfile,
    GetChargingProfiles,
    GetCompositeSchedule,
    UpdateDynamicSchedule,
    UsePriorityCharging,
    NotifyAllowedEnergyTransfer,
)
