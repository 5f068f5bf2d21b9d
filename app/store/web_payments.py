"""How stations make codes for paying on the web; their secrets go to the stations and nowhere else."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.scope import Scope
from app.domain.web_payment import FAILURE_WINDOW, WebPayment
from app.store.tables import evse, station
from app.store.web_payment_tables import web_payment
from app.store.within import allowed

_OWNER = text("SELECT * FROM find_scanned_station(CAST(:identities AS text[]))")


async def owner_of(connection: AsyncConnection, identities: Collection[str]) -> tuple[int, UUID] | None:
    """Key and id of the operator of a published station by its identity; before any operator is set."""
    row = (await connection.execute(_OWNER, {"identities": list(identities)})).one_or_none()
    return None if row is None else (row.operator_key, row.operator_id)


async def put(connection: AsyncConnection, **columns: object) -> None:
    """Replaces what was there; wrong codes are forgiven, because they were made for another secret."""
    row = insert(web_payment).values(**columns)
    changed = {name: row.excluded[name] for name in columns if name not in ("station_key", "operator_key")}
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=["station_key"], set_=changed | {"failures": 0, "failures_since": None}
        )
    )


async def named(connection: AsyncConnection, scope: Scope, words: Collection[str]) -> list[WebPayment]:
    """Those of stations that one of these words names, by identity or by an EVSE's public id; locked."""
    rows = await connection.execute(
        select(web_payment)
        .join(station, station.c.key == web_payment.c.station_key)
        .where(
            allowed(scope, station.c.location_key),
            or_(
                station.c.identity.in_(words),
                station.c.key.in_(select(evse.c.station_key).where(evse.c.evse_id.in_(words))),
            ),
        )
        .order_by(web_payment.c.station_key)
        .with_for_update(of=web_payment)
    )
    return [
        WebPayment(
            row.station_key,
            row.url_template,
            row.shared_secret,
            row.validity_s,
            row.length,
            row.failures,
            row.failures_since,
        )
        for row in rows
    ]


async def count_failure(connection: AsyncConnection, station_key: int, *, at: datetime) -> None:
    fresh = or_(web_payment.c.failures_since.is_(None), web_payment.c.failures_since <= at - FAILURE_WINDOW)
    await connection.execute(
        update(web_payment)
        .where(web_payment.c.station_key == station_key)
        .values(
            failures=case((fresh, 1), else_=web_payment.c.failures + 1),
            failures_since=case((fresh, at), else_=func.coalesce(web_payment.c.failures_since, at)),
        )
    )
