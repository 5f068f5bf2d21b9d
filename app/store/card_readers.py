"""Card readers, as people register them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.card_reader import CardReader
from app.domain.scope import Scope
from app.store.payment_tables import card_reader as table
from app.store.within import allowed

READERS_MAX = 500  # of one operator


async def listed(connection: AsyncConnection, scope: Scope, ids: Collection[UUID] | None = None) -> list[CardReader]:
    """Those at the caller's locations, oldest first; of ``ids`` if given."""
    statement = select(table).where(allowed(scope, table.c.location_key)).order_by(table.c.key).limit(READERS_MAX)
    if ids is not None:
        statement = statement.where(table.c.id.in_(ids))
    return [
        CardReader(
            row.key, row.id, row.operator_key, row.location_key, row.account, row.reference, row.label, row.created_at
        )
        for row in await connection.execute(statement)
    ]


async def count(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def add(connection: AsyncConnection, reader: CardReader) -> None:
    """Raises IntegrityError for a reference that stands somewhere already."""
    await connection.execute(
        insert(table).values(
            id=reader.uuid, operator_key=reader.operator_key, location_key=reader.location_key, account=reader.account,
            reference=reader.reference, label=reader.label, created_at=reader.created_at,
        )
    )  # fmt: skip


async def remove(connection: AsyncConnection, key: int) -> None:
    await connection.execute(delete(table).where(table.c.key == key))
