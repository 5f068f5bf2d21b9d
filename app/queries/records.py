"""What stations say about their records of transactions: needs sessions:read."""

from collections.abc import Collection

from app.domain.record import TransactionStatus
from app.domain.scope import Permission, Scope
from app.store import records
from app.store.database import Database


async def statuses(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, TransactionStatus]:
    """By session."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await records.statuses(connection, scope, keys)
