"""Operators: read by their own people, made by the installation's owner."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Row, select
from sqlalchemy import update as sql_update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.operator import Operator
from app.store.tables import operator

_INSERT = """
INSERT INTO operator (id, name, country_code, party_id, currency) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (country_code, party_id) DO NOTHING RETURNING key, id, name, country_code, party_id, currency, version
"""
_SELECT = "SELECT key, id, name, country_code, party_id, currency, version FROM operator"


def _make(row: Row[Any]) -> Operator:
    known = (row.key, row.id, row.name, row.country_code, row.party_id, row.currency, row.version)
    return Operator(*known, tuple(row.certificate_organizations))


async def own(connection: AsyncConnection) -> Operator:
    """The operator the transaction is set to."""
    return _make((await connection.execute(select(operator))).one())


async def update(
    connection: AsyncConnection, *, name: str, certificate_organizations: Sequence[str], if_version: int
) -> Operator | None:
    """What the operator the transaction is set to says of itself; None when it is at another version."""
    rows = await connection.execute(
        sql_update(operator)
        .where(operator.c.version == if_version)
        .values(name=name, certificate_organizations=list(certificate_organizations), version=operator.c.version + 1)
        .returning(*operator.c)
    )
    row = rows.one_or_none()
    return None if row is None else _make(row)


async def create(
    privileged_url: str, *, uuid: UUID, name: str, country_code: str, party_id: str, currency: str
) -> Operator | None:
    """A new operator; None when the party exists. ``privileged_url`` is the owner's or the ingest role's address."""
    async with await psycopg.AsyncConnection.connect(privileged_url) as connection:
        made = await connection.execute(_INSERT, (uuid, name, country_code, party_id, currency))
        row = await made.fetchone()
        return None if row is None else Operator(*row)


async def every(privileged_url: str) -> list[Operator]:
    """All operators of the installation, for its owner."""
    async with await psycopg.AsyncConnection.connect(privileged_url) as connection:
        rows = await connection.execute(_SELECT + " ORDER BY key")
        return [Operator(*row) for row in await rows.fetchall()]
