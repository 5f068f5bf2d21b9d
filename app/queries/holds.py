"""Holds on drivers' cards, needs payments:read."""

from collections.abc import Collection
from uuid import UUID

from app.domain.filter import HoldFilter
from app.domain.hold import Hold
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import holds


async def search(*, scope: Scope, database: Database, filter: HoldFilter, page: PageRequest) -> Page[Hold]:
    """Newest first."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await holds.search(connection, scope, filter, page)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Hold]:
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await holds.by_ids(connection, scope, ids)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Hold]:
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await holds.by_keys(connection, scope, keys)


async def by_sessions(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Hold]:
    """By the session's key."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await holds.by_sessions(connection, scope, keys)
