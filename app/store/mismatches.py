"""What reconciliation found, and when it ran."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, literal_column, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import new_uuid
from app.domain.page import Page, PageRequest
from app.domain.reconciliation import Finding, Mismatch, MismatchCause
from app.store.keyset import Order, read_page
from app.store.ledger_tables import mismatch, reconciliation_run
from app.store.tables import location

_ORDER = Order(mismatch.c.key)
_NONE: Any = literal_column(
    "0"
)  # a parameter would not be recognised as the index's own expression once it is prepared


def make(row: Row[Any]) -> Mismatch:
    return Mismatch(
        key=row.key,
        uuid=row.id,
        day=row.day,
        cause=MismatchCause(row.cause),
        session_key=row.session_key,
        hold_key=row.hold_key,
        payout_line_key=row.payout_line_key,
        currency=row.currency,
        expected=row.expected,
        found=row.found,
        accepted=row.accepted,
        found_at=row.found_at,
        last_found_at=row.last_found_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
        reason=row.reason,
    )


async def search(
    connection: AsyncConnection, day: date | None, open: bool | None, request: PageRequest
) -> Page[Mismatch]:
    """Newest first; of all days without one, open and resolved without ``open``."""
    resolved = mismatch.c.resolved_at.is_not(None)
    statement = select(mismatch).where(
        true() if day is None else mismatch.c.day == day,
        true() if open is None else ~resolved if open else resolved,
    )
    return await read_page(connection, statement, _ORDER, request, make)


async def by_id(connection: AsyncConnection, uuid: UUID) -> Mismatch | None:
    row = (await connection.execute(select(mismatch).where(mismatch.c.id == uuid))).one_or_none()
    return None if row is None else make(row)


async def open_of(connection: AsyncConnection, day: date) -> list[Mismatch]:
    statement = select(mismatch).where(mismatch.c.day == day, mismatch.c.resolved_at.is_(None))
    return [make(row) for row in await connection.execute(statement)]


async def keep(
    connection: AsyncConnection,
    found: Finding,
    *,
    operator_key: int,
    day: date,
    session_key: int | None,
    hold_key: int | None,
    at: datetime,
    payout_line_key: int | None = None,
) -> int:
    """One row a cause and subject. What a person accepted stays so while the numbers are the same. The row's key."""
    values = {"currency": found.currency, "expected": found.expected, "found": found.found, "last_found_at": at}
    made = upsert(mismatch).values(
        id=new_uuid(at_ms=int(at.timestamp() * 1000)),
        operator_key=operator_key,
        day=day,
        cause=found.cause,
        session_key=session_key,
        hold_key=hold_key,
        payout_line_key=payout_line_key,
        found_at=at,
        **values,
    )
    stays = mismatch.c.accepted & (mismatch.c.expected == found.expected) & (mismatch.c.found == found.found)
    subject: list[Any] = [
        mismatch.c.operator_key, mismatch.c.day, mismatch.c.cause, func.coalesce(mismatch.c.session_key, _NONE),
        func.coalesce(mismatch.c.hold_key, _NONE), func.coalesce(mismatch.c.payout_line_key, _NONE),
    ]  # fmt: skip
    changed = values | {"accepted": stays, "version": mismatch.c.version + 1}
    rows = await connection.execute(
        made.on_conflict_do_update(index_elements=subject, set_=changed).returning(mismatch.c.key)
    )
    key = int(rows.scalar_one())
    await connection.execute(
        update(mismatch)
        .where(mismatch.c.key == key, ~mismatch.c.accepted)
        .values(resolved_at=None, resolved_by=None, reason=None)
    )
    return key


async def resolve(
    connection: AsyncConnection,
    keys: Collection[int],
    *,
    by: str,
    at: datetime,
    reason: str | None = None,
    accepted: bool = False,
) -> None:
    await connection.execute(
        update(mismatch)
        .where(mismatch.c.key.in_(keys), mismatch.c.resolved_at.is_(None))
        .values(resolved_at=at, resolved_by=by, reason=reason, accepted=accepted, version=mismatch.c.version + 1)
    )


async def ran(connection: AsyncConnection, *, operator_key: int, day: date, at: datetime) -> None:
    made = upsert(reconciliation_run).values(operator_key=operator_key, day=day, ran_at=at)
    await connection.execute(made.on_conflict_do_update(index_elements=["operator_key", "day"], set_={"ran_at": at}))


async def has_run(connection: AsyncConnection, day: date) -> bool:
    found = await connection.execute(select(reconciliation_run.c.day).where(reconciliation_run.c.day == day))
    return found.one_or_none() is not None


async def time_zone(connection: AsyncConnection) -> str:
    """In which the operator's days begin: its first location's, UTC without one."""
    found = await connection.execute(select(location.c.time_zone).order_by(location.c.key).limit(1))
    return found.scalar_one_or_none() or "UTC"
