"""Commands, needs commands:read."""

from collections.abc import Collection
from uuid import UUID

from app.domain.command import Command
from app.domain.filter import CommandFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import commands


async def search(
    *,
    scope: Scope,
    database: Database,
    filter: CommandFilter,
    page: PageRequest,
    newest_first: bool = True,
) -> Page[Command]:
    scope.require(Permission.COMMANDS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await commands.search(connection, scope, filter, page, newest_first=newest_first)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Command]:
    scope.require(Permission.COMMANDS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await commands.by_keys(connection, scope, keys)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Command]:
    scope.require(Permission.COMMANDS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await commands.by_ids(connection, scope, ids)
