"""What watchers share: changed rows of one operator, read once for everybody, whatever each may see of them.

Nothing read here may be shown before `app.domain.match` has agreed to it for the caller's scope.
"""

from collections.abc import Collection

from app.domain.command import Command
from app.domain.filter import CommandFilter, SessionFilter, StationFilter
from app.domain.match import Keys
from app.domain.session import Session
from app.domain.station import ChargingStation
from app.queries import Database
from app.store import commands as command_store
from app.store import sessions as session_store
from app.store import stations as station_store


async def stations(*, operator_key: int, database: Database, keys: Collection[int]) -> dict[int, ChargingStation]:
    async with database.snapshot(operator_key) as connection:
        return await station_store.everywhere(connection, keys)


async def sessions(*, operator_key: int, database: Database, keys: Collection[int]) -> dict[int, Session]:
    async with database.snapshot(operator_key) as connection:
        return await session_store.everywhere(connection, keys)


async def commands(*, operator_key: int, database: Database, keys: Collection[int]) -> dict[int, tuple[Command, int]]:
    """With the keys of the locations where their stations stand."""
    async with database.snapshot(operator_key) as connection:
        return await command_store.everywhere(connection, keys)


async def stations_meant(*, operator_key: int, database: Database, filter: StationFilter) -> Keys:
    """What the filter's public ids stand for."""
    async with database.snapshot(operator_key) as connection:
        return await station_store.referred(connection, filter)


async def sessions_meant(*, operator_key: int, database: Database, filter: SessionFilter) -> Keys:
    """What the filter's public ids stand for."""
    async with database.snapshot(operator_key) as connection:
        return await session_store.referred(connection, filter)


async def commands_meant(*, operator_key: int, database: Database, filter: CommandFilter) -> Keys:
    """What the filter's public ids stand for."""
    async with database.snapshot(operator_key) as connection:
        return await command_store.referred(connection, filter)
