"""Locations."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.amenity import Accessibility, Facility, OpeningTimes
from app.domain.filter import LocationFilter, Near
from app.domain.location import Location
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.domain.station import ConnectorStatus, Lifecycle
from app.store.keyset import Order, read_page
from app.store.tables import connector, evse, gateway_process, location, station
from app.store.values import value_from_json
from app.store.within import containing, of_operators, one_of, published

_SELECT = select(location)
_ORDER = Order(location.c.key, descending=False)
_METRES_A_DEGREE = 111_195.0


def _make(row: Row[Any]) -> Location:
    return Location(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        name=row.name,
        address=row.address,
        postal_code=row.postal_code,
        city=row.city,
        country=row.country,
        latitude=row.latitude,
        longitude=row.longitude,
        time_zone=row.time_zone,
        published=row.published,
        help_phone=row.help_phone,
        version=row.version,
        opening_times=None if row.opening_times is None else value_from_json(OpeningTimes, row.opening_times),
        facilities=tuple(Facility(name) for name in row.facilities),
        accessibility=None if row.accessibility is None else value_from_json(Accessibility, row.accessibility),
    )


def _near(near: Near | None) -> ColumnElement[bool]:
    """Great-circle distance by the spherical law of cosines: exact enough for finding a charger."""
    if near is None:
        return true()
    here, there = func.radians(near.latitude), func.radians(location.c.latitude)
    cosine = func.sin(here) * func.sin(there) + func.cos(here) * func.cos(there) * func.cos(
        func.radians(location.c.longitude - near.longitude)
    )
    degrees = func.degrees(func.acos(func.least(1.0, func.greatest(-1.0, cosine))))
    return degrees * _METRES_A_DEGREE <= near.radius_m


def _hardware(filter: LocationFilter) -> ColumnElement[bool]:
    """One connector must satisfy all that is said about hardware."""
    wanted: list[ColumnElement[bool]] = []
    if filter.min_power_w is not None:
        wanted.append(connector.c.max_power_w >= filter.min_power_w)
    if filter.standards is not None:
        wanted.append(connector.c.standard.in_(filter.standards))
    if filter.available_now is not None:
        free = and_(
            connector.c.status == ConnectorStatus.AVAILABLE,
            evse.c.operative,
            station.c.lifecycle == Lifecycle.IN_SERVICE,
            gateway_process.c.lease_until > func.now(),
        )
        wanted.append(free)
    if not wanted:
        return true()
    tables = (
        connector.join(evse, evse.c.key == connector.c.evse_key)
        .join(station, station.c.key == connector.c.station_key)
        .outerjoin(gateway_process, gateway_process.c.id == station.c.gateway_id)
    )
    found = exists().select_from(tables).where(station.c.location_key == location.c.key, *wanted)
    return found if filter.available_now is not False else ~found


def _filtered(scope: Scope, filter: LocationFilter) -> Select[Any]:
    return _SELECT.where(
        published(scope, location.c.key),
        of_operators(scope, filter.operator_ids),
        one_of(location.c.id, filter.ids),
        _near(filter.near),
        containing(location.c.search_text, filter.text),
        _hardware(filter),
    )


async def search(
    connection: AsyncConnection, scope: Scope, filter: LocationFilter, request: PageRequest
) -> Page[Location]:
    """Oldest first."""
    return await read_page(connection, _filtered(scope, filter), _ORDER, request, _make)


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Location]:
    rows = await connection.execute(_SELECT.where(location.c.key.in_(keys), published(scope, location.c.key)))
    return {row.key: _make(row) for row in rows}


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Location]:
    rows = await connection.execute(_SELECT.where(location.c.id.in_(ids), published(scope, location.c.key)))
    return {row.id: _make(row) for row in rows}


def _search_text(values: dict[str, Any]) -> str:
    return " ".join(str(values[name]) for name in ("name", "address", "postal_code", "city") if values[name]).lower()


async def add(connection: AsyncConnection, *, uuid: UUID, operator_key: int, values: dict[str, Any]) -> Location:
    """``values`` are the columns a person sets."""
    rows = await connection.execute(
        insert(location)
        .values(id=uuid, operator_key=operator_key, search_text=_search_text(values), **values)
        .returning(*location.c)
    )
    return _make(rows.one())


async def change(connection: AsyncConnection, *, key: int, if_version: int, values: dict[str, Any]) -> Location | None:
    """The changed row; None when its version is another by now."""
    rows = await connection.execute(
        update(location)
        .where(location.c.key == key, location.c.version == if_version)
        .values(search_text=_search_text(values), version=location.c.version + 1, **values)
        .returning(*location.c)
    )
    row = rows.one_or_none()
    return None if row is None else _make(row)


async def ids_of(connection: AsyncConnection, keys: Collection[int]) -> list[UUID]:
    """Public ids by internal keys, in the order of the keys."""
    rows = await connection.execute(select(location.c.id).where(location.c.key.in_(keys)).order_by(location.c.key))
    return list(rows.scalars())
