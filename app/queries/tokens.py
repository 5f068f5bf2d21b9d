"""Tokens and authorisations, needs tokens:read."""

from collections.abc import Collection
from uuid import UUID

from app.domain.filter import AuthorisationFilter, TokenFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.token import Authorisation, Token
from app.queries import Database
from app.store import tokens


async def search(*, scope: Scope, database: Database, filter: TokenFilter, page: PageRequest) -> Page[Token]:
    scope.require(Permission.TOKENS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tokens.search(connection, scope, filter, page)


async def by_keys(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, Token]:
    scope.require(Permission.TOKENS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tokens.by_keys(connection, keys, scope=scope)


async def by_ids(*, scope: Scope, database: Database, ids: Collection[UUID]) -> dict[UUID, Token]:
    scope.require(Permission.TOKENS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tokens.by_ids(connection, ids, scope=scope)


async def of_drivers(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[Token]]:
    """At most a hundred of each, newest first."""
    scope.require(Permission.TOKENS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tokens.of_drivers(connection, scope, keys)


async def authorisations(
    *, scope: Scope, database: Database, filter: AuthorisationFilter, page: PageRequest
) -> Page[Authorisation]:
    scope.require(Permission.TOKENS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await tokens.authorisations(connection, scope, filter, page)
