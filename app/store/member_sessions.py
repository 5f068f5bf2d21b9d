"""Sessions of people: what a sign-in opened, and which of its refresh tokens is the newest."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import MemberSession
from app.store.tables import member_session

_OPEN_MAX = 50  # of one member: whoever signs in more often loses the oldest


async def add(
    connection: AsyncConnection, *, uuid: UUID, operator_key: int, member_key: int, at: datetime, expires_at: datetime
) -> MemberSession:
    """A new session; the member's expired ones, and the oldest beyond fifty, are gone with it."""
    surplus = (
        select(member_session.c.key)
        .where(member_session.c.member_key == member_key)
        .order_by(member_session.c.key.desc())
        .offset(_OPEN_MAX - 1)
    )
    await connection.execute(
        delete(member_session).where(
            member_session.c.member_key == member_key,
            or_(member_session.c.expires_at <= at, member_session.c.key.in_(surplus)),
        )
    )
    await connection.execute(
        insert(member_session).values(
            id=uuid, operator_key=operator_key, member_key=member_key, created_at=at, expires_at=expires_at
        )
    )
    return MemberSession(uuid, 1)


async def rotate(
    connection: AsyncConnection, *, uuid: UUID, member_key: int, turn: int, expires_at: datetime
) -> MemberSession | None:
    """The next refresh token's turn; None when this one is not the newest, or the session was ended."""
    rows = await connection.execute(
        update(member_session)
        .where(
            member_session.c.id == uuid,
            member_session.c.member_key == member_key,
            member_session.c.turn == turn,
            member_session.c.ended_at.is_(None),
        )
        .values(turn=turn + 1, expires_at=expires_at)
        .returning(member_session.c.turn)
    )
    row = rows.one_or_none()
    return None if row is None else MemberSession(uuid, row.turn)


async def end(connection: AsyncConnection, uuid: UUID, member_key: int, at: datetime) -> bool:
    """Whether it was open until now."""
    rows = await connection.execute(
        update(member_session)
        .where(
            member_session.c.id == uuid, member_session.c.member_key == member_key, member_session.c.ended_at.is_(None)
        )
        .values(ended_at=at)
        .returning(member_session.c.key)
    )
    return rows.one_or_none() is not None
