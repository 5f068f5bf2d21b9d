"""The network's numbers, aggregated inside the caller's scope: three statements, whatever the size of the network."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, String, and_, case, func, literal, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import StationFilter
from app.domain.overview import NetworkOverview
from app.domain.scope import Scope
from app.domain.session import SessionStatus
from app.domain.station import ConnectionState, Connector, ConnectorStatus, Evse, EvseStatus, Lifecycle, evse_status
from app.store.stations import OPEN_SESSION, STATE, WITH_LEASE, conditions
from app.store.tables import connector, evse, session, station

_NOBODY = UUID(int=0)
# Worst first, as `evse_status` looks for them: the smallest rank among an EVSE's connectors decides.
_RANKED = (
    ConnectorStatus.OCCUPIED,
    ConnectorStatus.RESERVED,
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.UNAVAILABLE,
    ConnectorStatus.FAULTED,
)


def _connector(status: ConnectorStatus) -> Connector:
    return Connector(0, _NOBODY, 1, 1, "", "", "", 0, 0, 0, status)


def _status_of_group(row: Row[Any]) -> EvseStatus:
    """The domain's own rule, applied once a group of equal EVSEs."""
    plugs = () if row.rank is None else (_connector(_RANKED[row.rank - 1]),)
    busy = 1 if row.busy else None
    sample = Evse(0, _NOBODY, 1, None, None, row.operative, None, None, plugs, busy)
    return evse_status(
        lifecycle=Lifecycle(row.lifecycle), connection=ConnectionState(row.connection_state), evse=sample
    )


async def _evse_counts(connection: AsyncConnection, scope: Scope, filter: StationFilter) -> dict[EvseStatus, int]:
    ranks = array([literal(status.value, String) for status in _RANKED])
    rank = (
        select(func.min(func.array_position(ranks, connector.c.status)))
        .where(connector.c.evse_key == evse.c.key)
        .scalar_subquery()
    )
    each = (
        select(
            station.c.lifecycle,
            STATE.label("connection_state"),
            evse.c.operative,
            rank.label("rank"),
            OPEN_SESSION.is_not(None).label("busy"),
        )
        .select_from(WITH_LEASE.join(evse, evse.c.station_key == station.c.key))
        .where(conditions(scope, filter))
        .subquery()
    )
    counts: dict[EvseStatus, int] = {}
    groups: Select[Any] = select(*each.c, func.count().label("many")).group_by(*each.c)
    for row in await connection.execute(groups):
        status = _status_of_group(row)
        counts[status] = counts.get(status, 0) + row.many
    return counts


def _stations(scope: Scope, filter: StationFilter) -> Select[Any]:
    return select(station.c.key).select_from(WITH_LEASE).where(conditions(scope, filter))


async def read(connection: AsyncConnection, scope: Scope, filter: StationFilter, *, today: datetime) -> NetworkOverview:
    """``today`` is the moment the day began."""
    state_rows = await connection.execute(
        select(STATE.label("state"), func.count().label("many"))
        .select_from(WITH_LEASE)
        .where(conditions(scope, filter))
        .group_by(STATE)
    )
    states = {row.state: row.many for row in state_rows}
    evses = await _evse_counts(connection, scope, filter)
    active = session.c.status == SessionStatus.ACTIVE
    began = session.c.started_at >= today
    ended = and_(session.c.ended_at >= today, session.c.cost_minor.is_not(None))
    of_these = session.c.station_key.in_(_stations(scope, filter))
    # What an offline station delivers nobody knows.
    heard = session.c.station_key.in_(_stations(scope, filter).where(STATE == ConnectionState.ONLINE))
    totals = (
        await connection.execute(
            select(
                func.count().filter(active).label("active"),
                func.coalesce(func.sum(session.c.power_w).filter(and_(active, heard)), 0).label("power"),
                func.coalesce(func.sum(session.c.energy_wh).filter(began), 0).label("energy"),
                func.count().filter(began).label("started"),
                func.count()
                .filter(and_(session.c.status == SessionStatus.INVALID, session.c.created_at >= today))
                .label("failed"),
            ).where(of_these, case((active, True), else_=session.c.created_at >= today))
        )
    ).one()
    revenue = await connection.execute(
        select(session.c.currency, func.sum(session.c.cost_minor).label("minor"))
        .where(of_these, ended, session.c.currency.is_not(None))
        .group_by(session.c.currency)
        .order_by(session.c.currency)
    )
    return NetworkOverview(
        online=states.get(ConnectionState.ONLINE, 0),
        offline=states.get(ConnectionState.OFFLINE, 0),
        never_seen=states.get(ConnectionState.NEVER_SEEN, 0),
        evses=tuple((status, evses[status]) for status in EvseStatus if status in evses),
        active_sessions=totals.active,
        power_w=int(totals.power),
        energy_today_wh=int(totals.energy),
        revenue_today=tuple((row.currency, int(row.minor)) for row in revenue),
        started_today=totals.started,
        failed_today=totals.failed,
    )
