"""What stations reported of themselves, needs network:read; what they know of customers, needs tokens:write as well."""

from dataclasses import replace

from app.domain.device import (
    DisplayMessage,
    EventStream,
    Monitor,
    ReportKind,
    StationEventFilter,
    StationEventRow,
    StationReport,
    StreamValue,
    Variable,
    VariableChange,
)
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import device


async def variables(
    *, scope: Scope, database: Database, station_key: int, component: str | None, name: str | None, page: PageRequest
) -> Page[Variable]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.variables(connection, scope, station_key, page, component=component, name=name)


async def changes(
    *, scope: Scope, database: Database, station_key: int, component: str | None, name: str | None, page: PageRequest
) -> Page[VariableChange]:
    """Newest first."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.changes(connection, scope, station_key, page, component=component, name=name)


async def reports(
    *, scope: Scope, database: Database, station_key: int, kind: ReportKind | None, page: PageRequest
) -> Page[StationReport]:
    """Newest first; without tokens:write the text about a customer is left out."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        found = await device.reports(connection, scope, station_key, page, kind=kind)
    if scope.may(Permission.TOKENS_WRITE):
        return found
    return replace(found, items=tuple(replace(item, text=None) for item in found.items))


async def monitors(*, scope: Scope, database: Database, station_key: int, page: PageRequest) -> Page[Monitor]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.monitors(connection, scope, station_key, page)


async def events(
    *, scope: Scope, database: Database, filter: StationEventFilter, page: PageRequest
) -> Page[StationEventRow]:
    """Newest first."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.events(connection, scope, filter, page)


async def streams(*, scope: Scope, database: Database, station_key: int, page: PageRequest) -> Page[EventStream]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.streams(connection, scope, station_key, page)


async def stream_values(
    *, scope: Scope, database: Database, station_key: int, stream_id: int | None, page: PageRequest
) -> Page[StreamValue]:
    """Newest first."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.stream_values(connection, scope, station_key, page, stream_id=stream_id)


async def messages(*, scope: Scope, database: Database, station_key: int, page: PageRequest) -> Page[DisplayMessage]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.messages(connection, scope, station_key, page)


async def problems(*, scope: Scope, database: Database, station_key: int) -> int:
    """How much was odd in the station's messages."""
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await device.problems(connection, scope, station_key)
