"""What meters signed: needs sessions:read."""

from collections.abc import Collection

from app.domain.scope import Permission, Scope
from app.domain.signed_meter import SignedMeter
from app.store import signed_meters
from app.store.database import Database


async def of_sessions(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, SignedMeter]:
    """By session."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await signed_meters.of_sessions(connection, scope, keys)
