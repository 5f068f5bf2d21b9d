"""What sessions cost depends on: needs sessions:read."""

from collections.abc import Collection

from app.domain.pricing import SessionRecord
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import costs


async def records(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, SessionRecord]:
    """Readings, changes of state, time zone and token group by session."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await costs.records(connection, scope, keys)
