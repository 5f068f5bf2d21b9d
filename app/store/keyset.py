"""Pages by keyset: the condition that continues after a row, for orders whose column may be null."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TIMESTAMP, BigInteger

from app.domain.page import NO_VALUE, TOTAL_MAX, Page, PageRequest, Position

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Order:
    """``key`` breaks ties of ``column``; a null column sorts as the largest value. No column: by key alone."""

    key: ColumnElement[int]
    column: ColumnElement[Any] | None = None
    descending: bool = True

    def clauses(self) -> list[ColumnElement[Any]]:
        parts = [self.key] if self.column is None else [self.column, self.key]
        return [part.desc() if self.descending else part.asc() for part in parts]  # nulls: PostgreSQL's default

    def after(self, position: Position) -> ColumnElement[bool]:
        value, key = position
        key_after = self.key < key if self.descending else self.key > key
        if self.column is None:
            return key_after
        if value == NO_VALUE:
            still_null = and_(self.column.is_(None), key_after)
            return or_(still_null, self.column.is_not(None)) if self.descending else still_null
        pair = tuple_(self.column, self.key)
        bound = tuple_(self._bound(value), literal(key, BigInteger))
        return pair < bound if self.descending else or_(pair > bound, self.column.is_(None))

    def _bound(self, value: int) -> ColumnElement[Any]:
        if self.column is not None and isinstance(self.column.type, TIMESTAMP):
            return literal(_EPOCH + value * _MICROSECOND, TIMESTAMP(timezone=True))
        return literal(value, BigInteger)


def _as_integer(value: object) -> int:
    if value is None:
        return NO_VALUE
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    return int(str(value))


def _position(row: Row[Any], order: Order) -> Position:
    value = 0 if order.column is None else _as_integer(row._mapping["order_value"])
    return (value, int(row._mapping["key"]))


async def _total(connection: AsyncConnection, statement: Select[Any]) -> int | None:
    capped = (
        statement.with_only_columns(literal(1), maintain_column_froms=True)
        .order_by(None)
        .limit(TOTAL_MAX + 1)
        .subquery()
    )
    found = (await connection.execute(select(func.count()).select_from(capped))).scalar_one()
    return None if found > TOTAL_MAX else int(found)


async def read_page(
    connection: AsyncConnection,
    statement: Select[Any],
    order: Order,
    request: PageRequest,
    make: Callable[[Row[Any]], T],
) -> Page[T]:
    """One page of a statement that selects ``key``. Reads one row more than asked, to know of a next."""
    total = await _total(connection, statement) if request.with_total else None
    rows_wanted = statement if order.column is None else statement.add_columns(order.column.label("order_value"))
    if request.after is not None:
        rows_wanted = rows_wanted.where(order.after(request.after))
    rows = (await connection.execute(rows_wanted.order_by(*order.clauses()).limit(request.first + 1))).all()
    shown = rows[: request.first]
    return Page(
        items=tuple(make(row) for row in shown),
        positions=tuple(_position(row, order) for row in shown),
        has_next=len(rows) > request.first,
        total=total,
    )


def replace_items(page: Page[Any], items: Sequence[T]) -> Page[T]:
    """The same page with other values in its places."""
    return Page(items=tuple(items), positions=page.positions, has_next=page.has_next, total=page.total)
