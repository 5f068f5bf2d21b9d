"""Duties that people's deeds cause, written with the deed."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import new_uuid
from app.domain.session import Session
from app.store.duty_tables import duty


async def owe_watch(connection: AsyncConnection, session: Session, *, due_at: datetime) -> None:
    """The account behind a session limits it: once a session."""
    await connection.execute(
        insert(duty)
        .values(
            id=new_uuid(at_ms=int(due_at.timestamp() * 1000)),
            operator_key=session.operator_key,
            kind="WATCH_ACCOUNT",
            station_key=session.station_key,
            session_key=session.key,
            due_at=due_at,
        )
        .on_conflict_do_nothing()
    )
