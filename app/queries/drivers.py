"""Drivers and accounts, needs drivers:read and every location: they belong to the whole operator."""

from collections.abc import Collection
from uuid import UUID

from app.domain.account import Account, AccountEntry, AccountLimit, AccountMember
from app.domain.driver import Driver
from app.domain.filter import AccountFilter, DriverFilter
from app.domain.page import Page, PageRequest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.saved_card import SavedCard
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import accounts, drivers, saved_cards


def may_read(scope: Scope) -> bool:
    """Whether the caller is shown drivers and accounts at all."""
    return scope.may(Permission.DRIVERS_READ) and scope.location_keys is None


def _require(scope: Scope) -> None:
    scope.require(Permission.DRIVERS_READ)
    if not may_read(scope):
        raise Refused(Refusal(ErrorCode.FORBIDDEN, "Drivers and accounts belong to the whole operator."))


async def search(*, scope: Scope, database: Database, filter: DriverFilter, page: PageRequest) -> Page[Driver]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await drivers.search(connection, scope, filter, page)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Driver]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await drivers.by_keys(connection, scope, keys)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Driver]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await drivers.by_ids(connection, scope, ids)


async def accounts_found(
    *, scope: Scope, database: Database, filter: AccountFilter, page: PageRequest
) -> Page[Account]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.search(connection, scope, filter, page)


async def accounts_by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Account]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.by_keys(connection, scope, keys)


async def accounts_by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Account]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.by_ids(connection, scope, ids)


async def accounts_of_drivers(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[Account]]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.of_drivers(connection, scope, keys)


async def members(*, scope: Scope, database: Database, account_key: int, page: PageRequest) -> Page[AccountMember]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.members(connection, scope, account_key, page)


async def entries(*, scope: Scope, database: Database, account_key: int, page: PageRequest) -> Page[AccountEntry]:
    """Changes of a balance, newest first."""
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.entries(connection, scope, account_key, page)


async def limits(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[AccountLimit]]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.limits(connection, scope, keys)


async def cost_centres(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[str]]:
    """Names by account."""
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.cost_centres(connection, scope, keys)


async def cost_centre_names(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, str]:
    _require(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await accounts.cost_centre_names(connection, keys)


async def cards(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[SavedCard]]:
    """Of each driver the cards they saved, newest first."""
    async with database.snapshot(scope.operator_key) as connection:
        return await saved_cards.of_drivers(connection, scope, keys)
