"""Stations with their EVSEs and connectors, needs network:read."""

from collections.abc import Collection
from uuid import UUID

from app.domain.filter import StationFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation
from app.queries import Database
from app.store import stations


async def search(
    *,
    scope: Scope,
    database: Database,
    filter: StationFilter,
    page: PageRequest,
) -> Page[ChargingStation]:
    """Oldest first."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await stations.search(connection, scope, filter, page)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, ChargingStation]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await stations.by_keys(connection, scope, keys)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, ChargingStation]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await stations.by_ids(connection, scope, ids)


async def by_identity(*, scope: Scope, database: Database, identity: str) -> ChargingStation | None:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await stations.by_identity(connection, scope, identity)


async def owning(*, scope: Scope, database: Database, evse_keys: Collection[int]) -> dict[int, ChargingStation]:
    """By EVSE key, the station it belongs to."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await stations.owning(connection, scope, evse_keys)


async def having(
    *, scope: Scope, database: Database, evse_ids: Collection[UUID] = (), connector_ids: Collection[UUID] = ()
) -> list[ChargingStation]:
    """The stations that these EVSEs or connectors belong to."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await stations.having(connection, scope, evse_ids=evse_ids, connector_ids=connector_ids)
