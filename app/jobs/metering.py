"""The duty to check what a station's meters have signed."""

from app.domain.session import ReviewCode
from app.feed import Change, Noun
from app.inbox.decisions.signed_meter import CHECK_EVERY
from app.jobs.tools import NotYet, StationBusy, Tools
from app.pki import signed_meter
from app.store.intake import metering, planning
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty
from app.store.intake.read import lock_stations


async def verify_meter(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """Checks every unchecked value of ended sessions; a wrong one is for a person to look at, and changes no bill."""
    station_key = duty.station_key or 0
    stations, _ = await lock_stations(connection, [station_key])
    if station_key not in stations:
        raise StationBusy
    if duty.session_key is not None and await metering.is_open(connection, duty.session_key):
        raise NotYet(tools.clock() + CHECK_EVERY)
    places = {}
    for value in await metering.unchecked(connection, station_key):
        verification, key = signed_meter.verify(value.data, value.keys)
        await metering.checked(connection, value.key, verification, key)
        places[value.session_key] = (value.operator_key, value.location_key)
    changes = []
    for session_key, (operator_key, location_key) in sorted(places.items()):
        version = await metering.tell_session(connection, session_key, ReviewCode.SIGNED_VALUE_WRONG.value)
        changes.append(Change(Noun.SESSION, operator_key, session_key, version, location_key, station_key))
    if changes:
        station = stations[station_key]
        version = await planning.raise_version(connection, station_key)
        place = (station.location_key, station_key)
        changes.append(Change(Noun.STATION, station.operator_key, station_key, version, *place))
    return changes
