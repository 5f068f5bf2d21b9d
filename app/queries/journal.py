"""Frames and connection attempts, needs journal:read."""

from collections.abc import Collection

from app.domain.filter import FrameFilter
from app.domain.journal import ConnectionAttempt, JournalFrame
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import journal


async def frames(*, scope: Scope, database: Database, filter: FrameFilter, page: PageRequest) -> Page[JournalFrame]:
    scope.require(Permission.JOURNAL_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await journal.frames(connection, scope, filter, page)


async def frames_of_commands(
    *, scope: Scope, database: Database, keys: Collection[int]
) -> dict[int, list[JournalFrame]]:
    scope.require(Permission.JOURNAL_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await journal.frames_of_commands(connection, scope, keys)


async def attempts(
    *, scope: Scope, database: Database, identity: str | None, page: PageRequest
) -> Page[ConnectionAttempt]:
    """Needs network:read, not the journal: whoever sets up a charger must see why it does not get in."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await journal.attempts(connection, scope, identity, page)
