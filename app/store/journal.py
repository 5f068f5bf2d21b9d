"""Frames and connection attempts, newest first."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import FrameFilter
from app.domain.handshake import AttemptResult
from app.domain.journal import ConnectionAttempt, JournalFrame
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.store.keyset import Order, read_page
from app.store.tables import connection_attempt, frame, session, station
from app.store.within import allowed_station, during, one_of, referring

_ORDER = Order(frame.c.key)
_ATTEMPT_ORDER = Order(connection_attempt.c.key)
FRAMES_A_COMMAND = 20


def _frame(row: Row[Any]) -> JournalFrame:
    return JournalFrame(
        key=row.key,
        station_key=row.station_key,
        session_key=row.session_key,
        command_key=row.command_key,
        at=row.at,
        inbound=row.inbound,
        message_id=row.message_id,
        action=row.action,
        raw=row.raw,
        problems=tuple(row.problems or ()),
        took_ms=row.took_ms,
    )


def _containing(text: str | None) -> ColumnElement[bool]:
    # Frames are found by station first, so an unindexed comparison reads one station's days at most.
    return true() if text is None else func.lower(frame.c.raw).contains(text.lower(), autoescape=True)


async def frames(
    connection: AsyncConnection, scope: Scope, filter: FrameFilter, request: PageRequest
) -> Page[JournalFrame]:
    statement = select(frame).where(
        referring(frame.c.station_key, station, (filter.station_id,)),
        allowed_station(scope, frame.c.station_key),
        referring(frame.c.session_key, session, None if filter.session_id is None else (filter.session_id,)),
        one_of(frame.c.action, filter.actions),
        during(frame.c.at, filter.at),
        func.cardinality(frame.c.problems) > 0 if filter.only_problems else true(),
        _containing(filter.text),
    )
    return await read_page(connection, statement, _ORDER, request, _frame)


async def frames_of_commands(
    connection: AsyncConnection, scope: Scope, keys: Collection[int]
) -> dict[int, list[JournalFrame]]:
    """Each command's frames in the order they crossed the wire."""
    found: dict[int, list[JournalFrame]] = {key: [] for key in keys}
    rows = await connection.execute(
        select(frame)
        .where(frame.c.command_key.in_(keys), allowed_station(scope, frame.c.station_key))
        .order_by(frame.c.key)
        .limit(FRAMES_A_COMMAND * max(len(keys), 1))
    )
    for row in rows:
        found[row.command_key].append(_frame(row))
    return found


async def attempts(
    connection: AsyncConnection, scope: Scope, identity: str | None, request: PageRequest
) -> Page[ConnectionAttempt]:
    """Only attempts that row security shows: those of identities the operator owns."""
    statement = select(connection_attempt).where(
        true() if identity is None else connection_attempt.c.identity == identity,
        allowed_station(scope, connection_attempt.c.station_key),
    )
    return await read_page(connection, statement, _ATTEMPT_ORDER, request, _attempt)


def _attempt(row: Row[Any]) -> ConnectionAttempt:
    return ConnectionAttempt(
        key=row.key,
        at=row.at,
        path=row.path,
        identity=row.identity,
        remote_address=row.remote_address,
        offered_subprotocols=tuple(row.offered_subprotocols),
        result=AttemptResult(row.result),
        hint=row.hint,
    )
