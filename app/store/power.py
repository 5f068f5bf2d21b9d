"""What stations hold and have told about power."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from sqlalchemy import Row, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.battery import BatteryData
from app.domain.charging_needs import ChargingNeeds
from app.domain.held import (
    BatterySwap,
    ChargingLimit,
    DerAlarm,
    SessionPower,
    Settlement,
    StationChargingProfile,
    StationDerControl,
    StationTariff,
    VatCheck,
)
from app.domain.page import Page, PageRequest
from app.domain.postal import Address
from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingSchedule,
    ChargingScheduleUpdate,
)
from app.domain.request.der import SetDERControl
from app.domain.request.tariff import ChargerTariff
from app.domain.scope import Scope
from app.domain.session import OPEN_STATUSES
from app.domain.station_cost import CostDetails, StationCost
from app.domain.transaction_limit import TransactionLimit
from app.store.keyset import Order, read_page
from app.store.power_tables import (
    battery_swap,
    charging_limit,
    charging_profile,
    der_alarm,
    der_control,
    session_power,
    settlement,
    station_cost,
    station_tariff,
    vat_check,
)
from app.store.tables import session
from app.store.values import value_from_json
from app.store.within import allowed_station, among

T = TypeVar("T")
HELD_MAX = 500  # of a kind at a station; no station holds that many


def _optional(kind: type[T], stored: object) -> T | None:
    return None if stored is None else value_from_json(kind, stored)


def _profile(row: Row[Any]) -> StationChargingProfile:
    return StationChargingProfile(
        row.source,
        row.evse_number,
        value_from_json(ChargingProfile, row.profile),
        _optional(ChargingScheduleUpdate, row.dynamic),
        row.set_at,
        row.reported_at,
        row.command_id,
    )


def _limit(row: Row[Any]) -> ChargingLimit:
    schedules = value_from_json(tuple[ChargingSchedule, ...], row.schedules)
    return ChargingLimit(
        row.evse_number, row.source, row.is_grid_critical, row.is_local_generation, schedules, row.notified_at
    )


def _tariff(row: Row[Any]) -> StationTariff:
    tariff = _optional(ChargerTariff, row.tariff)
    return StationTariff(
        row.tariff_id, row.evse_number, row.kind, row.transaction_id, tariff, row.set_at, row.reported_at
    )


def _control(row: Row[Any]) -> StationDerControl:
    control = value_from_json(SetDERControl, row.control)
    return StationDerControl(control, row.is_superseded, row.started, row.started_at, row.set_at, row.reported_at)


def _alarm(row: Row[Any]) -> DerAlarm:
    return DerAlarm(row.control_type, row.fault, row.info, row.since, row.ended_at)


def _power(row: Row[Any]) -> SessionPower:
    return SessionPower(
        _optional(ChargingNeeds, row.needs),
        row.needs_at,
        row.max_schedule_tuples,
        _optional(ChargingSchedule, row.ev_schedule),
        row.ev_schedule_at,
        row.selected_schedule_id,
        row.tolerance_accepted,
        row.priority,
        row.priority_at,
        None if row.allowed_transfer is None else tuple(row.allowed_transfer),
        row.tariff_id,
        row.planned_at,
        _optional(TransactionLimit, row.limit_told),
        _optional(TransactionLimit, row.limit_said),
    )


def _settlement(row: Row[Any]) -> Settlement:
    return Settlement(
        row.psp_ref,
        row.status,
        row.amount,
        row.transaction_id,
        row.info,
        row.receipt_id,
        row.receipt_url,
        _optional(Address, row.vat_company),
        row.vat_number,
        row.settled_at,
        row.currency,
        row.problem,
    )


def _vat(row: Row[Any]) -> VatCheck:
    return VatCheck(row.vat_number, row.evse_number, row.plausible, row.checked_at)


def _swap(row: Row[Any]) -> BatterySwap:
    batteries = value_from_json(tuple[BatteryData, ...], row.batteries)
    return BatterySwap(row.request_id, row.event, row.token_uid, batteries, row.at)


async def _held(
    connection: AsyncConnection, scope: Scope, table: Table, make: Callable[[Row[Any]], T], keys: Collection[int]
) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    rows = await connection.execute(
        select(table)
        .where(among(table.c.station_key, keys), allowed_station(scope, table.c.station_key))
        .order_by(table.c.station_key, table.c.key)
    )
    for row in rows:
        mine = found.setdefault(row.station_key, [])
        if len(mine) < HELD_MAX:
            mine.append(make(row))
    return found


async def profiles(
    connection: AsyncConnection, scope: Scope, keys: Collection[int]
) -> dict[int, list[StationChargingProfile]]:
    """Those of a transaction that has ended went with it (2.0.1 K01.FR.16): they are not shown."""
    table = charging_profile
    lives = or_(
        table.c.purpose != ChargingProfilePurpose.TX_PROFILE.value,
        table.c.transaction_id.is_(None),
        ~select(session.c.key)
        .where(
            session.c.station_key == table.c.station_key,
            session.c.transaction_id == table.c.transaction_id,
            session.c.status.not_in(sorted(OPEN_STATUSES)),
        )
        .exists(),
    )
    found: dict[int, list[StationChargingProfile]] = {}
    rows = await connection.execute(
        select(table)
        .where(among(table.c.station_key, keys), allowed_station(scope, table.c.station_key), lives)
        .order_by(table.c.station_key, table.c.evse_number, table.c.purpose, table.c.stack_level.desc(), table.c.key)
    )
    for row in rows:
        mine = found.setdefault(row.station_key, [])
        if len(mine) < HELD_MAX:
            mine.append(_profile(row))
    return found


async def limits(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[ChargingLimit]]:
    return await _held(connection, scope, charging_limit, _limit, keys)


async def tariffs(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[StationTariff]]:
    return await _held(connection, scope, station_tariff, _tariff, keys)


async def controls(
    connection: AsyncConnection, scope: Scope, keys: Collection[int]
) -> dict[int, list[StationDerControl]]:
    return await _held(connection, scope, der_control, _control, keys)


async def alarms(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[DerAlarm]]:
    return await _held(connection, scope, der_alarm, _alarm, keys)


async def of_sessions(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, SessionPower]:
    rows = await connection.execute(
        select(session_power).where(
            among(session_power.c.session_key, keys), allowed_station(scope, session_power.c.station_key)
        )
    )
    return {row.session_key: _power(row) for row in rows}


async def costs(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, StationCost]:
    """What stations calculated themselves, by session."""
    rows = await connection.execute(
        select(station_cost).where(
            among(station_cost.c.session_key, keys), allowed_station(scope, station_cost.c.station_key)
        )
    )
    return {row.session_key: StationCost(value_from_json(CostDetails, row.details), row.said_at) for row in rows}


async def _page(
    connection: AsyncConnection,
    scope: Scope,
    table: Table,
    make: Callable[[Row[Any]], T],
    station_key: int,
    request: PageRequest,
) -> Page[T]:
    """Newest first."""
    statement = select(table).where(table.c.station_key == station_key, allowed_station(scope, table.c.station_key))
    return await read_page(connection, statement, Order(table.c.key), request, make)


async def settlements(
    connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest
) -> Page[Settlement]:
    return await _page(connection, scope, settlement, _settlement, station_key, request)


async def settlements_of(
    connection: AsyncConnection, scope: Scope, keys: Collection[int]
) -> dict[int, list[Settlement]]:
    """By session, oldest first."""
    statement = (
        select(settlement)
        .where(among(settlement.c.session_key, keys), allowed_station(scope, settlement.c.station_key))
        .order_by(settlement.c.key)
    )
    found: dict[int, list[Settlement]] = {}
    for row in await connection.execute(statement):
        found.setdefault(row.session_key, []).append(_settlement(row))
    return found


async def vat_checks(
    connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest
) -> Page[VatCheck]:
    return await _page(connection, scope, vat_check, _vat, station_key, request)


async def battery_swaps(
    connection: AsyncConnection, scope: Scope, station_key: int, request: PageRequest
) -> Page[BatterySwap]:
    return await _page(connection, scope, battery_swap, _swap, station_key, request)
