"""What stations hold and have told about power: needs network:read, or for sessions sessions:read."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.held import BatterySwap, SessionPower, Settlement, VatCheck
from app.domain.local_list import LocalList
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.station_cost import StationCost
from app.queries import Database
from app.store import local_lists, power

T = TypeVar("T")
ReadHeld = Callable[[AsyncConnection, Scope, Collection[int]], Awaitable[dict[int, list[T]]]]


async def held(*, scope: Scope, database: Database, keys: Collection[int], read: ReadHeld[T]) -> dict[int, list[T]]:
    """What stations hold of one kind: ``read`` is a function of `app.store.power` that takes station keys."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await read(connection, scope, keys)


profiles, limits, tariffs, controls, alarms = (
    power.profiles,
    power.limits,
    power.tariffs,
    power.controls,
    power.alarms,
)


async def lists(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, LocalList]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await local_lists.by_stations(connection, scope, keys)


async def of_sessions(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, SessionPower]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await power.of_sessions(connection, scope, keys)


async def costs(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, StationCost]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await power.costs(connection, scope, keys)


async def settlements_of(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[Settlement]]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await power.settlements_of(connection, scope, keys)


async def settlements(*, scope: Scope, database: Database, station_key: int, page: PageRequest) -> Page[Settlement]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await power.settlements(connection, scope, station_key, page)


async def vat_checks(*, scope: Scope, database: Database, station_key: int, page: PageRequest) -> Page[VatCheck]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await power.vat_checks(connection, scope, station_key, page)


async def battery_swaps(*, scope: Scope, database: Database, station_key: int, page: PageRequest) -> Page[BatterySwap]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await power.battery_swaps(connection, scope, station_key, page)
