"""Operators the caller belongs to."""

from app.domain.operator import Operator
from app.domain.scope import Scope
from app.queries import Database
from app.store import operators


async def own(*, scope: Scope, database: Database) -> Operator:
    """The caller's operator; every caller may know its name."""
    async with database.snapshot(scope.operator_key) as connection:
        return await operators.own(connection)


async def mine(*, scope: Scope, database: Database) -> list[Operator]:
    """The operator behind the caller's proof.

    An address proves nobody, for whoever invites it holds the secret: a person's other operators are asked with theirs.
    """
    return [await own(scope=scope, database=database)]
