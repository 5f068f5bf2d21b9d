"""What reconciliation reads beyond the nouns' own modules, and the books posted anew."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.owed import Deed
from app.domain.payment_call import CallState
from app.domain.session import SessionStatus
from app.store.driver_tables import account_entry
from app.store.payment_tables import hold, payment_call
from app.store.tables import session
from app.store.within import among


async def ended_sessions(
    connection: AsyncConnection, start: datetime, end: datetime, *, after: int, limit: int
) -> list[int]:
    """Sessions that ended in a time and cost something or may, in the order of their keys."""
    statement = (
        select(session.c.key)
        .where(
            session.c.ended_at >= start,
            session.c.ended_at < end,
            session.c.key > after,
            or_(session.c.status == SessionStatus.COMPLETED, session.c.settled_at.is_not(None)),
        )
        .order_by(session.c.key)
        .limit(limit)
    )
    return [int(row.key) for row in await connection.execute(statement)]


async def lone_holds(connection: AsyncConnection, start: datetime, end: datetime) -> list[int]:
    """Holds of a time from which money was taken although no session of theirs has ended."""
    statement = (
        select(hold.c.key)
        .outerjoin(session, session.c.key == hold.c.session_key)
        .where(
            hold.c.created_at >= start,
            hold.c.created_at < end,
            hold.c.captured_minor > 0,
            session.c.ended_at.is_(None),
        )
        .order_by(hold.c.key)
    )
    return [int(row.key) for row in await connection.execute(statement)]


async def captures(connection: AsyncConnection, hold_keys: Collection[int]) -> dict[int, int]:
    """What our own captures took, by hold."""
    statement = select(payment_call.c.hold_key, payment_call.c.amount_minor).where(
        among(payment_call.c.hold_key, hold_keys),
        payment_call.c.deed == Deed.CAPTURE,
        payment_call.c.state == CallState.DONE,
    )
    return {row.hold_key: row.amount_minor for row in await connection.execute(statement)}


async def prepaid(connection: AsyncConnection, session_keys: Collection[int]) -> dict[int, int]:
    """What balances paid, by session."""
    statement = (
        select(account_entry.c.session_key, func.sum(account_entry.c.amount_minor).label("amount"))
        .where(among(account_entry.c.session_key, session_keys))
        .group_by(account_entry.c.session_key)
    )
    return {row.session_key: -int(row.amount) for row in await connection.execute(statement)}


async def rebook(connection: AsyncConnection, session_key: int) -> None:
    """Posts what the session's facts say and the books do not."""
    await connection.execute(select(func.rebook_session(session_key)))
