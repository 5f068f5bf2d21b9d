"""What meters signed, as people read it: the first and the last value of a session."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import new_uuid
from app.domain.meter import ReadingContext
from app.domain.scope import Scope
from app.domain.signed_meter import SignedMeter, Verification, worst
from app.store.duty_tables import duty
from app.store.tables import evse, session
from app.store.trust_tables import signed_reading
from app.store.within import allowed_station, among


async def of_sessions(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, SignedMeter]:
    """By session; only sessions whose meter signed something."""
    place = case(
        (signed_reading.c.context == ReadingContext.BEGIN.value, 0),
        (signed_reading.c.context == ReadingContext.END.value, 2),
        else_=1,
    )
    order = (place, signed_reading.c.at, signed_reading.c.key)
    ranked = (
        select(
            signed_reading,
            func.row_number().over(partition_by=signed_reading.c.session_key, order_by=order).label("rank"),
            func.count().over(partition_by=signed_reading.c.session_key).label("count"),
            func.bool_or(signed_reading.c.verification == Verification.SIGNATURE_WRONG.value)
            .over(partition_by=signed_reading.c.session_key)
            .label("any_wrong"),
        )
        .where(among(signed_reading.c.session_key, keys), allowed_station(scope, signed_reading.c.station_key))
        .subquery()
    )
    rows = await connection.execute(
        select(ranked).where((ranked.c.rank == 1) | (ranked.c.rank == ranked.c.count)).order_by(ranked.c.rank)
    )
    by_session: dict[int, list[Row[Any]]] = {}
    for row in rows:
        by_session.setdefault(row.session_key, []).append(row)
    return {key: _meter(found[0], found[-1]) for key, found in by_session.items()}


def _meter(first: Row[Any], last: Row[Any]) -> SignedMeter:
    said = [None if row.verification is None else Verification(row.verification) for row in (first, last)]
    found = Verification.SIGNATURE_WRONG if first.any_wrong else worst(said)
    known = found in (Verification.VERIFIED, Verification.SIGNATURE_WRONG)
    return SignedMeter(
        format=last.format or first.format or "UNKNOWN",
        verified=found is Verification.VERIFIED if known else None,
        verification=None if found is None else found.value,
        public_key=last.checked_with or first.checked_with or last.public_key or first.public_key,
        start_data=bytes(first.data).decode(),
        stop_data=bytes(last.data).decode(),
    )


async def set_key(
    connection: AsyncConnection, *, operator_key: int, station_key: int, evse_key: int, key: str | None, at: datetime
) -> None:
    """The EVSE's meter has this key: what was checked with another is checked anew. The caller holds the station's row."""
    await connection.execute(update(evse).where(evse.c.key == evse_key).values(meter_public_key=key))
    again = (
        update(signed_reading)
        .where(
            signed_reading.c.station_key == station_key,
            signed_reading.c.verification.is_not(None),
            signed_reading.c.session_key.in_(select(session.c.key).where(session.c.evse_key == evse_key)),
        )
        .values(verification=None)
        .returning(signed_reading.c.key)
    )
    if (await connection.execute(again)).first() is not None:
        await connection.execute(
            insert(duty).values(
                id=new_uuid(at_ms=int(at.timestamp() * 1000)),
                operator_key=operator_key,
                kind="VERIFY_METER",
                station_key=station_key,
                due_at=at,
            )
        )
