"""Sessions of drivers: what a sign-in opened, and which of its refresh tokens is the newest."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import DriverIdentity, MemberSession
from app.domain.driver import Driver
from app.store import drivers
from app.store.driver_tables import driver, driver_session

_OPEN_MAX = 50  # of one driver: whoever signs in more often loses the oldest
_FIND = text("SELECT * FROM find_driver_session(:id, :session)")


async def identity(connection: AsyncConnection, uuid: UUID, session_id: UUID) -> DriverIdentity | None:
    """A driver by a session of theirs that was not ended; before any operator is set."""
    row = (await connection.execute(_FIND, {"id": uuid, "session": session_id})).one_or_none()
    return None if row is None else DriverIdentity(*row)


async def epoch_of(connection: AsyncConnection, key: int) -> int:
    return int((await connection.execute(select(driver.c.session_epoch).where(driver.c.key == key))).scalar_one())


async def by_contact(connection: AsyncConnection, email: str) -> Driver | None:
    row = (await connection.execute(select(driver).where(driver.c.email == email))).one_or_none()
    return None if row is None else drivers.make(row)


async def add(
    connection: AsyncConnection, *, uuid: UUID, operator_key: int, driver_key: int, at: datetime, expires_at: datetime
) -> MemberSession:
    """A new session; the driver's expired ones, and the oldest beyond fifty, are gone with it."""
    surplus = (
        select(driver_session.c.key)
        .where(driver_session.c.driver_key == driver_key)
        .order_by(driver_session.c.key.desc())
        .offset(_OPEN_MAX - 1)
    )
    await connection.execute(
        delete(driver_session).where(
            driver_session.c.driver_key == driver_key,
            or_(driver_session.c.expires_at <= at, driver_session.c.key.in_(surplus)),
        )
    )
    await connection.execute(
        insert(driver_session).values(
            id=uuid, operator_key=operator_key, driver_key=driver_key, created_at=at, expires_at=expires_at
        )
    )
    return MemberSession(uuid, 1)


def _open(uuid: UUID, driver_key: int) -> tuple[Any, ...]:
    return (
        driver_session.c.id == uuid,
        driver_session.c.driver_key == driver_key,
        driver_session.c.ended_at.is_(None),
    )


async def rotate(
    connection: AsyncConnection, *, uuid: UUID, driver_key: int, turn: int, expires_at: datetime
) -> MemberSession | None:
    """The next refresh token's turn; None when this one is not the newest, or the session was ended."""
    rows = await connection.execute(
        update(driver_session)
        .where(*_open(uuid, driver_key), driver_session.c.turn == turn)
        .values(turn=turn + 1, expires_at=expires_at)
        .returning(driver_session.c.turn)
    )
    row = rows.one_or_none()
    return None if row is None else MemberSession(uuid, row.turn)


async def end(connection: AsyncConnection, uuid: UUID, driver_key: int, at: datetime) -> bool:
    """Whether it was open until now."""
    rows = await connection.execute(
        update(driver_session).where(*_open(uuid, driver_key)).values(ended_at=at).returning(driver_session.c.key)
    )
    return rows.one_or_none() is not None


async def end_all(connection: AsyncConnection, driver_key: int) -> None:
    """Every session of a driver, at once."""
    await connection.execute(
        update(driver)
        .where(driver.c.key == driver_key)
        .values(session_epoch=driver.c.session_epoch + 1, version=driver.c.version + 1)
    )
