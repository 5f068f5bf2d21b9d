"""Sessions and their readings, needs sessions:read."""

from collections.abc import Collection
from uuid import UUID

from app.domain.filter import SessionFilter, SessionOrder
from app.domain.hold import SessionTarget
from app.domain.journal import RecordedReading
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.session import Session
from app.queries import Database
from app.store import session_targets, sessions


async def search(
    *,
    scope: Scope,
    database: Database,
    filter: SessionFilter,
    page: PageRequest,
    order: SessionOrder | None = SessionOrder.STARTED_AT_DESC,
) -> Page[Session]:
    """No order: oldest row first, as watchers read them."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await sessions.search(connection, scope, filter, page, order=order)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Session]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await sessions.by_keys(connection, scope, keys)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Session]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await sessions.by_ids(connection, scope, ids)


async def targets(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, tuple[SessionTarget, str]]:
    """What is wanted at most, with the currency of its cost."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await session_targets.of_sessions(connection, scope, keys)


async def readings(
    *, scope: Scope, database: Database, session_key: int, resolution_s: int | None, page: PageRequest
) -> Page[RecordedReading]:
    """Time order; with ``resolution_s`` the last reading of every so many seconds."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await sessions.readings(connection, scope, session_key, resolution_s=resolution_s, request=page)
