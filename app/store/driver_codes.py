"""Codes that drivers asked for; what is older than a day is forgotten, with the address it was sent to."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.driver_code import LIFE, TRIES, DriverCode
from app.domain.ids import new_uuid
from app.store.driver_tables import driver_code
from app.store.duty_tables import duty

SEND = "SEND_CODE"
_FORGOTTEN_AFTER = timedelta(days=1)
_FIND_OPERATOR = text("SELECT * FROM find_operator(:id)")
# Two requests for one address at once are counted one after the other.
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:contact, :operator))")


def _make(row: Row[Any]) -> DriverCode:
    return DriverCode(row.key, row.id, row.operator_key, row.contact, row.expires_at)


async def operator_by_id(connection: AsyncConnection, uuid: UUID) -> tuple[int, bool] | None:
    """The key of an operator, and whether unknown people may become its drivers; before any operator is set."""
    row = (await connection.execute(_FIND_OPERATOR, {"id": uuid})).one_or_none()
    return None if row is None else (row.key, row.driver_sign_up)


async def add(
    connection: AsyncConnection, *, uuid: UUID, operator_key: int, contact: str, at: datetime, per_hour: int
) -> DriverCode | None:
    """A new code with the duty to send it, which spoils those before; None when enough were sent lately."""
    await connection.execute(_ONE_BY_ONE, {"contact": contact, "operator": operator_key})
    await connection.execute(
        delete(driver_code).where(
            driver_code.c.operator_key == operator_key, driver_code.c.asked_at < at - _FORGOTTEN_AFTER
        )
    )
    mine = (driver_code.c.operator_key == operator_key, driver_code.c.contact == contact)
    lately = await connection.execute(
        select(func.count()).where(*mine, driver_code.c.asked_at > at - timedelta(hours=1))
    )
    if lately.scalar_one() >= per_hour:
        return None
    row = (
        await connection.execute(
            insert(driver_code)
            .values(id=uuid, operator_key=operator_key, contact=contact, asked_at=at, expires_at=at + LIFE)
            .returning(*driver_code.c)
        )
    ).one()
    await connection.execute(
        insert(duty).values(
            id=new_uuid(at_ms=int(at.timestamp() * 1000)),
            operator_key=operator_key,
            kind=SEND,
            code_key=row.key,
            due_at=at,
        )
    )
    return _make(row)


async def try_newest(
    connection: AsyncConnection, *, operator_key: int, contact: str, at: datetime
) -> DriverCode | None:
    """The contact's newest code with one try less; None when it has none, or none that is good."""
    newest = (
        select(driver_code.c.key)
        .where(driver_code.c.operator_key == operator_key, driver_code.c.contact == contact)
        .order_by(driver_code.c.key.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await connection.execute(
        update(driver_code)
        .where(
            driver_code.c.key == newest,
            driver_code.c.tries < TRIES,
            driver_code.c.used.is_(False),
            driver_code.c.expires_at > at,
        )
        .values(tries=driver_code.c.tries + 1)
        .returning(*driver_code.c)
    )
    row = rows.one_or_none()
    return None if row is None else _make(row)


async def use(connection: AsyncConnection, key: int) -> None:
    await connection.execute(update(driver_code).where(driver_code.c.key == key).values(used=True))


async def by_key(connection: AsyncConnection, key: int) -> DriverCode | None:
    row = (await connection.execute(select(driver_code).where(driver_code.c.key == key))).one_or_none()
    return None if row is None else _make(row)
