"""Tariffs, their assignments and which one applies where, needs tariffs:read."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.domain.filter import TariffFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.tariff import Tariff, TariffAssignment
from app.queries import Database
from app.store import tariffs

Place = tuple[int, int | None, str | None]  # location key, EVSE key, token group


async def search(*, scope: Scope, database: Database, filter: TariffFilter, page: PageRequest) -> Page[Tariff]:
    scope.require(Permission.TARIFFS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tariffs.search(connection, filter, page)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Tariff]:
    """Without asking for tariffs:read: a session's cost is made of its tariff, which it names anyway."""
    async with database.snapshot(scope.operator_key) as connection:
        return await tariffs.by_keys(connection, keys)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Tariff]:
    scope.require(Permission.TARIFFS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tariffs.by_ids(connection, ids)


async def assignments(*, scope: Scope, database: Database, codes: Collection[str]) -> dict[str, list[TariffAssignment]]:
    """By code; assignments at locations outside the caller's scope are left out."""
    scope.require(Permission.TARIFFS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        every = await tariffs.assignments(connection, codes)
    found: dict[str, list[TariffAssignment]] = {code: [] for code in codes}
    for assignment in every:
        outside = scope.location_keys is not None and assignment.location_key not in {None, *scope.location_keys}
        if not outside:
            found[assignment.code].append(assignment)
    return found


async def applicable(
    *, scope: Scope, database: Database, at: datetime, places: Collection[Place]
) -> dict[Place, Tariff]:
    """What a session that begins at ``at`` would pay, by place; absent where nothing is assigned."""
    scope.require(Permission.TARIFFS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tariffs.applicable_at(connection, scope.operator_key, at=at, places=places)
