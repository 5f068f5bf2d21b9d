"""Which local list each station holds, and whether it still is what our tokens say."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import CommandStatus
from app.domain.local_list import LocalList
from app.domain.scope import Scope
from app.domain.token import Token
from app.store.power_tables import local_list
from app.store.tables import command, token
from app.store.tokens import make as make_token
from app.store.within import allowed_station, among

# Stations first, in key order, as every writer takes them; then the lists.
_MARK = text("""WITH held AS (SELECT s.key FROM station s WHERE s.key IN (SELECT station_key FROM local_list WHERE in_step)
    ORDER BY s.key FOR NO KEY UPDATE),
marked AS (UPDATE local_list l SET in_step = false FROM held WHERE l.station_key = held.key AND l.in_step
    RETURNING l.station_key)
UPDATE station s SET version = s.version + 1 FROM marked WHERE s.key = marked.station_key
RETURNING s.key, s.version, s.location_key""")


def _make(row: Row[Any]) -> LocalList:
    return LocalList(
        version=row.list_version,
        entries=row.entries,
        in_step=row.in_step,
        last_status=row.last_status,
        sent_at=row.sent_at,
        checked_at=row.checked_at,
        max_entries=row.max_entries,
        max_message=row.max_message,
    )


async def by_stations(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, LocalList]:
    rows = await connection.execute(
        select(local_list).where(
            among(local_list.c.station_key, keys), allowed_station(scope, local_list.c.station_key)
        )
    )
    return {row.station_key: _make(row) for row in rows}


async def being_sent(connection: AsyncConnection, station_key: int) -> bool:
    """Whether a list is on its way to the station. The caller holds the station's row."""
    rows = await connection.execute(
        select(command.c.key)
        .where(
            command.c.station_key == station_key,
            command.c.action == "SendLocalList",
            command.c.status.in_((CommandStatus.QUEUED, CommandStatus.SENT)),
            command.c.deadline > func.now(),
        )
        .limit(1)
    )
    return rows.first() is not None


async def mark_out_of_step(connection: AsyncConnection) -> Sequence[tuple[int, int, int]]:
    """A token of the operator changes: no list is what it should be. (key, version, location key) of the stations."""
    rows = await connection.execute(_MARK)
    return [(row.key, row.version, row.location_key) for row in rows]


async def every_token(connection: AsyncConnection, at_most: int) -> list[Token]:
    """The operator's tokens, those used last first: when not all fit, these are worth most."""
    rows = await connection.execute(
        select(token)
        .where(token.c.valid)
        .order_by(token.c.last_used_at.desc().nulls_last(), token.c.key)
        .limit(at_most)
    )
    return [make_token(row) for row in rows]
