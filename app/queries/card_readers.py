"""Card readers, needs payments:read."""

from app.domain.card_reader import CardReader
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import card_readers


async def listed(*, scope: Scope, database: Database) -> list[CardReader]:
    """Those at the caller's locations, oldest first."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await card_readers.listed(connection, scope)
