"""The duty to check what a station's meters have signed."""

from app.domain.session import ReviewCode
from app.domain.signed_meter import Verification
from app.feed import Change, Noun
from app.jobs.tools import StationBusy, Tools
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
    wrong: dict[int, bool] = {}
    places = {}
    for value in await metering.unchecked(connection, station_key):
        verification, key = signed_meter.verify(value.data, value.keys)
        await metering.checked(connection, value.key, verification, key)
        wrong[value.session_key] = wrong.get(value.session_key, False) or verification is Verification.SIGNATURE_WRONG
        places[value.session_key] = (value.operator_key, value.location_key)
    changes = []
    for session_key, is_wrong in sorted(wrong.items()):
        flag = ReviewCode.SIGNED_VALUE_WRONG.value if is_wrong else None
        version = await metering.tell_session(connection, session_key, flag)
        operator_key, location_key = places[session_key]
        changes.append(Change(Noun.SESSION, operator_key, session_key, version, location_key, station_key))
    if changes:
        station = stations[station_key]
        version = await planning.raise_version(connection, station_key)
        place = (station.location_key, station_key)
        changes.append(Change(Noun.STATION, station.operator_key, station_key, version, *place))
    return changes
