"""Locations, needs network:read."""

from collections.abc import Collection
from uuid import UUID

from app.domain.filter import LocationFilter
from app.domain.location import Location
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import locations


async def search(*, scope: Scope, database: Database, filter: LocationFilter, page: PageRequest) -> Page[Location]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await locations.search(connection, scope, filter, page)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Location]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await locations.by_keys(connection, scope, keys)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Location]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await locations.by_ids(connection, scope, ids)
