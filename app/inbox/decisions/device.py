"""What a station says of its device model, its customers and its displays: kept as it arrives, a part at a time."""

from typing import cast

from app.domain.answer import Acknowledged, Answer
from app.domain.device import HIGHEST_SEVERE, ReportKind, VariablePlace
from app.domain.device_event import (
    CustomerInformationReported,
    DisplayMessagesReported,
    EventStreamClosed,
    EventStreamOpened,
    EventStreamSent,
    MonitorsReported,
    ResultRefused,
    VariablesReported,
)
from app.domain.event import Arrival, EventsNotified, MonitoredEvent
from app.domain.station_state import StationState
from app.inbox.batch import Batch, plausible
from app.inbox.decisions.device_rows import (
    keep_message,
    keep_monitor,
    keep_part,
    keep_stream,
    keep_variable,
)
from app.inbox.decisions.streams import keep_pace

_HARD_WIRED = "HardWired"
_WORD_MAX = 50


def variables_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyReport (2.0.1 B07.FR.08): each part is usable at once, whatever becomes of the others."""
    event = cast(VariablesReported, arrival.event)
    batch.journal(arrival)
    for variable in event.variables:
        keep_variable(batch, station, variable, arrival.received_at)
    _part(batch, station, arrival, ReportKind.VARIABLES, event)
    return Acknowledged()


def monitors_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyMonitoringReport (2.0.1 N02)."""
    event = cast(MonitorsReported, arrival.event)
    batch.journal(arrival)
    for monitor in event.monitors:
        keep_monitor(batch, station, monitor, arrival.received_at)
    _part(batch, station, arrival, ReportKind.MONITORS, event)
    return Acknowledged()


def customer_information_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyCustomerInformation (2.0.1 N09)."""
    event = cast(CustomerInformationReported, arrival.event)
    batch.journal(arrival)
    _part(batch, station, arrival, ReportKind.CUSTOMER_INFORMATION, event, event.data)
    return Acknowledged()


def _part(
    batch: Batch,
    station: StationState,
    arrival: Arrival,
    kind: ReportKind,
    event: VariablesReported | MonitorsReported | CustomerInformationReported,
    text: str | None = None,
) -> None:
    keep_part(
        batch,
        station,
        kind,
        event.request_id,
        at=arrival.received_at,
        seq_no=event.seq_no,
        last=event.last,
        generated_at=plausible(event.generated_at, arrival.received_at),
        text=text,
    )
    batch.touch(station)
    if event.last:
        subject = ("station", station.uuid)
        batch.log(station, arrival, "station.reported", subject, report=kind.value, requestId=event.request_id)


def display_messages_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyDisplayMessages (2.0.1 O03)."""
    event = cast(DisplayMessagesReported, arrival.event)
    batch.journal(arrival)
    for message in event.messages:
        keep_message(batch, station, message, arrival.received_at)
    keep_part(
        batch,
        station,
        ReportKind.DISPLAY_MESSAGES,
        event.request_id,
        at=arrival.received_at,
        seq_no=None,
        last=event.last,
    )
    batch.touch(station)
    return Acknowledged()


def events_notified(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyEvent (2.0.1 N07): all are history; what is hard-wired or severe is told to whoever follows the log."""
    event = cast(EventsNotified, arrival.event)
    batch.journal(arrival)
    for entry in event.events:
        _keep_event(batch, station, arrival, entry)
        if _matters(entry):
            batch.log(
                station,
                arrival,
                "station.event",
                ("station", station.uuid),
                component=entry.component,
                variable=entry.variable,
                evse=entry.evse,
                value=entry.actual_value,
                trigger=entry.trigger,
                cleared=entry.cleared,
                severity=entry.severity,
            )
    batch.touch(station)
    return Acknowledged()


def _matters(entry: MonitoredEvent) -> bool:
    if entry.severity is None:
        # 2.0.1 leaves it to the monitor: an alert of unknown weight is rather told than kept quiet.
        return entry.trigger == "Alerting" or entry.kind.startswith(_HARD_WIRED)
    return entry.kind.startswith(_HARD_WIRED) or entry.severity <= HIGHEST_SEVERE


def _keep_event(batch: Batch, station: StationState, arrival: Arrival, entry: MonitoredEvent) -> None:
    place = VariablePlace(
        entry.component, entry.variable, entry.component_instance, entry.variable_instance, entry.evse, entry.connector
    ).columns()
    row = {
        "operator_key": station.operator_key,
        "station_key": station.key,
        "event_id": entry.event_id,
        "occurred_at": plausible(entry.occurred_at, arrival.received_at) or arrival.received_at,
        "received_at": arrival.received_at,
        "trigger": entry.trigger[:_WORD_MAX],
        "kind": entry.kind[:_WORD_MAX],
        "severity": entry.severity,
        "actual_value": entry.actual_value,
        "cleared": entry.cleared,
        "cause": entry.cause,
        "monitor_id": entry.monitor_id,
        "transaction_id": entry.transaction_id,
        "tech_code": entry.tech_code,
        "tech_info": entry.tech_info,
    }
    key = (station.key, entry.event_id, row["occurred_at"], place["component"], place["variable"])
    batch.keep("station_event", key, row | place)


def event_stream_opened(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """OpenPeriodicEventStream (2.1 N11): every stream is welcome."""
    event = cast(EventStreamOpened, arrival.event)
    batch.journal(arrival)
    keep_stream(
        batch,
        station,
        event.stream_id,
        monitor_id=event.monitor_id,
        interval_s=event.interval_s,
        max_values=event.values,
        opened=True,
        opened_at=arrival.received_at,
        closed_at=None,
    )
    batch.touch(station)
    return Acknowledged()


def event_stream_closed(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """ClosePeriodicEventStream (2.1 N14)."""
    event = cast(EventStreamClosed, arrival.event)
    batch.journal(arrival)
    keep_stream(batch, station, event.stream_id, opened=False, closed_at=arrival.received_at)
    batch.touch(station)
    return Acknowledged()


def event_stream_sent(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyPeriodicEventStream (2.1 N15): values as they were measured; nobody waits for an answer."""
    event = cast(EventStreamSent, arrival.event)
    batch.journal(arrival)
    for at, value in event.values:
        key = (station.key, event.stream_id, at)
        row = {"operator_key": station.operator_key, "station_key": station.key, "stream_id": event.stream_id}
        moment = plausible(at, arrival.received_at) or arrival.received_at
        batch.keep("stream_value", key, row | {"at": moment, "value": value})
    keep_stream(batch, station, event.stream_id, pending=event.pending, last_at=arrival.received_at)
    keep_pace(batch, station, arrival, event)
    batch.touch(station, news=False)
    return Acknowledged()


def result_refused(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """CALLRESULTERROR: the station threw our answer away. What it had said is kept; the fault is told.

    Its frame names a problem, so it counts among the station's.
    """
    event = cast(ResultRefused, arrival.event)
    batch.journal(arrival)
    batch.touch(station)
    batch.log(
        station,
        arrival,
        "station.result_refused",
        ("station", station.uuid),
        messageId=arrival.message_id,
        code=event.code,
        description=event.description,
    )
    return Acknowledged()
