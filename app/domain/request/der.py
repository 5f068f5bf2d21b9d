"""Distributed energy resources and grid signals (2.1 R, K)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.kind import SINCE_21, Priority, StationRequest
from app.domain.station import OcppVersion


class DERControl(StrEnum):
    """A grid function that an inverter can perform."""

    ENTER_SERVICE = "EnterService"
    FREQ_DROOP = "FreqDroop"
    FREQ_WATT = "FreqWatt"
    FIXED_PF_ABSORB = "FixedPFAbsorb"
    FIXED_PF_INJECT = "FixedPFInject"
    FIXED_VAR = "FixedVar"
    GRADIENTS = "Gradients"
    HF_MUST_TRIP = "HFMustTrip"
    HF_MAY_TRIP = "HFMayTrip"
    HV_MUST_TRIP = "HVMustTrip"
    HV_MOM_CESS = "HVMomCess"
    HV_MAY_TRIP = "HVMayTrip"
    LIMIT_MAX_DISCHARGE = "LimitMaxDischarge"
    LF_MUST_TRIP = "LFMustTrip"
    LV_MUST_TRIP = "LVMustTrip"
    LV_MOM_CESS = "LVMomCess"
    LV_MAY_TRIP = "LVMayTrip"
    POWER_MONITORING_MUST_TRIP = "PowerMonitoringMustTrip"
    VOLT_VAR = "VoltVar"
    VOLT_WATT = "VoltWatt"
    WATT_PF = "WattPF"
    WATT_VAR = "WattVar"


@dataclass(frozen=True, slots=True)
class DERCurvePoints:
    """A point of a curve."""

    x: Annotated[float, "The value measured, in percent, Hz or seconds by function."]
    y: Annotated[float, "What follows from it, in the curve's unit."]


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """How a curve is left again."""

    hysteresis_high: Annotated[float | None, "The upper value, in percent or Hz."] = None
    hysteresis_low: Annotated[float | None, "The lower value, in percent or Hz."] = None
    hysteresis_delay: Annotated[float | None, "After how many seconds."] = None
    hysteresis_gradient: Annotated[float | None, "How fast, in percent a second."] = None


@dataclass(frozen=True, slots=True)
class ReactivePowerParams:
    """How reactive power finds its reference."""

    v_ref: Annotated[float | None, "The reference voltage, in percent."] = None
    autonomous_v_ref_enable: Annotated[bool | None, "Whether it finds the reference itself."] = None
    autonomous_v_ref_time_constant: Annotated[float | None, "Over how many seconds."] = None


class PowerDuringCessation(StrEnum):
    """Which power may flow while an inverter ceases."""

    ACTIVE = "Active"
    REACTIVE = "Reactive"


@dataclass(frozen=True, slots=True)
class VoltageParams:
    """What happens at high voltage."""

    hv10_min_mean_value: Annotated[float | None, "The ten-minute mean that trips, in percent."] = None
    hv10_min_mean_trip_delay: Annotated[float | None, "After how many seconds it trips."] = None
    power_during_cessation: Annotated[PowerDuringCessation | None, "Which power may flow meanwhile."] = None


class DERUnit(StrEnum):
    """What the values of a curve are shares of."""

    NOT_APPLICABLE = "Not_Applicable"
    PCT_MAX_W = "PctMaxW"
    PCT_MAX_VAR = "PctMaxVar"
    PCT_W_AVAIL = "PctWAvail"
    PCT_VAR_AVAIL = "PctVarAvail"
    PCT_EFFECTIVE_V = "PctEffectiveV"


@dataclass(frozen=True, slots=True)
class DERCurve:
    """A curve that an inverter follows."""

    curve_data: Annotated[tuple[DERCurvePoints, ...], "Its points."]
    priority: Annotated[int, "A lower number goes first."]
    y_unit: Annotated[DERUnit, "What its values are shares of."]
    hysteresis: Annotated[Hysteresis | None, "How it is left again."] = None
    reactive_power_params: Annotated[ReactivePowerParams | None, "For reactive power."] = None
    voltage_params: Annotated[VoltageParams | None, "For voltage."] = None
    response_time: Annotated[float | None, "Within how many seconds."] = None
    start_time: Annotated[datetime | None, "From when."] = None
    duration: Annotated[float | None, "For how many seconds."] = None


@dataclass(frozen=True, slots=True)
class EnterService:
    """When an inverter may join the grid."""

    priority: Annotated[int, "A lower number goes first."]
    high_voltage: Annotated[float, "Below this voltage, in percent."]
    low_voltage: Annotated[float, "Above this voltage, in percent."]
    high_freq: Annotated[float, "Below this frequency, in Hz."]
    low_freq: Annotated[float, "Above this frequency, in Hz."]
    delay: Annotated[float | None, "After so many seconds."] = None
    random_delay: Annotated[float | None, "And at most so many more, drawn."] = None
    ramp_rate: Annotated[float | None, "How fast power rises, in percent a second."] = None


@dataclass(frozen=True, slots=True)
class FixedPF:
    """A fixed power factor."""

    priority: Annotated[int, "A lower number goes first."]
    displacement: Annotated[float, "The power factor."]
    excitation: Annotated[bool, "Whether it is over-excited."]
    start_time: Annotated[datetime | None, "From when."] = None
    duration: Annotated[float | None, "For how many seconds."] = None


@dataclass(frozen=True, slots=True)
class FixedVar:
    """A fixed reactive power."""

    priority: Annotated[int, "A lower number goes first."]
    setpoint: Annotated[float, "How much, in its unit."]
    unit: Annotated[DERUnit, "What it is a share of."]
    start_time: Annotated[datetime | None, "From when."] = None
    duration: Annotated[float | None, "For how many seconds."] = None


@dataclass(frozen=True, slots=True)
class FreqDroop:
    """How power follows the grid's frequency."""

    priority: Annotated[int, "A lower number goes first."]
    over_freq: Annotated[float, "From this frequency up, in Hz."]
    under_freq: Annotated[float, "From this frequency down, in Hz."]
    over_droop: Annotated[float, "Droop above, in Hz."]
    under_droop: Annotated[float, "Droop below, in Hz."]
    response_time: Annotated[float, "Within how many seconds."]
    start_time: Annotated[datetime | None, "From when."] = None
    duration: Annotated[float | None, "For how many seconds."] = None


@dataclass(frozen=True, slots=True)
class DerGradient:
    """How fast power may change."""

    priority: Annotated[int, "A lower number goes first."]
    gradient: Annotated[float, "In percent a second."]
    soft_gradient: Annotated[float, "In percent a second, when it joins."]


@dataclass(frozen=True, slots=True)
class LimitMaxDischarge:
    """A limit on what is fed back."""

    priority: Annotated[int, "A lower number goes first."]
    pct_max_discharge_power: Annotated[float | None, "In percent of what it can feed back."] = None
    power_monitoring_must_trip: Annotated[DERCurve | None, "When feeding back must stop."] = None
    start_time: Annotated[datetime | None, "From when."] = None
    duration: Annotated[float | None, "For how many seconds."] = None


@dataclass(frozen=True, slots=True)
class SetDERControl(StationRequest):
    """Gives a station a grid control; one with the same id is replaced."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CARE

    is_default: Annotated[bool, "Whether it is a default rather than scheduled."]
    control_id: Annotated[str, "Its id."]
    control_type: Annotated[DERControl, "Which function."]
    curve: Annotated[DERCurve | None, "Its curve."] = None
    enter_service: Annotated[EnterService | None, "When to join the grid."] = None
    fixed_pf_absorb: Annotated[FixedPF | None, "Power factor while charging."] = field(
        default=None, metadata={"wire": "fixedPFAbsorb"}
    )
    fixed_pf_inject: Annotated[FixedPF | None, "Power factor while feeding back."] = field(
        default=None, metadata={"wire": "fixedPFInject"}
    )
    fixed_var: Annotated[FixedVar | None, "Reactive power."] = None
    freq_droop: Annotated[FreqDroop | None, "Power by frequency."] = None
    gradient: Annotated[DerGradient | None, "How fast power may change."] = None
    limit_max_discharge: Annotated[LimitMaxDischarge | None, "The most that is fed back."] = None


@dataclass(frozen=True, slots=True)
class GetDERControl(StationRequest):
    """Asks a station to report its grid controls."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.ASK

    request_id: Annotated[int, "Names the report that follows."]
    is_default: Annotated[bool | None, "Only defaults, or only scheduled ones."] = None
    control_type: Annotated[DERControl | None, "Only of this function."] = None
    control_id: Annotated[str | None, "Only this one."] = None


@dataclass(frozen=True, slots=True)
class ClearDERControl(StationRequest):
    """Takes grid controls off a station."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CARE

    is_default: Annotated[bool, "Defaults, or scheduled ones."]
    control_type: Annotated[DERControl | None, "Only of this function."] = None
    control_id: Annotated[str | None, "Only this one."] = None


@dataclass(frozen=True, slots=True)
class AFRRSignal(StationRequest):
    """Passes on the grid operator's automatic frequency restoration signal."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CHARGE

    timestamp: Annotated[datetime, "When it was given."]
    signal: Annotated[int, "The signal's value."]


REQUESTS: tuple[type[StationRequest], ...] = (
    SetDERControl,
    GetDERControl,
    ClearDERControl,
    AFRRSignal,
)
