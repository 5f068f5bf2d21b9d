"""What stations do beyond the standard: what their operator allows, what was met, and what it cost."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.quirk import Quirk, RecordedQuirk, UnbilledEnergy
from app.domain.scope import Scope
from app.store.quirk_tables import station_quirk
from app.store.tables import session
from app.store.within import allowed_station, among

_CODES = [quirk.value for quirk in Quirk]
_GAPS = 50  # newest ones of a station
_RECENT = timedelta(days=30)


async def of_stations(
    connection: AsyncConnection, scope: Scope, keys: Collection[int]
) -> dict[int, list[RecordedQuirk]]:
    rows = await connection.execute(
        select(station_quirk).where(
            among(station_quirk.c.station_key, keys),
            station_quirk.c.code.in_(_CODES),
            allowed_station(scope, station_quirk.c.station_key),
        )
    )
    found: dict[int, list[RecordedQuirk]] = {key: [] for key in keys}
    for row in rows:
        recorded = RecordedQuirk(Quirk(row.code), row.pinned_at is not None, row.repairs, row.last_at)
        found[row.station_key].append(recorded)
    return found


async def pin(
    connection: AsyncConnection, *, operator_key: int, station_key: int, quirks: Collection[Quirk], at: datetime
) -> None:
    """Allows exactly these; what was met stays counted."""
    codes = sorted(quirk.value for quirk in quirks)
    await connection.execute(
        update(station_quirk)
        .where(station_quirk.c.station_key == station_key, station_quirk.c.code.not_in(codes))
        .values(pinned_at=None)
    )
    if codes:
        rows = [
            {"operator_key": operator_key, "station_key": station_key, "code": code, "repairs": 0, "pinned_at": at}
            for code in codes
        ]
        added = insert(station_quirk).values(rows)
        await connection.execute(
            added.on_conflict_do_update(
                index_elements=["station_key", "code"],
                set_={"pinned_at": func.coalesce(station_quirk.c.pinned_at, added.excluded.pinned_at)},
            )
        )


async def last_end(connection: AsyncConnection, station_key: int, evse_number: int) -> datetime | None:
    """When energy last ended at an EVSE."""
    found: datetime | None = await connection.scalar(
        select(func.max(session.c.ended_at)).where(
            session.c.station_key == station_key,
            session.c.evse_number == evse_number,
            session.c.started_at.is_not(None),
        )
    )
    return found


async def unbilled(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[UnbilledEnergy]]:
    """Where a register rose between two sessions of one EVSE in the last 30 days, newest first; a broken register tells nothing."""
    place = (session.c.station_key, session.c.evse_number)
    order = (session.c.started_at, session.c.key)
    whole = and_(session.c.meter_last_wh.is_not(None), session.c.meter_segment_first_wh.is_not(None))
    pairs = (
        select(
            *place,
            session.c.started_at,
            session.c.meter_segment_first_wh.label("first_wh"),
            session.c.meter_settled_wh.label("broken_wh"),
            func.lag(session.c.meter_last_wh).over(partition_by=place, order_by=order).label("before_wh"),
            func.lag(session.c.ended_at).over(partition_by=place, order_by=order).label("before_at"),
        )
        .where(
            among(session.c.station_key, keys),
            allowed_station(scope, session.c.station_key),
            session.c.evse_number.is_not(None),
            session.c.started_at > func.now() - _RECENT,
            whole,
        )
        .subquery()
    )
    rows = await connection.execute(
        select(pairs)
        .where(pairs.c.first_wh > pairs.c.before_wh, pairs.c.broken_wh == 0, pairs.c.before_at.is_not(None))
        .order_by(pairs.c.started_at.desc())
    )
    found: dict[int, list[UnbilledEnergy]] = {key: [] for key in keys}
    for row in rows:
        if len(found[row.station_key]) < _GAPS:
            gap = UnbilledEnergy(row.evse_number, row.first_wh - row.before_wh, row.before_at, row.started_at)
            found[row.station_key].append(gap)
    return found
