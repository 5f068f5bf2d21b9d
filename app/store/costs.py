"""What the price of a session depends on beyond its energy, as doors read it."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.meter import Reading
from app.domain.pricing import SessionRecord
from app.domain.pricing.record import StateChange
from app.domain.scope import Scope
from app.domain.station import ChargingState
from app.store.money_tables import session_activity
from app.store.sessions import seen
from app.store.tables import location, reading, session, token


async def records(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, SessionRecord]:
    """By session, of those that are the caller's to see."""
    places = await connection.execute(
        select(session.c.key, location.c.time_zone, token.c.group_id)
        .join(location, location.c.key == session.c.location_key)
        .outerjoin(token, token.c.key == session.c.token_key)
        .where(session.c.key.in_(keys), seen(scope))
    )
    found = {row.key: (row.time_zone, row.group_id) for row in places}
    metered: dict[int, list[Reading]] = {key: [] for key in found}
    for row in await connection.execute(
        select(reading).where(reading.c.session_key.in_(found)).order_by(reading.c.session_key, reading.c.at)
    ):
        current = None if row.current_ma is None else tuple(row.current_ma)
        metered[row.session_key].append(
            Reading(row.at, row.energy_wh, row.power_w, current, None, row.soc_percent, row.context)
        )
    told: dict[int, list[StateChange]] = {key: [] for key in found}
    for row in await connection.execute(select(session_activity).where(session_activity.c.session_key.in_(found))):
        told[row.session_key].append((row.at, ChargingState(row.state)))
    return {
        key: SessionRecord(tuple(metered[key]), tuple(told[key]), zone, group) for key, (zone, group) in found.items()
    }
