"""Duties that people's deeds cause, written with the deed."""

from datetime import datetime

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import new_uuid
from app.domain.session import OPEN_STATUSES, Session
from app.store.duty_tables import duty
from app.store.tables import MOMENT
from app.store.tables import session as session_table


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


async def owe_watches(connection: AsyncConnection, account_key: int, *, due_at: datetime) -> None:
    """An account limits from now on: what runs on it already is watched, too."""
    running = select(
        func.gen_random_uuid(),
        session_table.c.operator_key,
        literal("WATCH_ACCOUNT"),
        session_table.c.station_key,
        session_table.c.key,
        literal(due_at, MOMENT),
    ).where(session_table.c.account_key == account_key, session_table.c.status.in_(sorted(OPEN_STATUSES)))
    columns = ["id", "operator_key", "kind", "station_key", "session_key", "due_at"]
    await connection.execute(insert(duty).from_select(columns, running).on_conflict_do_nothing())
