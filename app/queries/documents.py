"""Documents, needs payments:read; what an operator says of itself and of money for them."""

from collections.abc import Collection
from uuid import UUID

from app.domain.document import Document, DocumentWait, Seller
from app.domain.filter import DocumentFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.tax import OwnRate
from app.queries import Database
from app.store import documents, fiscal
from app.store.fiscal import ExchangeRate

__all__ = [
    "ExchangeRate",
    "by_ids",
    "by_keys",
    "exchange_rates",
    "legal",
    "of_sessions",
    "search",
    "tax_rates",
    "waits",
]


async def search(*, scope: Scope, database: Database, filter: DocumentFilter, page: PageRequest) -> Page[Document]:
    """Newest first."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await documents.search(connection, scope, filter, page)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Document]:
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await documents.by_ids(connection, scope, ids)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Document]:
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await documents.by_keys(connection, scope, keys)


async def of_sessions(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[Document]]:
    """By session, oldest first."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await documents.by_sessions(connection, scope, keys)


async def waits(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, DocumentWait]:
    """Why documents of sessions are not issued yet."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await documents.waits(connection, scope, keys)


async def legal(*, scope: Scope, database: Database) -> Seller | None:
    """Who sells: it stands on every document, so every caller may know it."""
    async with database.snapshot(scope.operator_key) as connection:
        return await fiscal.legal(connection)


async def tax_rates(*, scope: Scope, database: Database) -> list[OwnRate]:
    """Those that the operator has set."""
    scope.require(Permission.TARIFFS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await fiscal.own_rates(connection)


async def exchange_rates(*, scope: Scope, database: Database) -> list[ExchangeRate]:
    """Newest first."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await fiscal.exchange_rates(connection)
