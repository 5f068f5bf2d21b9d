"""Monitoring of the device model (2.0.1 N02–N06) and periodic event streams (2.1 N11–N15)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.component import Component, ComponentVariable, NamedVariable
from app.domain.request.kind import SINCE_21, Priority, StationRequest
from app.domain.station import OcppVersion


class MonitorType(StrEnum):
    """What a monitor watches for."""

    UPPER_THRESHOLD = "UpperThreshold"
    LOWER_THRESHOLD = "LowerThreshold"
    DELTA = "Delta"
    PERIODIC = "Periodic"
    PERIODIC_CLOCK_ALIGNED = "PeriodicClockAligned"
    TARGET_DELTA = "TargetDelta"
    TARGET_DELTA_RELATIVE = "TargetDeltaRelative"


class MonitoringBase(StrEnum):
    """Which set of monitors is to be active."""

    ALL = "All"
    FACTORY_DEFAULT = "FactoryDefault"
    HARD_WIRED_ONLY = "HardWiredOnly"


class MonitoringCriterion(StrEnum):
    """Which kinds of monitor are to be reported."""

    THRESHOLD_MONITORING = "ThresholdMonitoring"
    DELTA_MONITORING = "DeltaMonitoring"
    PERIODIC_MONITORING = "PeriodicMonitoring"


@dataclass(frozen=True, slots=True)
class PeriodicEventStreamParams:
    """How often a stream sends."""

    interval: Annotated[int | None, "At the latest after so many seconds."] = None
    values: Annotated[int | None, "At the latest after so many values."] = None


@dataclass(frozen=True, slots=True)
class SetMonitoringData:
    """One monitor to set."""

    value: Annotated[float, "Threshold, difference or seconds, by the type."]
    type: Annotated[MonitorType, "What to watch for."]
    severity: Annotated[int, "0 (danger) to 9 (debug)."]
    component: Annotated[Component, "Which component."]
    variable: Annotated[NamedVariable, "Which variable of it."]
    id: Annotated[int | None, "An existing monitor to replace."] = None
    transaction: Annotated[bool | None, "Only while a transaction runs."] = None
    periodic_event_stream: Annotated[PeriodicEventStreamParams | None, "2.1: as a stream."] = None


@dataclass(frozen=True, slots=True)
class SetVariableMonitoring(StationRequest):
    """SetVariableMonitoring (2.0.1 N04)."""

    set_monitoring_data: Annotated[tuple[SetMonitoringData, ...], "The monitors."]


@dataclass(frozen=True, slots=True)
class ClearVariableMonitoring(StationRequest):
    """ClearVariableMonitoring (2.0.1 N06)."""

    id: Annotated[tuple[int, ...], "The monitors' numbers."]


@dataclass(frozen=True, slots=True)
class SetMonitoringBase(StationRequest):
    """SetMonitoringBase (2.0.1 N03)."""

    monitoring_base: Annotated[MonitoringBase, "Which set."]


@dataclass(frozen=True, slots=True)
class SetMonitoringLevel(StationRequest):
    """SetMonitoringLevel (2.0.1 N05)."""

    severity: Annotated[int, "Events up to this severity are reported; 0 (danger) to 9 (debug)."]


@dataclass(frozen=True, slots=True)
class GetMonitoringReport(StationRequest):
    """GetMonitoringReport (2.0.1 N02): NotifyMonitoringReport follows, in parts, unless nothing matches."""

    priority: ClassVar[Priority] = Priority.ASK

    request_id: Annotated[int, "A number of yours; the parts of the report carry it."]
    component_variable: Annotated[tuple[ComponentVariable, ...], "Only monitors of these."] = ()
    monitoring_criteria: Annotated[tuple[MonitoringCriterion, ...], "Only monitors of these kinds."] = ()


@dataclass(frozen=True, slots=True)
class AdjustPeriodicEventStream(StationRequest):
    """AdjustPeriodicEventStream (2.1 N13)."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21

    id: Annotated[int, "The stream's number."]
    params: Annotated[PeriodicEventStreamParams, "How often it is to send."]


@dataclass(frozen=True, slots=True)
class GetPeriodicEventStream(StationRequest):
    """GetPeriodicEventStream (2.1 N12): the open streams are in the answer."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.ASK


REQUESTS: tuple[type[StationRequest], ...] = (
    SetVariableMonitoring,
    ClearVariableMonitoring,
    SetMonitoringBase,
    SetMonitoringLevel,
    GetMonitoringReport,
    AdjustPeriodicEventStream,
    GetPeriodicEventStream,
)
