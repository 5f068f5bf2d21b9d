"""What stations do beyond the standard, needs network:read; energy nobody was billed for needs sessions:read."""

from collections.abc import Collection

from app.domain.measurand import Measurand
from app.domain.quirk import RecordedQuirk, UnbilledEnergy
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import measurands, quirks


async def of_stations(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[RecordedQuirk]]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await quirks.of_stations(connection, scope, keys)


async def unbilled(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[UnbilledEnergy]]:
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await quirks.unbilled(connection, scope, keys)


async def measured(*, scope: Scope, database: Database, station_key: int) -> list[Measurand]:
    """What it claims to measure, and what its newest sessions hold."""
    scope.require(Permission.SESSIONS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await measurands.of_station(connection, scope, station_key)
