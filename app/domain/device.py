"""A station's device model as it reported it: variables, monitors, events, streams, messages, and reports of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.filter import TimeRange

NAME_MAX = 50  # OCPP 2.0.1 identifiers; what is longer is cut, so that no station makes our rows large
VALUE_MAX = 2500
VALUES_LIST_MAX = 1000
UNIT_MAX = 16

# What lets somebody pose as a station is written and never kept for reading (2.0.1 calls such variables WriteOnly).
_SECRETS = frozenset({"authorizationkey", "basicauthpassword", "password", "sharedsecret"})
HIGHEST_SEVERE = 3  # 0 danger, 1 and 2 failures, 3 critical: what somebody must look at now


def is_secret(variable: str) -> bool:
    """Whether a variable's value must not be shown to anybody."""
    return variable.lower() in _SECRETS


@dataclass(frozen=True, slots=True)
class VariablePlace:
    """Where a variable is; None for what is not named."""

    component: str
    variable: str
    component_instance: str | None = None
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None

    def columns(self) -> dict[str, object]:
        """Its names, cut to what OCPP allows."""
        return {
            "component": self.component[:NAME_MAX],
            "component_instance": _cut(self.component_instance),
            "evse": self.evse,
            "connector": self.connector,
            "variable": self.variable[:NAME_MAX],
            "instance": _cut(self.instance),
        }


def _cut(name: str | None) -> str | None:
    return None if not name else name[:NAME_MAX]


def identity(columns: Mapping[str, object]) -> tuple[str, ...]:
    """What tells one place from another: names without regard to case (2.0.1 Part 1 §4.1)."""
    names = ("component", "component_instance", "evse", "connector", "variable", "instance")
    return tuple("" if columns[name] is None else str(columns[name]).lower() for name in names)


@dataclass(frozen=True, slots=True)
class ReportedVariable:
    """One attribute of a variable; None for what was not said. Limits are in ``unit``."""

    place: VariablePlace
    attribute: str = "Actual"
    value: str | None = None
    mutability: str | None = None
    data_type: str | None = None
    unit: str | None = None
    min_limit: float | None = None
    max_limit: float | None = None
    max_elements: int | None = None
    values_list: str | None = None
    supports_monitoring: bool | None = None
    persistent: bool | None = None
    constant: bool | None = None


@dataclass(frozen=True, slots=True)
class ReportedMonitor:
    """A monitor; ``kind`` is OCPP's EventNotificationEnumType."""

    place: VariablePlace
    monitor_id: int
    type: str
    value: float
    severity: int
    transaction: bool = False
    kind: str = "CustomMonitor"


@dataclass(frozen=True, slots=True)
class DisplayedMessage:
    """A message on a display; ``extra`` are further (format, language, content)."""

    message_id: int
    priority: str
    format: str
    content: str
    language: str | None = None
    state: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = None
    display: str | None = None
    evse: int | None = None
    extra: tuple[tuple[str, str | None, str], ...] = ()


class ReportKind(StrEnum):
    """What a report in parts is about."""

    VARIABLES = "VARIABLES"
    MONITORS = "MONITORS"
    DISPLAY_MESSAGES = "DISPLAY_MESSAGES"
    CUSTOMER_INFORMATION = "CUSTOMER_INFORMATION"


class ReportState(StrEnum):
    """How far a report has come."""

    AWAITED = "AWAITED"
    RECEIVING = "RECEIVING"
    COMPLETE = "COMPLETE"
    EMPTY = "EMPTY"
    REFUSED = "REFUSED"


# -- as they are read --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variable:
    """``pending_value`` was set and waits for a restart; ``desired`` is what its operator wishes it to be."""

    key: int
    reported: ReportedVariable
    pending_value: str | None
    reported_at: datetime
    desired: str | None = None


@dataclass(frozen=True, slots=True)
class VariableChange:
    """A value that a variable took."""

    key: int
    place: VariablePlace
    attribute: str
    at: datetime
    value: str | None


@dataclass(frozen=True, slots=True)
class Monitor:
    key: int
    reported: ReportedMonitor
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class StationReport:
    """``text`` is what customer information says, its parts joined in order."""

    key: int
    kind: ReportKind
    request_id: int
    state: ReportState
    answer: str | None
    parts: int
    asked_at: datetime | None
    last_part_at: datetime | None
    generated_at: datetime | None
    text: str | None


@dataclass(frozen=True, slots=True)
class StationEventRow:
    """One entry of NotifyEvent."""

    key: int
    station_key: int
    event_id: int
    occurred_at: datetime
    received_at: datetime
    place: VariablePlace
    trigger: str
    kind: str
    severity: int | None
    actual_value: str
    cleared: bool
    cause: int | None
    monitor_id: int | None
    transaction_id: str | None
    tech_code: str | None
    tech_info: str | None


@dataclass(frozen=True, slots=True)
class EventStream:
    """A periodic event stream (2.1 N11); ``pending`` values were still at the station when it sent last."""

    key: int
    stream_id: int
    monitor_id: int | None
    interval_s: int | None
    max_values: int | None
    pending: int
    opened_at: datetime | None
    closed_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class StreamValue:
    key: int
    stream_id: int
    at: datetime
    value: str


@dataclass(frozen=True, slots=True)
class DisplayMessage:
    key: int
    shown: DisplayedMessage
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class StationEventFilter:
    """``max_severity`` N: events of severity 0 to N; those of unknown severity only without it."""

    station_ids: tuple[UUID, ...] | None = None
    max_severity: int | None = None
    components: tuple[str, ...] | None = None
    variables: tuple[str, ...] | None = None
    at: TimeRange | None = None
