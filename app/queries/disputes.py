"""Disputes, needs payments:read over the whole operator."""

from collections.abc import Collection

from app.domain.dispute import Dispute
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.queries.ledger import require_books
from app.store import disputes
from app.store import holds as hold_store


async def search(*, scope: Scope, database: Database, open: bool | None, page: PageRequest) -> Page[Dispute]:
    """Newest first."""
    require_books(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await disputes.search(connection, open, page)


async def by_holds(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Dispute]:
    """By the hold's key, of holds that are the caller's to see; the newest of each."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        own = {} if scope.is_outside else await hold_store.by_keys(connection, scope, keys)
        return await disputes.by_holds(connection, list(own))
