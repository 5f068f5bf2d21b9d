"""What a station claims to measure, and how many of its newest readings hold what."""

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.measurand import CLAIMS, KEPT, SESSIONS, Measurand, measurands
from app.domain.scope import Scope
from app.store.device_tables import variable
from app.store.tables import reading, session
from app.store.within import allowed_station


async def of_station(connection: AsyncConnection, scope: Scope, station_key: int) -> list[Measurand]:
    place = tuple_(func.lower(variable.c.component), func.lower(variable.c.variable))
    claims = await connection.scalars(
        select(variable.c.value).where(
            variable.c.station_key == station_key,
            variable.c.attribute == "Actual",
            variable.c.value.is_not(None),
            place.in_(CLAIMS),
            allowed_station(scope, variable.c.station_key),
        )
    )
    newest = (
        select(session.c.key)
        .where(session.c.station_key == station_key, allowed_station(scope, session.c.station_key))
        .order_by(session.c.key.desc())
        .limit(SESSIONS)
    )
    counts = [func.count(reading.c[column]).label(column) for column in KEPT.values()]
    row = (
        await connection.execute(
            select(func.count().label("readings"), *counts).where(reading.c.session_key.in_(newest))
        )
    ).one()
    return measurands(claims.all(), row.readings, {column: getattr(row, column) for column in KEPT.values()})
