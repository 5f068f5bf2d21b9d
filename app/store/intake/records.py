"""What a price depends on beyond energy: read for sessions that are about to end, where their tariff asks for it."""

from collections.abc import Collection, Iterable

from app.domain.meter import Reading
from app.domain.pricing import SessionRecord, needs_record
from app.domain.pricing.record import StateChange
from app.domain.session import Session, SessionStatus
from app.domain.station import ChargingState
from app.domain.station_state import StationState
from app.store.intake.connection import IngestConnection

_ZONES = "SELECT key, time_zone FROM location WHERE key = ANY(%s)"
_READINGS = """SELECT session_key, at, energy_wh, power_w, current_ma, soc_percent, context FROM reading
WHERE session_key = ANY(%s)"""
_STATES = "SELECT session_key, at, state FROM session_activity WHERE session_key = ANY(%s)"
_GROUPS = """SELECT s.key, t.group_id FROM session s JOIN token t ON t.key = s.token_key
WHERE s.key = ANY(%s) AND t.group_id IS NOT NULL"""


async def read_records(connection: IngestConnection, stations: Iterable[StationState], ending: Collection[int]) -> None:
    """Fills stations whose tariffs ask for it: the time zone, and the record of each session that may be priced."""
    asking = [station for station in stations if _asks(station, ending)]
    if not asking:
        return
    zones = await connection.execute(_ZONES, ([station.location_key for station in asking],), binary=True)
    zone_of: dict[int, str] = dict(await zones.fetchall())
    keys = [
        session.key
        for station in asking
        for session in station.sessions.values()
        if _may_be_priced(session, station, ending)
    ]
    readings, states, groups = await _read(connection, keys) if keys else ({}, {}, {})
    for station in asking:
        station.time_zone = zone_of[station.location_key]
        station.records = {
            key: SessionRecord(
                tuple(readings.get(key, ())), tuple(states.get(key, ())), station.time_zone, groups.get(key)
            )
            for key in keys
            if key in station.sessions
        }


def _asks(station: StationState, ending: Collection[int]) -> bool:
    if station.key in ending:
        return any(needs_record(tariff) for tariff in station.tariffs.values())
    return any(_may_be_priced(session, station, ending) for session in station.sessions.values())


def _may_be_priced(session: Session, station: StationState, ending: Collection[int]) -> bool:
    tariff = station.tariffs.get(session.tariff_key or 0)
    if tariff is None or session.settled_at is not None or not needs_record(tariff):
        return False
    return station.key in ending or session.status is SessionStatus.COMPLETED


async def _read(
    connection: IngestConnection, keys: list[int]
) -> tuple[dict[int, list[Reading]], dict[int, list[StateChange]], dict[int, str]]:
    async with connection.pipeline():
        first = await connection.execute(_READINGS, (keys,), binary=True)
        second = await connection.execute(_STATES, (keys,), binary=True)
        third = await connection.execute(_GROUPS, (keys,), binary=True)
    readings: dict[int, list[Reading]] = {}
    for key, at, energy, power, current, soc, context in await first.fetchall():
        phases = None if current is None else tuple(current)
        readings.setdefault(key, []).append(Reading(at, energy, power, phases, None, soc, context))
    states: dict[int, list[StateChange]] = {}
    for key, at, state in await second.fetchall():
        states.setdefault(key, []).append((at, ChargingState(state)))
    return readings, states, dict(await third.fetchall())
