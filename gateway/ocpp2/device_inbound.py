"""What a 2.x station reports of its device model, of customers and of its displays, as facts; and our answers."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain.answer import Answer
from app.domain.device import (
    UNIT_MAX,
    VALUE_MAX,
    VALUES_LIST_MAX,
    DisplayedMessage,
    ReportedMonitor,
    ReportedVariable,
    VariablePlace,
)
from app.domain.device_event import (
    CustomerInformationReported,
    DisplayMessagesReported,
    EventStreamClosed,
    EventStreamOpened,
    EventStreamSent,
    MonitorsReported,
    VariablesReported,
)
from app.domain.event import EventsNotified, MonitoredEvent, StationEvent
from gateway.dialect import Payload, Render, Translate
from gateway.fields import part, parts, positive, text, whole
from gateway.tolerance import Problems, parse_time

ENTRIES_MAX = 5_000  # of one message; a frame of the largest size could hold ten times as many
_STREAM_VALUES_MAX = 1_000
_CUSTOMER_TEXT_MAX = 512
_CONTENT_MAX = 1_024
_EXTRA_MAX = 4
_TECH_INFO_MAX = 500
_OFFSET_MAX_S = 366 * 86_400.0  # a stream value further from its base time than a year has no moment


def _clipped(payload: Mapping[str, Any], name: str, most: int, problems: Problems) -> str | None:
    """A text of the device model, which may be longer than other texts of OCPP; "" is a value like any other."""
    value = payload.get(name)
    if not isinstance(value, str):
        return None
    if len(value) > most:
        problems.note(f"{name}: cut at {most} characters")
    return value[:most]


def _number(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _flag(payload: Mapping[str, Any], name: str) -> bool | None:
    value = payload.get(name)
    return value if isinstance(value, bool) else None


def _place(entry: Mapping[str, Any]) -> VariablePlace:
    component, variable = part(entry, "component"), part(entry, "variable")
    evse = part(component, "evse")
    return VariablePlace(
        component=text(component, "name") or "",
        variable=text(variable, "name") or "",
        component_instance=text(component, "instance"),
        instance=text(variable, "instance"),
        evse=positive(evse, "id"),
        connector=positive(evse, "connectorId"),
    )


def _entries(payload: Payload, name: str, problems: Problems, most: int = ENTRIES_MAX) -> list[dict[str, Any]]:
    found = parts(payload, name)
    if len(found) > most:
        problems.note(f"{name}: {len(found)} entries, {most} taken")
    return found[:most]


def _part_of(payload: Payload, problems: Problems) -> tuple[int, int, bool, datetime | None]:
    """(request id, part number, whether it is the last, when it was made)."""
    number = whole(payload, "seqNo")
    if number is None or number < 0:
        problems.note("seqNo is missing or out of range")
    generated_at = parse_time(text(payload, "generatedAt"), problems, "generatedAt")
    return whole(payload, "requestId") or 0, max(number or 0, 0), payload.get("tbc") is not True, generated_at


def _attributes(entry: Mapping[str, Any], problems: Problems) -> Iterator[ReportedVariable]:
    place, traits = _place(entry), part(entry, "variableCharacteristics")
    for attribute in parts(entry, "variableAttribute"):
        yield ReportedVariable(
            place=place,
            attribute=text(attribute, "type") or "Actual",
            value=_clipped(attribute, "value", VALUE_MAX, problems),
            mutability=text(attribute, "mutability") or "ReadWrite",
            data_type=text(traits, "dataType"),
            unit=_clipped(traits, "unit", UNIT_MAX, problems),
            min_limit=_number(traits, "minLimit"),
            max_limit=_number(traits, "maxLimit"),
            max_elements=whole(traits, "maxElements"),
            values_list=_clipped(traits, "valuesList", VALUES_LIST_MAX, problems),
            supports_monitoring=_flag(traits, "supportsMonitoring"),
            persistent=_flag(attribute, "persistent"),
            constant=_flag(attribute, "constant"),
        )


def _report(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    entries = _entries(payload, "reportData", problems)
    found = tuple(variable for entry in entries for variable in _attributes(entry, problems))
    return VariablesReported(*_part_of(payload, problems), found)


def _monitors(entry: Mapping[str, Any], problems: Problems) -> Iterator[ReportedMonitor]:
    place = _place(entry)
    for monitor in parts(entry, "variableMonitoring"):
        number = whole(monitor, "id")
        if number is None:
            problems.note("a monitor's id is out of range")
            continue
        yield ReportedMonitor(
            place=place,
            monitor_id=number,
            type=text(monitor, "type") or "",
            value=_number(monitor, "value") or 0.0,
            severity=whole(monitor, "severity") or 0,
            transaction=monitor.get("transaction") is True,
            # 2.0.1 has no eventNotificationType here.
            kind=text(monitor, "eventNotificationType") or "",
        )


def _monitoring_report(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    entries = _entries(payload, "monitor", problems)
    found = tuple(monitor for entry in entries for monitor in _monitors(entry, problems))
    return MonitorsReported(*_part_of(payload, problems), found)


def _customer_information(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    data = _clipped(payload, "data", _CUSTOMER_TEXT_MAX, problems) or ""
    return CustomerInformationReported(*_part_of(payload, problems), data)


def _display_message(entry: Mapping[str, Any], problems: Problems) -> DisplayedMessage | None:
    number = whole(entry, "id")
    if number is None:
        problems.note("a message's id is out of range")
        return None
    content, display = part(entry, "message"), part(entry, "display")
    return DisplayedMessage(
        message_id=number,
        priority=text(entry, "priority") or "",
        format=text(content, "format") or "",
        content=_clipped(content, "content", _CONTENT_MAX, problems) or "",
        language=text(content, "language"),
        state=text(entry, "state"),
        starts_at=parse_time(text(entry, "startDateTime"), problems, "startDateTime"),
        ends_at=parse_time(text(entry, "endDateTime"), problems, "endDateTime"),
        transaction_id=text(entry, "transactionId"),
        display=text(display, "name"),
        evse=positive(part(display, "evse"), "id"),
        extra=tuple(
            (
                text(more, "format") or "",
                text(more, "language"),
                _clipped(more, "content", _CONTENT_MAX, problems) or "",
            )
            for more in parts(entry, "messageExtra")[:_EXTRA_MAX]
        ),
    )


def _display_messages(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    found = [_display_message(entry, problems) for entry in _entries(payload, "messageInfo", problems)]
    return DisplayMessagesReported(
        request_id=whole(payload, "requestId") or 0,
        last=payload.get("tbc") is not True,
        messages=tuple(message for message in found if message is not None),
    )


def _monitored(entry: Mapping[str, Any], problems: Problems) -> MonitoredEvent:
    place = _place(entry)
    return MonitoredEvent(
        event_id=whole(entry, "eventId") or 0,
        occurred_at=parse_time(text(entry, "timestamp"), problems),
        trigger=text(entry, "trigger") or "",
        component=place.component,
        variable=place.variable,
        evse=place.evse,
        actual_value=_clipped(entry, "actualValue", VALUE_MAX, problems) or "",
        cleared=entry.get("cleared") is True,
        tech_code=text(entry, "techCode"),
        tech_info=_clipped(entry, "techInfo", _TECH_INFO_MAX, problems),
        component_instance=place.component_instance,
        variable_instance=place.instance,
        connector=place.connector,
        kind=text(entry, "eventNotificationType") or "",
        severity=whole(entry, "severity"),
        monitor_id=whole(entry, "variableMonitoringId"),
        cause=whole(entry, "cause"),
        transaction_id=text(entry, "transactionId"),
    )


def _notify_event(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    return EventsNotified(tuple(_monitored(entry, problems) for entry in _entries(payload, "eventData", problems)))


def _open_stream(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    stream = part(payload, "constantStreamData")
    params = part(stream, "params")
    return EventStreamOpened(
        stream_id=whole(stream, "id") or 0,
        monitor_id=whole(stream, "variableMonitoringId"),
        interval_s=whole(params, "interval"),
        values=whole(params, "values"),
    )


def _close_stream(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return EventStreamClosed(whole(payload, "id") or 0)


def _stream(payload: Payload, received_at: datetime, problems: Problems) -> StationEvent:
    base = parse_time(text(payload, "basetime"), problems, "basetime") or received_at
    found = []
    for element in _entries(payload, "data", problems, _STREAM_VALUES_MAX):
        offset = _number(element, "t")
        if offset is None or not abs(offset) <= _OFFSET_MAX_S:
            problems.note("a value's time is out of range")
            offset = 0.0
        found.append((base + timedelta(seconds=offset), _clipped(element, "v", VALUE_MAX, problems) or ""))
    return EventStreamSent(whole(payload, "id") or 0, max(whole(payload, "pending") or 0, 0), tuple(found))


def _empty(_answer: Answer) -> Payload:
    return {}


def _accepted(_answer: Answer) -> Payload:
    return {"status": "Accepted"}


INBOUND: dict[str, Translate] = {
    "NotifyEvent": _notify_event,
    "NotifyReport": _report,
    "NotifyMonitoringReport": _monitoring_report,
    "NotifyCustomerInformation": _customer_information,
    "NotifyDisplayMessages": _display_messages,
    "OpenPeriodicEventStream": _open_stream,
    "ClosePeriodicEventStream": _close_stream,
}
ANSWERS: dict[str, Render] = {**dict.fromkeys(INBOUND, _empty), "OpenPeriodicEventStream": _accepted}
# 2.1 only: never answered.
SENDS: dict[str, Translate] = {"NotifyPeriodicEventStream": _stream}
