"""Stations with what hangs off them; whether one is online is derived from its gateway's lease, never stored."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import StationFilter
from app.domain.match import Keys
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.domain.session import OPEN_STATUSES
from app.domain.station import (
    ChargingState,
    ChargingStation,
    ConnectionState,
    Connector,
    ConnectorStatus,
    Evse,
    Lifecycle,
    OcppVersion,
    Registration,
    StationLink,
)
from app.store.keyset import Order, read_page, replace_items
from app.store.tables import connector, evse, gateway_process, location, session, station
from app.store.within import among, containing, keys_behind, of_operators, one_of, published, referring

_ONLINE = and_(station.c.gateway_id.is_not(None), gateway_process.c.lease_until > func.now())
STATE = case(
    (_ONLINE, ConnectionState.ONLINE.value),
    (and_(station.c.connected_at.is_(None), station.c.last_seen_at.is_(None)), ConnectionState.NEVER_SEEN.value),
    else_=ConnectionState.OFFLINE.value,
)
_ORDER = Order(station.c.key, descending=False)
WITH_LEASE = station.outerjoin(gateway_process, gateway_process.c.id == station.c.gateway_id)
# Secrets and what only searching needs never leave the database.
_SHOWN = [column for column in station.c if not column.name.startswith("credential_") and column.name != "search_text"]
_SELECT: Select[Any] = select(*_SHOWN, STATE.label("connection_state")).select_from(WITH_LEASE)
OPEN_SESSION = (
    select(func.max(session.c.key))
    .where(
        session.c.station_key == evse.c.station_key,
        session.c.evse_key == evse.c.key,
        session.c.status.in_(sorted(OPEN_STATUSES)),
    )
    .scalar_subquery()
)


def connector_of(row: Row[Any]) -> Connector:
    """A connector of a row of `connector`."""
    return Connector(
        key=row.key,
        uuid=row.id,
        evse_number=row.evse_number,
        number=row.number,
        standard=row.standard,
        format=row.format,
        power_type=row.power_type,
        max_power_w=row.max_power_w,
        max_voltage_v=row.max_voltage_v,
        max_current_a=row.max_current_a,
        status=None if row.status is None else ConnectorStatus(row.status),
        status_since=row.status_since,
        error_code=row.error_code,
        vendor_error_code=row.vendor_error_code,
    )


def _evse(row: Row[Any], connectors: Iterable[Connector]) -> Evse:
    return Evse(
        key=row.key,
        uuid=row.id,
        number=row.number,
        evse_id=row.evse_id,
        physical_reference=row.physical_reference,
        operative=row.operative,
        charging_state=None if row.charging_state is None else ChargingState(row.charging_state),
        status_since=row.status_since,
        connectors=tuple(connectors),
        session_key=row.session_key,
        version=row.version,
        meter_public_key=row.meter_public_key,
    )


def _link(row: Row[Any]) -> StationLink:
    state = ConnectionState(row.connection_state)
    return StationLink(
        state=state,
        since=row.connected_at if state is ConnectionState.ONLINE else row.disconnected_at,
        last_seen_at=row.last_seen_at,
        subprotocol=row.subprotocol,
        security_profile=row.security_profile,
        remote_address=row.remote_address,
        last_close_reason=row.close_reason,
    )


def _station(row: Row[Any], evses: Iterable[Evse]) -> ChargingStation:
    return ChargingStation(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        location_key=row.location_key,
        identity=row.identity,
        name=row.name,
        lifecycle=Lifecycle(row.lifecycle),
        registration=Registration(row.registration),
        vendor=row.vendor,
        model=row.model,
        serial_number=row.serial_number,
        firmware_version=row.firmware_version,
        ocpp_version=None if row.ocpp_version is None else OcppVersion(row.ocpp_version),
        security_profile_floor=row.security_profile_floor,
        link=_link(row),
        version=row.version,
        accepts_no_authorization=row.accepts_no_authorization,
        accepts_direct_payment=row.accepts_direct_payment,
        evses=tuple(evses),
    )


async def _evses_of(connection: AsyncConnection, station_keys: Sequence[int]) -> dict[int, list[Evse]]:
    """EVSEs with their connectors by station key: two reads, however many stations."""
    found: dict[int, list[Evse]] = {key: [] for key in station_keys}
    if not station_keys:
        return found
    plugs: dict[int, list[Connector]] = {}
    for row in await connection.execute(
        select(connector).where(among(connector.c.station_key, station_keys)).order_by(connector.c.number)
    ):
        plugs.setdefault(row.evse_key, []).append(connector_of(row))
    for row in await connection.execute(
        select(evse, OPEN_SESSION.label("session_key"))
        .where(among(evse.c.station_key, station_keys))
        .order_by(evse.c.number)
    ):
        found[row.station_key].append(_evse(row, plugs.get(row.key, ())))
    return found


async def complete(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[ChargingStation]:
    evses = await _evses_of(connection, [row.key for row in rows])
    return [_station(row, evses[row.key]) for row in rows]


def conditions(scope: Scope, filter: StationFilter) -> ColumnElement[bool]:
    """The filter inside the caller's locations; the statement must select from `WITH_LEASE`."""
    has_status: ColumnElement[bool] = true()
    if filter.connector_status is not None:
        has_status = exists().where(
            connector.c.station_key == station.c.key, connector.c.status.in_(filter.connector_status)
        )
    return and_(
        published(scope, station.c.location_key),
        of_operators(scope, filter.operator_ids),
        referring(station.c.location_key, location, filter.location_ids),
        one_of(station.c.id, filter.ids),
        one_of(station.c.identity, filter.identities),
        one_of(STATE, filter.connection),
        has_status,
        one_of(station.c.lifecycle, filter.lifecycle),
        one_of(station.c.vendor, filter.vendors),
        one_of(station.c.model, filter.models),
        one_of(station.c.firmware_version, filter.firmware),
        containing(station.c.search_text, filter.text),
    )


def _itself(row: Row[Any]) -> Row[Any]:
    return row


async def search(
    connection: AsyncConnection,
    scope: Scope,
    filter: StationFilter,
    request: PageRequest,
) -> Page[ChargingStation]:
    """Oldest first."""
    page = await read_page(connection, _SELECT.where(conditions(scope, filter)), _ORDER, request, _itself)
    return replace_items(page, await complete(connection, page.items))


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, ChargingStation]:
    rows = await connection.execute(_SELECT.where(among(station.c.key, keys), published(scope, station.c.location_key)))
    return {found.key: found for found in await complete(connection, rows.all())}


async def everywhere(connection: AsyncConnection, keys: Collection[int]) -> dict[int, ChargingStation]:
    """Wherever they stand: who shows them decides by `app.domain.match`. Row security keeps to the operator."""
    rows = await connection.execute(_SELECT.where(among(station.c.key, keys)))
    return {found.key: found for found in await complete(connection, rows.all())}


async def referred(connection: AsyncConnection, filter: StationFilter) -> Keys:
    """What the filter's public ids stand for."""
    own = await keys_behind(connection, station, filter.ids)
    return Keys(own=own, stations=own, locations=await keys_behind(connection, location, filter.location_ids))


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, ChargingStation]:
    rows = await connection.execute(_SELECT.where(station.c.id.in_(ids), published(scope, station.c.location_key)))
    return {found.uuid: found for found in await complete(connection, rows.all())}


async def by_identity(connection: AsyncConnection, scope: Scope, identity: str) -> ChargingStation | None:
    rows = await connection.execute(
        _SELECT.where(station.c.identity == identity, published(scope, station.c.location_key))
    )
    return next(iter(await complete(connection, rows.all())), None)


async def owning(connection: AsyncConnection, scope: Scope, evse_keys: Collection[int]) -> dict[int, ChargingStation]:
    """By EVSE key, the station it belongs to."""
    owners = station.c.key.in_(select(evse.c.station_key).where(among(evse.c.key, evse_keys)))
    rows = await connection.execute(_SELECT.where(owners, published(scope, station.c.location_key)))
    return {part.key: found for found in await complete(connection, rows.all()) for part in found.evses}


async def having(
    connection: AsyncConnection, scope: Scope, *, evse_ids: Collection[UUID] = (), connector_ids: Collection[UUID] = ()
) -> list[ChargingStation]:
    """The stations that these EVSEs or connectors belong to."""
    owners = or_(
        station.c.key.in_(select(evse.c.station_key).where(evse.c.id.in_(evse_ids))),
        station.c.key.in_(select(connector.c.station_key).where(connector.c.id.in_(connector_ids))),
    )
    rows = await connection.execute(_SELECT.where(owners, published(scope, station.c.location_key)))
    return await complete(connection, rows.all())
