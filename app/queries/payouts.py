"""Payouts with their lines, needs payments:read over the whole operator: an account knows no location."""

from collections.abc import Collection

from app.domain.page import Page, PageRequest
from app.domain.payout import Payout, PayoutLine
from app.domain.scope import Scope
from app.queries import Database
from app.queries.ledger import require_books
from app.store import payouts


async def search(*, scope: Scope, database: Database, page: PageRequest) -> Page[Payout]:
    """Newest first."""
    require_books(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await payouts.search(connection, page)


async def lines(*, scope: Scope, database: Database, payout_key: int, page: PageRequest) -> Page[PayoutLine]:
    """Newest first."""
    require_books(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await payouts.lines_of(connection, payout_key, page)


async def lines_by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, PayoutLine]:
    require_books(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await payouts.lines_by_keys(connection, keys)
