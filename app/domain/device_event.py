"""What a station reports of its device model, of customers and of its displays, as facts."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.device import DisplayedMessage, ReportedMonitor, ReportedVariable
from app.domain.event import StationEvent


@dataclass(frozen=True, slots=True)
class VariablesReported(StationEvent):
    """NotifyReport (2.0.1 B07, B08), one part; ``last`` says that nothing follows. ``seq_no`` counts from 0."""

    request_id: int
    seq_no: int
    last: bool
    generated_at: datetime | None
    variables: tuple[ReportedVariable, ...]


@dataclass(frozen=True, slots=True)
class MonitorsReported(StationEvent):
    """NotifyMonitoringReport (2.0.1 N02), one part."""

    request_id: int
    seq_no: int
    last: bool
    generated_at: datetime | None
    monitors: tuple[ReportedMonitor, ...]


@dataclass(frozen=True, slots=True)
class CustomerInformationReported(StationEvent):
    """NotifyCustomerInformation (2.0.1 N09), one part of a text."""

    request_id: int
    seq_no: int
    last: bool
    generated_at: datetime | None
    data: str


@dataclass(frozen=True, slots=True)
class DisplayMessagesReported(StationEvent):
    """NotifyDisplayMessages (2.0.1 O03), one part; its parts are not numbered."""

    request_id: int
    last: bool
    messages: tuple[DisplayedMessage, ...]


@dataclass(frozen=True, slots=True)
class EventStreamOpened(StationEvent):
    """OpenPeriodicEventStream (2.1 N11)."""

    stream_id: int
    monitor_id: int | None
    interval_s: int | None
    values: int | None


@dataclass(frozen=True, slots=True)
class EventStreamClosed(StationEvent):
    """ClosePeriodicEventStream (2.1 N14)."""

    stream_id: int


@dataclass(frozen=True, slots=True)
class EventStreamSent(StationEvent):
    """NotifyPeriodicEventStream (2.1 N15): values with their moments. Never answered."""

    stream_id: int
    pending: int
    values: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class ResultRefused(StationEvent):
    """CALLRESULTERROR (2.1 Part 4 §4.2.4): the station could not use our answer to its message."""

    code: str
    description: str
