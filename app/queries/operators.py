"""Operators the caller belongs to."""

from app.domain.operator import Operator
from app.domain.scope import CallerKind, Scope
from app.queries import Database
from app.store import access, operators


async def own(*, scope: Scope, database: Database) -> Operator:
    """The caller's operator; every caller may know its name."""
    async with database.transaction(scope.operator_key) as connection:
        return await operators.own(connection)


async def mine(*, scope: Scope, database: Database) -> list[Operator]:
    """Every operator the person belongs to; an API token belongs to one."""
    keys = [scope.operator_key]
    if scope.kind is CallerKind.MEMBER:
        async with database.lookup() as connection:
            keys = await access.operators_of(connection, scope.principal) or keys
    found = []
    for key in keys:
        async with database.transaction(key) as connection:
            found.append(await operators.own(connection))
    return found
