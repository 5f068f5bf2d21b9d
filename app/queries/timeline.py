"""A session's timeline, needs sessions:read."""

from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.timeline import TimelineEntry
from app.queries import Database
from app.store import timeline


async def of_session(*, scope: Scope, database: Database, session_key: int, page: PageRequest) -> Page[TimelineEntry]:
    """Oldest first."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await timeline.of_session(connection, scope, session_key, page)
