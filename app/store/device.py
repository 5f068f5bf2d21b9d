"""What stations reported of themselves, as people read it; the inbox writes it."""

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.device import (
    DisplayedMessage,
    DisplayMessage,
    EventStream,
    Monitor,
    ReportedMonitor,
    ReportedVariable,
    ReportKind,
    ReportState,
    StationEventFilter,
    StationEventRow,
    StationReport,
    StreamValue,
    Variable,
    VariableChange,
    VariablePlace,
)
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.store.desired import same_place
from app.store.desired_tables import desired_variable
from app.store.device_tables import (
    display_message,
    event_stream,
    monitor,
    station_event,
    station_report,
    stream_value,
    variable,
    variable_change,
)
from app.store.keyset import Order, read_page
from app.store.tables import station
from app.store.within import allowed_station, during, one_of, referring


def _place(row: Row[Any]) -> VariablePlace:
    return VariablePlace(row.component, row.variable, row.component_instance, row.instance, row.evse, row.connector)


def _named(column: ColumnElement[Any], name: str | None) -> ColumnElement[bool]:
    """Names are compared without regard to case."""
    return true() if name is None else func.lower(column) == name.lower()


def _of(scope: Scope, column: ColumnElement[Any], station_key: int) -> ColumnElement[bool]:
    return and_(column == station_key, allowed_station(scope, column))


# What was to wait for a restart waits no longer once the station has booted.
_PENDING = case(
    (or_(station.c.booted_at.is_(None), station.c.booted_at < variable.c.pending_since), variable.c.pending_value),
    else_=None,
)


async def variables(
    connection: AsyncConnection,
    scope: Scope,
    station_key: int,
    request: PageRequest,
    *,
    component: str | None,
    name: str | None,
) -> Page[Variable]:
    """In the order in which they became known."""
    columns = [column for column in variable.c if column.name != "pending_value"]
    statement = (
        select(*columns, _PENDING.label("pending_value"), desired_variable.c.value.label("desired"))
        .join(station, station.c.key == variable.c.station_key)
        .outerjoin(desired_variable, same_place(variable.c, desired_variable.c))
        .where(
            _of(scope, variable.c.station_key, station_key),
            _named(variable.c.component, component),
            _named(variable.c.variable, name),
        )
    )
    return await read_page(connection, statement, Order(variable.c.key, descending=False), request, _variable)


def _variable(row: Row[Any]) -> Variable:
    reported = ReportedVariable(
        place=_place(row),
        attribute=row.attribute,
        value=row.value,
        mutability=row.mutability,
        data_type=row.data_type,
        unit=row.unit,
        min_limit=row.min_limit,
        max_limit=row.max_limit,
        max_elements=row.max_elements,
        values_list=row.values_list,
        supports_monitoring=row.supports_monitoring,
        persistent=row.persistent,
        constant=row.constant,
    )
    return Variable(row.key, reported, row.pending_value, row.reported_at, row.desired)


async def changes(
    connection: AsyncConnection,
    scope: Scope,
    station_key: int,
    request: PageRequest,
    *,
    component: str | None,
    name: str | None,
) -> Page[VariableChange]:
    """Newest first."""
    statement = select(variable_change).where(
        _of(scope, variable_change.c.station_key, station_key),
        _named(variable_change.c.component, component),
        _named(variable_change.c.variable, name),
    )
    return await read_page(
        connection,
        statement,
        Order(variable_change.c.key),
        request,
        lambda row: VariableChange(row.key, _place(row), row.attribute, row.at, row.value),
    )


async def whole_value(connection: AsyncConnection, station_key: int, name: tuple[str, str, str]) -> int | None:
    """The actual value of (component, variable, instance), in lower case, if it is a positive whole number.

    The caller has made sure of the right to use the station.
    """
    place = (variable.c.component, variable.c.variable, func.coalesce(variable.c.instance, ""))
    same = (func.lower(column) == text for column, text in zip(place, name, strict=True))
    rows = await connection.execute(
        select(variable.c.value).where(variable.c.station_key == station_key, variable.c.attribute == "Actual", *same)
    )
    values = ((row.value or "").strip() for row in rows)
    return next((int(text) for text in values if text.isdecimal() and 0 < len(text) < 10 and int(text) > 0), None)


async def reports(
    connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest, *, kind: ReportKind | None
) -> Page[StationReport]:
    """Newest first."""
    table = station_report
    statement = select(table).where(
        _of(scope, table.c.station_key, station_key), true() if kind is None else table.c.kind == kind.value
    )
    return await read_page(connection, statement, Order(table.c.key), request, _report)


def _report(row: Row[Any]) -> StationReport:
    kind = ReportKind(row.kind)
    texts = [row.texts[number] for number in sorted(row.texts, key=int)]
    return StationReport(
        key=row.key,
        kind=kind,
        request_id=row.request_id,
        state=_state(row),
        answer=row.answer,
        parts=sum(span.upper - span.lower for span in row.seen),
        asked_at=row.asked_at,
        last_part_at=row.last_part_at,
        generated_at=row.generated_at,
        text="".join(texts) if kind is ReportKind.CUSTOMER_INFORMATION else None,
    )


def _state(row: Row[Any]) -> ReportState:
    """Parts that came before the newest question are those of an earlier one with the same number."""
    if row.last_part_at is not None and (row.asked_at is None or row.last_part_at >= row.asked_at):
        last = row.last_seq_no
        complete = last is not None and any(span.lower == 0 and span.upper > last for span in row.seen)
        return ReportState.COMPLETE if complete else ReportState.RECEIVING
    return _ANSWERED.get(row.answer or "", ReportState.REFUSED)


_ANSWERED = {"Accepted": ReportState.AWAITED, "EmptyResultSet": ReportState.EMPTY, "Unknown": ReportState.EMPTY}


async def monitors(connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest) -> Page[Monitor]:
    statement = select(monitor).where(_of(scope, monitor.c.station_key, station_key))
    return await read_page(connection, statement, Order(monitor.c.key, descending=False), request, _monitor)


def _monitor(row: Row[Any]) -> Monitor:
    reported = ReportedMonitor(
        _place(row), row.monitor_id, row.type, row.value, row.severity, row.transaction, row.kind
    )
    return Monitor(row.key, reported, row.reported_at)


async def events(
    connection: AsyncConnection, scope: Scope, filter: StationEventFilter, request: PageRequest
) -> Page[StationEventRow]:
    """Newest first, as they were received."""
    table = station_event
    statement = select(table).where(
        allowed_station(scope, table.c.station_key),
        referring(table.c.station_key, station, filter.station_ids),
        true() if filter.max_severity is None else table.c.severity <= filter.max_severity,
        one_of(func.lower(table.c.component), _lowered(filter.components)),
        one_of(func.lower(table.c.variable), _lowered(filter.variables)),
        during(table.c.occurred_at, filter.at),
    )
    return await read_page(connection, statement, Order(table.c.key), request, _event)


def _lowered(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(name.lower() for name in names)


def _event(row: Row[Any]) -> StationEventRow:
    return StationEventRow(
        key=row.key,
        station_key=row.station_key,
        event_id=row.event_id,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        place=_place(row),
        trigger=row.trigger,
        kind=row.kind,
        severity=row.severity,
        actual_value=row.actual_value,
        cleared=row.cleared,
        cause=row.cause,
        monitor_id=row.monitor_id,
        transaction_id=row.transaction_id,
        tech_code=row.tech_code,
        tech_info=row.tech_info,
    )


async def streams(
    connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest
) -> Page[EventStream]:
    statement = select(event_stream).where(_of(scope, event_stream.c.station_key, station_key))
    return await read_page(connection, statement, Order(event_stream.c.key, descending=False), request, _stream)


def _stream(row: Row[Any]) -> EventStream:
    return EventStream(
        row.key,
        row.stream_id,
        row.monitor_id,
        row.interval_s,
        row.max_values,
        row.pending or 0,
        row.opened_at,
        row.closed_at,
        row.last_at,
    )


async def stream_values(
    connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest, *, stream_id: int | None
) -> Page[StreamValue]:
    """Newest first."""
    statement = select(stream_value).where(
        _of(scope, stream_value.c.station_key, station_key),
        true() if stream_id is None else stream_value.c.stream_id == stream_id,
    )
    return await read_page(
        connection,
        statement,
        Order(stream_value.c.key),
        request,
        lambda row: StreamValue(row.key, row.stream_id, row.at, row.value),
    )


async def messages(
    connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest
) -> Page[DisplayMessage]:
    statement = select(display_message).where(_of(scope, display_message.c.station_key, station_key))
    return await read_page(connection, statement, Order(display_message.c.key, descending=False), request, _message)


def _message(row: Row[Any]) -> DisplayMessage:
    shown = DisplayedMessage(
        message_id=row.message_id,
        priority=row.priority,
        format=row.format,
        content=row.content,
        language=row.language,
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        transaction_id=row.transaction_id,
        display=row.display,
        evse=row.evse,
        extra=tuple((more[0], more[1], more[2]) for more in row.extra),
    )
    return DisplayMessage(row.key, shown, row.reported_at)


async def problems(connection: AsyncConnection, scope: Scope, station_key: int) -> int:
    """How much was odd in the station's messages."""
    found = await connection.execute(
        select(station.c.problems).where(station.c.key == station_key, allowed_station(scope, station.c.key))
    )
    return int(found.scalar_one_or_none() or 0)
