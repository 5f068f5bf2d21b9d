"""What variables are to be: needs network:read."""

from app.domain.desired import DesiredVariable
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import desired


async def of_station(*, scope: Scope, database: Database, station_key: int) -> list[DesiredVariable]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await desired.of_station(connection, scope, station_key)
