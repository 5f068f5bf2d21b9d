"""Commands as people write and read them; what becomes of one is saved by the inbox."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import OUR_OWN, Command, CommandAnswer, CommandEffect, CommandStatus
from app.domain.filter import CommandFilter
from app.domain.match import Keys
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.store.keyset import Order, read_page
from app.store.request_body import body_from_json
from app.store.tables import command, session, station
from app.store.within import allowed, allowed_station, among, during, keys_behind, of_operators, one_of, referring

_SELECT = select(command, station.c.location_key).join(station, station.c.key == command.c.station_key)
_NEWEST = Order(command.c.key, command.c.created_at)
_OLDEST = Order(command.c.key, descending=False)


def _answer(row: Row[Any]) -> CommandAnswer | None:
    if row.answer_status is None:
        return None
    return CommandAnswer(
        row.answer_status,
        bool(row.answer_accepted),
        row.answer_reason_code,
        row.answer_additional_info,
        row.answer_raw or "{}",
    )


def make(row: Row[Any]) -> Command:
    """A command of a row of `command`."""
    return Command(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        station_key=row.station_key,
        evse_key=row.evse_key,
        session_key=row.session_key,
        action=row.action,
        body=body_from_json(row.action, row.body),
        status=CommandStatus(row.status),
        answer=_answer(row),
        effect=CommandEffect(row.effect),
        requested_by=row.requested_by,
        reason=row.reason,
        created_at=row.created_at,
        deadline=row.deadline,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        version=row.version,
        failure=row.failure,
    )


def _filtered(scope: Scope, filter: CommandFilter) -> Select[Any]:
    return _SELECT.where(
        allowed(scope, station.c.location_key),
        of_operators(scope, filter.operator_ids),
        one_of(command.c.id, filter.ids),
        referring(command.c.station_key, station, filter.station_ids),
        referring(command.c.session_key, session, filter.session_ids),
        one_of(command.c.status, filter.status),
        during(command.c.created_at, filter.created_at),
    )


async def search(
    connection: AsyncConnection,
    scope: Scope,
    filter: CommandFilter,
    request: PageRequest,
    *,
    newest_first: bool = True,
) -> Page[Command]:
    order = _NEWEST if newest_first else _OLDEST
    return await read_page(connection, _filtered(scope, filter), order, request, make)


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Command]:
    rows = await connection.execute(
        select(command).where(command.c.key.in_(keys), allowed_station(scope, command.c.station_key))
    )
    return {row.key: make(row) for row in rows}


async def everywhere(connection: AsyncConnection, keys: Collection[int]) -> dict[int, tuple[Command, int]]:
    """With the keys of their stations' locations, wherever those are: who shows them decides by `app.domain.match`.

    Row security keeps to the operator.
    """
    rows = await connection.execute(_SELECT.where(among(command.c.key, keys)))
    return {row.key: (make(row), row.location_key) for row in rows}


async def referred(connection: AsyncConnection, filter: CommandFilter) -> Keys:
    """What the filter's public ids stand for."""
    return Keys(
        own=await keys_behind(connection, command, filter.ids),
        stations=await keys_behind(connection, station, filter.station_ids),
        sessions=await keys_behind(connection, session, filter.session_ids),
    )


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Command]:
    rows = await connection.execute(
        select(command).where(command.c.id.in_(ids), allowed_station(scope, command.c.station_key))
    )
    return {row.id: make(row) for row in rows}


async def add(connection: AsyncConnection, values: dict[str, Any]) -> Command:
    """A QUEUED command; the caller holds the station's row."""
    rows = await connection.execute(insert(command).values(status=CommandStatus.QUEUED, **values).returning(*command.c))
    return make(rows.one())


async def is_our_own_profile(connection: AsyncConnection, station_key: int, profile_id: int) -> bool:
    """Whether the charging profile that a station holds under an id is a plan of Voltgraph's, and no person's."""
    rows = await connection.execute(
        select(command.c.requested_by)
        .where(
            command.c.station_key == station_key,
            command.c.action == "SetChargingProfile",
            command.c.answer_accepted,
            command.c.body["charging_profile"]["id"].as_integer() == profile_id,
        )
        .order_by(command.c.key.desc())
        .limit(1)
    )
    return rows.scalar_one_or_none() == OUR_OWN


async def cancel(connection: AsyncConnection, key: int) -> Command | None:
    """Cancels it unless it is on its way already; the caller holds the station's row."""
    rows = await connection.execute(
        update(command)
        .where(command.c.key == key, command.c.status == CommandStatus.QUEUED)
        .values(status=CommandStatus.CANCELLED, effect=CommandEffect.NOT_EXPECTED, version=command.c.version + 1)
        .returning(*command.c)
    )
    row = rows.one_or_none()
    return None if row is None else make(row)
