"""Conditions that several nouns share: the caller's locations, moments, and text that was stored in lower case."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, Table, and_, any_, false, literal, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import TimeRange
from app.domain.scope import Scope
from app.store.tables import location, station


def allowed(scope: Scope, location_key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows at the caller's locations; row security has already kept to the operator. None for a driver, a guest or a

    visitor: what these see is asked for by name, in `own` and `published`.
    """
    if scope.is_outside:
        return false()
    return true() if scope.location_keys is None else location_key.in_(sorted(scope.location_keys))


def allowed_station(scope: Scope, station_key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows of stations at the caller's locations; none for a driver, a guest or a visitor."""
    if scope.is_outside:
        return false()
    if scope.location_keys is None:
        return true()
    return station_key.in_(select(station.c.key).where(allowed(scope, station.c.location_key)))


def own(scope: Scope, driver_key: ColumnElement[Any], location_key: ColumnElement[Any]) -> ColumnElement[bool]:
    """A driver's own rows, wherever; everybody else's as `allowed`."""
    return allowed(scope, location_key) if scope.driver_key is None else driver_key == scope.driver_key


def published(scope: Scope, location_key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows at published locations for a driver, a guest or a visitor; everybody else's as `allowed`."""
    if not scope.is_outside:
        return allowed(scope, location_key)
    return location_key.in_(select(location.c.key).where(location.c.published))


def of_operators(scope: Scope, ids: Collection[UUID] | None) -> ColumnElement[bool]:
    """Everything when the caller's operator is among them, else nothing: one read sees one operator's rows."""
    return true() if ids is None or scope.operator_id in ids else false()


def during(column: ColumnElement[Any], moments: TimeRange | None) -> ColumnElement[bool]:
    """``from`` inclusive, ``to`` exclusive."""
    conditions: list[ColumnElement[bool]] = [true()]
    if moments is not None and moments.start is not None:
        conditions.append(column >= moments.start)
    if moments is not None and moments.end is not None:
        conditions.append(column < moments.end)
    return and_(*conditions)


def among(column: ColumnElement[int], keys: Collection[int]) -> ColumnElement[bool]:
    """Rows with these keys, which travel as one array: the statement's text stays short and the same for any number."""
    return column == any_(literal(list(keys), ARRAY(BigInteger)))


def one_of(column: ColumnElement[Any], values: tuple[Any, ...] | None) -> ColumnElement[bool]:
    """Any of the values; None is any at all, an empty tuple nothing."""
    return true() if values is None else column.in_(values)


def keys_of(table: Table, ids: tuple[Any, ...]) -> Select[Any]:
    """The internal keys behind public ids."""
    return select(table.c.key).where(table.c.id.in_(ids))


def referring(column: ColumnElement[Any], table: Table, ids: tuple[Any, ...] | None) -> ColumnElement[bool]:
    """Rows that refer to one of the rows with these public ids."""
    return true() if ids is None else column.in_(keys_of(table, ids))


def containing(column: ColumnElement[Any], text: str | None) -> ColumnElement[bool]:
    """Rows whose normalised search text contains every word."""
    words = [] if text is None else text.lower().split()
    return and_(true(), *(column.contains(word, autoescape=True) for word in words))


async def station_keys_at(connection: AsyncConnection, location_key: int) -> list[tuple[int, int]]:
    """Keys and versions of a location's stations."""
    rows = await connection.execute(
        select(station.c.key, station.c.version).where(station.c.location_key == location_key)
    )
    return [(row.key, row.version) for row in rows]


async def keys_behind(connection: AsyncConnection, table: Table, ids: tuple[Any, ...] | None) -> frozenset[int] | None:
    """The internal keys behind a filter's public ids; None when it names none."""
    if ids is None:
        return None
    return frozenset((await connection.execute(keys_of(table, ids))).scalars())
