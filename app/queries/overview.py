"""The network's numbers, needs network:read and sessions:read."""

from datetime import datetime

from app.domain.filter import StationFilter
from app.domain.overview import NetworkOverview
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import overview


async def network(*, scope: Scope, database: Database, filter: StationFilter, at: datetime) -> NetworkOverview:
    """Aggregated inside the caller's scope; "today" began at 00:00 UTC of ``at``."""
    scope.require(Permission.NETWORK_READ)
    scope.require(Permission.SESSIONS_READ)
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    async with database.snapshot(scope.operator_key) as connection:
        return await overview.read(connection, scope, filter, today=today)
