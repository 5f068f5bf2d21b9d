"""What is wanted at most of sessions: said with the start, or with the hold that pays."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.hold import NO_TARGET, SessionTarget
from app.domain.scope import Scope
from app.domain.session import Session
from app.store import sessions
from app.store.payment_tables import hold
from app.store.power_tables import session_power
from app.store.tables import operator, session
from app.store.within import among

_NAMES = ("energy_wh", "cost_minor", "soc_percent", "duration_s")


async def add(connection: AsyncConnection, of: Session, target: SessionTarget) -> None:
    said = {f"target_{name}": getattr(target, name) for name in _NAMES}
    row = {"session_key": of.key, "operator_key": of.operator_key, "station_key": of.station_key}
    statement = insert(session_power).values(**row, **said)
    await connection.execute(statement.on_conflict_do_update(index_elements=["session_key"], set_=said))


async def of_sessions(
    connection: AsyncConnection, scope: Scope, keys: Collection[int]
) -> dict[int, tuple[SessionTarget, str]]:
    """By the session's key, with the currency of its cost; sessions of which nothing is wanted are left out."""
    wanted = [func.coalesce(hold.c[f"target_{name}"], session_power.c[f"target_{name}"]) for name in _NAMES]
    rows = await connection.execute(
        select(session.c.key, func.coalesce(session.c.currency, hold.c.currency, operator.c.currency), *wanted)
        .join(operator, operator.c.key == session.c.operator_key)
        .outerjoin(session_power, session_power.c.session_key == session.c.key)
        .outerjoin(hold, hold.c.session_key == session.c.key)
        .where(among(session.c.key, keys), sessions.seen(scope))
    )
    found = {key: (SessionTarget(*said), currency) for key, currency, *said in rows}
    return {key: one for key, one in found.items() if one[0] != NO_TARGET}
