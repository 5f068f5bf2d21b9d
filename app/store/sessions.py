"""Sessions as people read them, and the promise that a remote start writes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, insert, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import SessionFilter, SessionOrder
from app.domain.journal import RecordedReading
from app.domain.match import Keys
from app.domain.meter import MeterState
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.domain.session import OPEN_STATUSES, Session, SessionOrigin, SessionStatus, StepMark, StepState
from app.domain.station import ChargingState
from app.store.driver_tables import account, driver
from app.store.keyset import Order, read_page
from app.store.payment_tables import hold
from app.store.tables import evse, location, reading, session, station, token
from app.store.within import among, during, keys_behind, of_operators, one_of, own, referring

_SELECT = select(session)
ORDERS = {
    SessionOrder.STARTED_AT_DESC: Order(session.c.key, session.c.began_at),
    SessionOrder.STARTED_AT_ASC: Order(session.c.key, session.c.began_at, descending=False),
    SessionOrder.ENDED_AT_DESC: Order(session.c.key, session.c.ended_at),
    SessionOrder.ENERGY_DESC: Order(session.c.key, session.c.settled_energy_wh),
}
BY_KEY = Order(session.c.key, descending=False)
_REMOTE_START = text("SELECT nextval('remote_start_number')")


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _step(value: dict[str, Any]) -> StepMark:
    return StepMark(
        StepState(value["state"]),
        _moment(value.get("at")),
        _moment(value.get("deadline")),
        value.get("code"),
        value.get("message"),
    )


def step_json(mark: StepMark) -> dict[str, str | None]:
    """The form a step is stored in."""
    return {
        "state": mark.state.value,
        "at": None if mark.at is None else mark.at.isoformat(),
        "deadline": None if mark.deadline is None else mark.deadline.isoformat(),
        "code": mark.code,
        "message": mark.message,
    }


def make(row: Row[Any]) -> Session:
    """A session of a row of `session`; its numbered messages are the inbox's business and are left out."""
    return Session(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        location_key=row.location_key,
        station_key=row.station_key,
        evse_key=row.evse_key,
        evse_number=row.evse_number,
        connector_number=row.connector_number,
        status=SessionStatus(row.status),
        origin=SessionOrigin(row.origin),
        transaction_id=row.transaction_id,
        start_identity=row.start_identity,
        stop_identity=row.stop_identity,
        remote_start_id=row.remote_start_id,
        token_key=row.token_key,
        token_uid=row.token_uid,
        created_at=row.created_at,
        start_deadline=row.start_deadline,
        started_at=row.started_at,
        ended_at=row.ended_at,
        settled_at=row.settled_at,
        charging_state=None if row.charging_state is None else ChargingState(row.charging_state),
        stop_reason=row.stop_reason,
        meter=_meter(row),
        started_seq_no=row.started_seq_no,
        ended_seq_no=row.ended_seq_no,
        steps={name: _step(value) for name, value in row.steps.items()},
        flags=tuple(row.flags),
        tariff_key=row.tariff_key,
        currency=row.currency,
        cost_minor=row.cost_minor,
        version=row.version,
        quote_key=row.quote_key,
        reserved_at=row.reserved_at,
        driver_key=row.driver_key,
        account_key=row.account_key,
        cost_centre_key=row.cost_centre_key,
    )


def _meter(row: Row[Any]) -> MeterState:
    return MeterState(
        first_at=row.meter_first_at,
        last_at=row.meter_last_at,
        register_at=row.meter_register_at,
        segment_first_wh=row.meter_segment_first_wh,
        last_wh=row.meter_last_wh,
        settled_wh=row.meter_settled_wh,
        power_w=row.power_w,
        soc_percent=row.soc_percent,
    )


def _flagged(flagged: bool | None) -> ColumnElement[bool]:
    if flagged is None:
        return true()
    return func.cardinality(session.c.flags) > 0 if flagged else func.cardinality(session.c.flags) == 0


def _failed(steps: tuple[str, ...] | None) -> ColumnElement[bool]:
    if steps is None:
        return true()
    return or_(false(), *(session.c.steps[name]["state"].as_string() == StepState.FAILED.value for name in steps))


def seen(scope: Scope) -> ColumnElement[bool]:
    """Sessions that are the caller's to see: a guest's is the one that they pay."""
    if scope.hold_key is not None:
        return session.c.key.in_(select(hold.c.session_key).where(hold.c.key == scope.hold_key))
    return own(scope, session.c.driver_key, session.c.location_key)


def _filtered(scope: Scope, filter: SessionFilter) -> Select[Any]:
    return _SELECT.where(
        seen(scope),
        of_operators(scope, filter.operator_ids),
        referring(session.c.location_key, location, filter.location_ids),
        referring(session.c.station_key, station, filter.station_ids),
        referring(session.c.evse_key, evse, filter.evse_ids),
        referring(session.c.token_key, token, filter.token_ids),
        referring(session.c.driver_key, driver, filter.driver_ids),
        referring(session.c.account_key, account, filter.account_ids),
        one_of(session.c.id, filter.ids),
        one_of(session.c.status, filter.status),
        one_of(session.c.origin, filter.origin),
        during(session.c.started_at, filter.started_at),
        during(session.c.ended_at, filter.ended_at),
        _flagged(filter.flagged),
        _failed(filter.failed_step),
    )


async def search(
    connection: AsyncConnection,
    scope: Scope,
    filter: SessionFilter,
    request: PageRequest,
    *,
    order: SessionOrder | None = SessionOrder.STARTED_AT_DESC,
) -> Page[Session]:
    """By energy only settled sessions are ordered; no order means oldest row first."""
    statement = _filtered(scope, filter)
    if order is SessionOrder.ENERGY_DESC:
        statement = statement.where(session.c.settled_at.is_not(None))
    return await read_page(connection, statement, BY_KEY if order is None else ORDERS[order], request, make)


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Session]:
    rows = await connection.execute(_SELECT.where(among(session.c.key, keys), seen(scope)))
    return {row.key: make(row) for row in rows}


async def everywhere(connection: AsyncConnection, keys: Collection[int]) -> dict[int, Session]:
    """Wherever they are: who shows them decides by `app.domain.match`. Row security keeps to the operator."""
    return {row.key: make(row) for row in await connection.execute(_SELECT.where(among(session.c.key, keys)))}


async def referred(connection: AsyncConnection, filter: SessionFilter) -> Keys:
    """What the filter's public ids stand for."""
    return Keys(
        own=await keys_behind(connection, session, filter.ids),
        locations=await keys_behind(connection, location, filter.location_ids),
        stations=await keys_behind(connection, station, filter.station_ids),
        evses=await keys_behind(connection, evse, filter.evse_ids),
        tokens=await keys_behind(connection, token, filter.token_ids),
        drivers=await keys_behind(connection, driver, filter.driver_ids),
        accounts=await keys_behind(connection, account, filter.account_ids),
    )


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Session]:
    rows = await connection.execute(_SELECT.where(session.c.id.in_(ids), seen(scope)))
    return {row.id: make(row) for row in rows}


async def token_is_busy(connection: AsyncConnection, token_key: int) -> bool:
    """Whether the token already has an open session anywhere at the operator."""
    rows = await connection.execute(
        select(session.c.key)
        .where(session.c.token_key == token_key, session.c.status.in_(sorted(OPEN_STATUSES)))
        .limit(1)
    )
    return rows.first() is not None


async def next_remote_start_id(connection: AsyncConnection) -> int:
    return int((await connection.execute(_REMOTE_START)).scalar_one())


async def add_promise(
    connection: AsyncConnection,
    *,
    values: dict[str, Any],
    steps: dict[str, StepMark],
    status: SessionStatus = SessionStatus.PENDING,
) -> Session:
    """What a remote start promises, or a RESERVATION."""
    stored = {name: step_json(mark) for name, mark in steps.items()}
    rows = await connection.execute(insert(session).values(status=status, steps=stored, **values).returning(*session.c))
    return make(rows.one())


async def adopt(
    connection: AsyncConnection, waiting: Session, *, values: dict[str, Any], steps: dict[str, StepMark]
) -> Session:
    """A running session whose car waits for a card becomes what a remote start promises. The caller holds the station."""
    stored = {name: step_json(mark) for name, mark in (waiting.steps | steps).items()}
    rows = await connection.execute(
        update(session)
        .where(session.c.key == waiting.key)
        .values(steps=stored, version=session.c.version + 1, **values)
        .returning(*session.c)
    )
    return make(rows.one())


async def named(
    connection: AsyncConnection,
    scope: Scope,
    station_key: int,
    *,
    transaction_id: str | None = None,
    remote_start_id: int | None = None,
) -> Session | None:
    """The session of a station's transaction, or of a promise by its number."""
    name = (
        session.c.transaction_id == transaction_id
        if transaction_id is not None
        else session.c.remote_start_id == remote_start_id
    )
    rows = await connection.execute(select(session).where(session.c.station_key == station_key, name, seen(scope)))
    row = rows.first()
    return None if row is None else make(row)


async def promised_at(connection: AsyncConnection, station_key: int, evse_key: int) -> bool:
    """Whether somebody charges at an EVSE, is about to, or has reserved it. The caller holds the station's row."""
    statuses = sorted({*OPEN_STATUSES, SessionStatus.RESERVATION})
    rows = await connection.execute(
        select(session.c.key)
        .where(session.c.station_key == station_key, session.c.evse_key == evse_key, session.c.status.in_(statuses))
        .limit(1)
    )
    return rows.first() is not None


async def readings(
    connection: AsyncConnection, scope: Scope, key: int, *, resolution_s: int | None, request: PageRequest
) -> Page[RecordedReading]:
    """A session's readings in time order, thinned to the last one of every ``resolution_s`` seconds.

    The position is the reading's moment; two readings of one moment count as one.
    """
    bucket: Any = reading.c.at
    if resolution_s is not None:
        bucket = func.floor(func.extract("epoch", reading.c.at) / resolution_s)
    allowed_session = select(session.c.key).where(session.c.key == key, seen(scope))
    thinned = (
        select(reading)
        .where(and_(reading.c.session_key == key, reading.c.session_key.in_(allowed_session)))
        .ext(distinct_on(bucket))
        .order_by(bucket, reading.c.at.desc(), reading.c.received_at.desc())
        .subquery()
    )
    zero = func.coalesce(thinned.c.session_key * 0, 0)
    statement = select(thinned, zero.label("key"))
    order = Order(zero, thinned.c.at, descending=False)
    return await read_page(connection, statement, order, request, _reading)


def _phases(values: list[int | None] | None) -> tuple[int | None, ...] | None:
    return None if values is None else tuple(values)


def _reading(row: Row[Any]) -> RecordedReading:
    return RecordedReading(
        at=row.at,
        received_at=row.received_at,
        energy_wh=row.energy_wh,
        power_w=row.power_w,
        current_ma=_phases(row.current_ma),
        voltage_mv=_phases(row.voltage_mv),
        soc_percent=row.soc_percent,
        context=row.context,
        suspect=row.suspect,
    )


async def abandon(connection: AsyncConnection, key: int, steps: dict[str, StepMark]) -> Session | None:
    """A promise that was taken back; None when the charger was faster. The caller holds the station's row."""
    stored = {name: step_json(mark) for name, mark in steps.items()}
    rows = await connection.execute(
        update(session)
        .where(session.c.key == key, session.c.status.in_((SessionStatus.PENDING, SessionStatus.RESERVATION)))
        .values(status=SessionStatus.INVALID, steps=stored, version=session.c.version + 1)
        .returning(*session.c)
    )
    row = rows.one_or_none()
    return None if row is None else make(row)


async def mark(connection: AsyncConnection, of: Session, marks: dict[str, StepMark]) -> int:
    """Its steps with some of them anew; the version after. The caller holds the station's row."""
    stored = {name: step_json(mark) for name, mark in (of.steps | marks).items()}
    statement = update(session).where(session.c.key == of.key).values(steps=stored, version=session.c.version + 1)
    return int((await connection.execute(statement.returning(session.c.version))).scalar_one())


async def rebill(connection: AsyncConnection, billed: Session) -> None:
    """What a bill rests on, anew. The caller holds the station's row."""
    meter = billed.meter
    await connection.execute(
        update(session)
        .where(session.c.key == billed.key)
        .values(
            tariff_key=billed.tariff_key,
            currency=billed.currency,
            cost_minor=billed.cost_minor,
            settled_at=billed.settled_at,
            flags=list(billed.flags),
            steps={name: step_json(mark) for name, mark in billed.steps.items()},
            energy_wh=meter.energy_wh,
            meter_first_at=meter.first_at,
            meter_last_at=meter.last_at,
            meter_register_at=meter.register_at,
            meter_segment_first_wh=meter.segment_first_wh,
            meter_last_wh=meter.last_wh,
            meter_settled_wh=meter.settled_wh,
            version=billed.version,
        )
    )
