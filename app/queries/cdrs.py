"""Charge detail records, needs sessions:read."""

from collections.abc import Collection
from uuid import UUID

from app.domain.cdr import Cdr
from app.domain.filter import CdrFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import cdrs


async def search(*, scope: Scope, database: Database, filter: CdrFilter, page: PageRequest) -> Page[Cdr]:
    """Newest first."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await cdrs.search(connection, scope, filter, page)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Cdr]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await cdrs.by_ids(connection, scope, ids)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Cdr]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await cdrs.by_keys(connection, scope, keys)


async def of_sessions(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Cdr]:
    """The record that counts now, by session."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await cdrs.standing(connection, scope, keys)
