"""What a station's answers tell of its device model: values read and set, monitors, messages, reports to come.

An answer is kept as the station wrote it, so it is read here as carefully as any message: what has the wrong shape is
passed over, and the answer itself stays readable.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from app.domain.configuration_key import key_of, variable_of
from app.domain.device import (
    VALUE_MAX,
    DisplayedMessage,
    ReportedMonitor,
    ReportedVariable,
    ReportKind,
    VariablePlace,
)
from app.domain.event import Arrival
from app.domain.request.component import Component, NamedVariable
from app.domain.request.core import AttributeType, GetVariables, SetVariables, VariableName
from app.domain.request.customer import CustomerInformation
from app.domain.request.device_model import GetBaseReport, GetReport
from app.domain.request.display import ClearDisplayMessage, GetDisplayMessages, SetDisplayMessage
from app.domain.request.monitoring import (
    AdjustPeriodicEventStream,
    ClearVariableMonitoring,
    GetMonitoringReport,
    GetPeriodicEventStream,
    SetVariableMonitoring,
)
from app.domain.station import OcppVersion
from app.domain.station_state import CommandState, StationState
from app.inbox.batch import Batch
from app.inbox.decisions.desired import note_answer
from app.inbox.decisions.device_rows import (
    forget_message,
    forget_monitor,
    keep_asked,
    keep_message,
    keep_monitor,
    keep_stream,
    keep_variable,
)

_ENTRIES_MAX = 5_000
_INT32 = 2**31
_YES = "Accepted"
_AFTER_RESTART = "RebootRequired"


def _payload(command: CommandState) -> Mapping[str, Any]:
    """The answer's payload; empty when it was an error, or no object at all."""
    try:
        found = orjson.loads(command.answer_raw or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _objects(payload: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = payload.get(name)
    return [entry for entry in found[:_ENTRIES_MAX] if isinstance(entry, dict)] if isinstance(found, list) else []


def _object(payload: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _text(payload: Mapping[str, Any], name: str) -> str | None:
    found = payload.get(name)
    return found.replace("\0", "")[:VALUE_MAX] if isinstance(found, str) else None


def _whole(payload: Mapping[str, Any], name: str) -> int | None:
    found = payload.get(name)
    return found if type(found) is int and -_INT32 <= found < _INT32 else None


def _place(result: Mapping[str, Any]) -> VariablePlace:
    component, variable = _object(result, "component"), _object(result, "variable")
    evse = _object(component, "evse")
    return VariablePlace(
        _text(component, "name") or "",
        _text(variable, "name") or "",
        _text(component, "instance"),
        _text(variable, "instance"),
        _whole(evse, "id") or None,
        _whole(evse, "connectorId") or None,
    )


def _place_named(name: VariableName) -> VariablePlace:
    return VariablePlace(
        name.component, name.variable, name.component_instance, name.instance, name.evse, name.connector
    )


def _place_of(component: Component, variable: NamedVariable) -> VariablePlace:
    evse = component.evse
    return VariablePlace(
        component.name,
        variable.name,
        component.instance,
        variable.instance,
        None if evse is None else evse.id,
        None if evse is None else evse.connector_id,
    )


# -- variables ---------------------------------------------------------------------------------------------------------


def _configuration(payload: Mapping[str, Any]) -> Iterator[ReportedVariable]:
    """1.6 GetConfiguration.conf (§5.8)."""
    for entry in _objects(payload, "configurationKey"):
        key = _text(entry, "key")
        if key:
            read_only = entry.get("readonly") is True
            yield ReportedVariable(
                place=_place_named(variable_of(key)),
                value=_text(entry, "value"),
                mutability="ReadOnly" if read_only else "ReadWrite",
            )


def _got(payload: Mapping[str, Any]) -> Iterator[ReportedVariable]:
    """GetVariablesResponse (2.0.1 B06)."""
    for result in _objects(payload, "getVariableResult"):
        if result.get("attributeStatus") == _YES:
            attribute = _text(result, "attributeType") or AttributeType.ACTUAL.value
            yield ReportedVariable(_place(result), attribute, _text(result, "attributeValue"))


def _variables_read(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    read = _configuration if arrival.version is OcppVersion.V16 else _got
    for variable in read(_payload(command)):
        keep_variable(batch, station, variable, arrival.received_at)


def _set_results(version: OcppVersion, body: SetVariables, payload: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """(place, attribute, value, the station's word) of each variable that was to be set."""
    if version is OcppVersion.V16:
        name, text = body.variables[0]
        place = _place_named(variable_of(key_of(name)))
        yield place, AttributeType.ACTUAL.value, text, payload.get("status")
        return
    folded = {
        _folded(_place_named(name), (name.attribute or AttributeType.ACTUAL).value): value
        for name, value in body.variables
    }
    for result in _objects(payload, "setVariableResult"):
        place = _place(result)
        attribute = _text(result, "attributeType") or AttributeType.ACTUAL.value
        value = folded.get(_folded(place, attribute))
        if value is not None:
            yield place, attribute, value, result.get("attributeStatus")


def _folded(place: VariablePlace, attribute: str) -> tuple[str, ...]:
    parts = (place.component, place.component_instance, place.evse, place.connector, place.variable, place.instance)
    return (attribute, *("" if part is None else str(part).lower() for part in parts))


def _variables_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Accepted is the value from now on; RebootRequired waits for the next boot (2.0.1 B05.FR.10)."""
    body = command.body
    assert isinstance(body, SetVariables)
    for place, attribute, value, word in _set_results(arrival.version, body, _payload(command)):
        note_answer(batch, station, ReportedVariable(place, attribute, value), word or command.answer_status)
        if word == _YES:
            keep_variable(batch, station, ReportedVariable(place, attribute, value), arrival.received_at)
        elif word == _AFTER_RESTART:
            reported = ReportedVariable(place, attribute)
            keep_variable(batch, station, reported, arrival.received_at, pending_value=value)


# -- monitors and streams ----------------------------------------------------------------------------------------------


def _monitors_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Each result names its monitor; results follow the order of what was asked, but are matched by what they name."""
    body = command.body
    assert isinstance(body, SetVariableMonitoring)
    wanted = list(body.set_monitoring_data)
    for result in _objects(_payload(command), "setMonitoringResult"):
        place = _folded(_place(result), str(result.get("type")))
        found = next(
            (data for data in wanted if _folded(_place_of(data.component, data.variable), data.type) == place), None
        )
        if found is None:
            continue
        wanted.remove(found)
        number = _whole(result, "id")
        if result.get("status") == _YES and number is not None:
            where = _place_of(found.component, found.variable)
            monitor = ReportedMonitor(
                where, number, found.type.value, found.value, found.severity, found.transaction is True
            )
            keep_monitor(batch, station, monitor, arrival.received_at)


def _monitors_cleared(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    for result in _objects(_payload(command), "clearMonitoringResult"):
        number = _whole(result, "id")
        # A monitor that is not found is gone, too.
        if number is not None and result.get("status") in (_YES, "NotFound"):
            forget_monitor(batch, station, number)


def _streams_read(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    for stream in _objects(_payload(command), "constantStreamData"):
        number, params = _whole(stream, "id"), _object(stream, "params")
        if number is not None:
            keep_stream(
                batch,
                station,
                number,
                monitor_id=_whole(stream, "variableMonitoringId"),
                interval_s=_whole(params, "interval"),
                max_values=_whole(params, "values"),
                opened=True,
            )


def _stream_adjusted(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = command.body
    assert isinstance(body, AdjustPeriodicEventStream)
    if command.answer_accepted:
        keep_stream(batch, station, body.id, interval_s=body.params.interval, max_values=body.params.values)


# -- messages ----------------------------------------------------------------------------------------------------------


def _message_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = command.body
    assert isinstance(body, SetDisplayMessage)
    if not command.answer_accepted:
        return
    info, content, display = body.message, body.message.message, body.message.display
    shown = DisplayedMessage(
        message_id=info.id,
        priority=info.priority.value,
        format=content.format.value,
        content=content.content,
        language=content.language,
        state=None if info.state is None else info.state.value,
        starts_at=info.start_date_time,
        ends_at=info.end_date_time,
        transaction_id=info.transaction_id,
        display=None if display is None else display.name,
        evse=None if display is None or display.evse is None else display.evse.id,
        extra=tuple((more.format.value, more.language, more.content) for more in info.message_extra),
    )
    keep_message(batch, station, shown, arrival.received_at)


def _message_cleared(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = command.body
    assert isinstance(body, ClearDisplayMessage)
    if command.answer_accepted or command.answer_status == "Unknown":
        forget_message(batch, station, body.id)


# -- reports to come ---------------------------------------------------------------------------------------------------

_KINDS = {
    GetBaseReport: ReportKind.VARIABLES,
    GetReport: ReportKind.VARIABLES,
    GetMonitoringReport: ReportKind.MONITORS,
    GetDisplayMessages: ReportKind.DISPLAY_MESSAGES,
    CustomerInformation: ReportKind.CUSTOMER_INFORMATION,
}


def _report_asked(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = command.body
    assert isinstance(body, GetBaseReport | GetReport | GetMonitoringReport | GetDisplayMessages | CustomerInformation)
    if isinstance(body, CustomerInformation) and not body.report:
        return
    # When it was sent, not when it was answered: no part can be older than that.
    asked_at = command.sent_at or arrival.received_at
    answer = command.answer_status or ""
    keep_asked(batch, station, _KINDS[type(body)], body.request_id, asked_at=asked_at, answer=answer)


DEVICE_EFFECTS = {
    GetVariables: _variables_read,
    SetVariables: _variables_set,
    SetVariableMonitoring: _monitors_set,
    ClearVariableMonitoring: _monitors_cleared,
    GetPeriodicEventStream: _streams_read,
    AdjustPeriodicEventStream: _stream_adjusted,
    SetDisplayMessage: _message_set,
    ClearDisplayMessage: _message_cleared,
    **dict.fromkeys(_KINDS, _report_asked),
}
