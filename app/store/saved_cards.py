"""Cards that drivers saved, each with the one duty that moves it on."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import new_uuid
from app.domain.saved_card import CardState, SavedCard
from app.domain.scope import Scope
from app.store.duty_tables import duty
from app.store.saved_card_tables import payment_method as table

KIND = "KEEP_CARD"
_HELD = (
    "state",
    "reference",
    "url",
    "return_url",
    "customer",
    "payment_method",
    "brand",
    "last_four",
    "preferred",
    "saved_at",
)
_SHOWN = sorted({CardState.WANTED, CardState.OFFERED, CardState.SAVED})


def _make(row: Row[Any]) -> SavedCard:
    values = {name: getattr(row, name) for name in (*_HELD, "key", "operator_key", "driver_key", "account", "version")}
    values |= {"uuid": row.id, "state": CardState(row.state), "offered_until": row.offered_until}
    return SavedCard(**values, created_at=row.created_at)


async def add(connection: AsyncConnection, card: SavedCard) -> SavedCard:
    """A wish for a card, with its duty."""
    row = await connection.execute(
        insert(table)
        .values(
            id=card.uuid, operator_key=card.operator_key, driver_key=card.driver_key, account=card.account,
            state=card.state, return_url=card.return_url, offered_until=card.offered_until, created_at=card.created_at,
        )
        .returning(*table.c)
    )  # fmt: skip
    made = _make(row.one())
    await wake(connection, made, at=card.created_at)
    return made


async def wake(connection: AsyncConnection, card: SavedCard, *, at: datetime) -> None:
    """There is something to do at the provider."""
    statement = insert_or(duty).values(
        id=new_uuid(at_ms=int(at.timestamp() * 1000)), operator_key=card.operator_key, kind=KIND,
        payment_method_key=card.key, due_at=at,
    )  # fmt: skip
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[duty.c.payment_method_key],
            index_where=duty.c.payment_method_key.is_not(None),
            set_={"state": "OWED", "due_at": at, "done_at": None, "wakes": duty.c.wakes + 1},
        )
    )


async def of_drivers(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[SavedCard]]:
    """What each has and is about to have, newest first."""
    rows = await connection.execute(
        select(table)
        .where(table.c.driver_key.in_(keys), own_cards(scope), table.c.state.in_(_SHOWN))
        .order_by(table.c.key.desc())
    )
    found: dict[int, list[SavedCard]] = {key: [] for key in keys}
    for row in rows:
        found[row.driver_key].append(_make(row))
    return found


def own_cards(scope: Scope) -> Any:
    """A driver's own; staff who may ask see those of all drivers of the operator."""
    return table.c.driver_key == scope.driver_key if scope.driver_key is not None else table.c.key.is_not(None)


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, SavedCard]:
    rows = await connection.execute(select(table).where(table.c.id.in_(ids), own_cards(scope)))
    return {row.id: _make(row) for row in rows}


async def locked(connection: AsyncConnection, key: int) -> SavedCard:
    return _make((await connection.execute(select(table).where(table.c.key == key).with_for_update())).one())


async def save(connection: AsyncConnection, card: SavedCard) -> SavedCard:
    """As it is now; the caller holds the row."""
    row = await connection.execute(
        update(table)
        .where(table.c.key == card.key)
        .values(**{name: getattr(card, name) for name in _HELD}, version=table.c.version + 1)
        .returning(*table.c)
    )
    return _make(row.one())


async def prefer(connection: AsyncConnection, card: SavedCard) -> None:
    """The one that is charged unless another is named."""
    others = update(table).where(table.c.driver_key == card.driver_key, table.c.preferred, table.c.key != card.key)
    await connection.execute(others.values(preferred=False, version=table.c.version + 1))


async def preferred(connection: AsyncConnection, driver_key: int) -> SavedCard | None:
    """The card that a driver prefers, if it can be charged."""
    row = (await connection.execute(select(table).where(table.c.driver_key == driver_key, table.c.preferred))).first()
    found = None if row is None else _make(row)
    return found if found is not None and found.usable else None


async def count(connection: AsyncConnection, driver_key: int) -> int:
    rows = await connection.execute(
        select(func.count()).where(table.c.driver_key == driver_key, table.c.state.in_(_SHOWN))
    )
    return int(rows.scalar_one())


async def every(connection: AsyncConnection, driver_key: int) -> list[SavedCard]:
    """All of a driver that are not forgotten yet, locked."""
    rows = await connection.execute(
        select(table).where(table.c.driver_key == driver_key, table.c.state != CardState.FORGOTTEN).with_for_update()
    )
    return [_make(row) for row in rows]
