"""The duty to plan a car's charging: one profile for each of its needs, sent as a command of our own."""

from datetime import timedelta

from app.domain.charging_plan import plan, profile_of
from app.domain.ids import new_uuid
from app.domain.request.charging_profile import SetChargingProfile
from app.feed import Change, Noun
from app.jobs.tools import StationBusy, Tools
from app.store.intake import own_command, planning
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty
from app.store.intake.planning import Unplanned
from app.store.intake.read import lock_stations

_KEEP_FOR = timedelta(seconds=60)  # the car itself waits no longer (K15.FR.08)
_ANSWER_WAIT = timedelta(seconds=30)
_NEEDED = "The car said what it needs."
_EXCEEDED = "The car meant to draw more than it was allowed."


async def plan_charging(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """Plans for every session of the station whose car waits; a session that ended meanwhile waits for nothing."""
    at, station_key = tools.clock(), duty.station_key or 0
    stations, _ = await lock_stations(connection, [station_key])
    if station_key not in stations:
        raise StationBusy
    changes: list[Change] = []
    for waiting in await planning.unplanned(connection, station_key, at=at):
        place = (waiting.location_key, station_key)
        body = _request(waiting, tools)
        if body is not None:
            key = await own_command.queue(
                connection,
                body,
                uuid=new_uuid(at_ms=int(at.timestamp() * 1000)),
                operator_key=waiting.operator_key,
                station_key=station_key,
                evse_key=waiting.evse_key,
                session_key=waiting.session_key,
                reason=_EXCEEDED if waiting.again else _NEEDED,
                at=at,
                keep_for=_KEEP_FOR,
                answer_wait=_ANSWER_WAIT,
            )
            changes.append(Change(Noun.COMMAND, waiting.operator_key, key, 1, *place))
        version = await planning.planned(connection, waiting.session_key, at=None if body is None else at)
        changes.append(Change(Noun.SESSION, waiting.operator_key, waiting.session_key, version, *place))
    if changes:
        station = stations[station_key]
        version = await planning.raise_version(connection, station_key)
        place = (station.location_key, station_key)
        changes.append(Change(Noun.STATION, station.operator_key, station_key, version, *place))
    return changes


def _request(waiting: Unplanned, tools: Tools) -> SetChargingProfile | None:
    if not waiting.running or waiting.transaction_id is None:
        return None
    schedule = plan(waiting.needs, waiting.plug, waiting.ceilings, at=tools.clock(), periods_max=waiting.periods_max)
    if schedule is None:
        return None
    profile = profile_of(
        schedule,
        profile_id=waiting.profile_id,
        stack_level=waiting.stack_level,
        transaction_id=waiting.transaction_id,
    )
    return SetChargingProfile(waiting.evse_number, profile)
