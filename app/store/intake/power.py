"""Reading what we gave a station, for a station that asks for it."""

from collections.abc import Collection
from typing import Any

from app.domain.request.charging_profile import ChargingProfile, ChargingScheduleUpdate
from app.domain.station_state import StationState
from app.store.intake.connection import IngestConnection
from app.store.values import value_from_json

_DYNAMIC = """SELECT p.station_key, p.profile_id, p.profile, p.dynamic
FROM unnest(%s::bigint[], %s::integer[]) AS w(station_key, profile_id)
JOIN charging_profile p ON p.station_key = w.station_key AND p.profile_id = w.profile_id AND p.source = 'CSO'"""


async def select_dynamic(connection: IngestConnection, wanted: Collection[tuple[int, int]]) -> Any:
    """A cursor over the profiles wanted; None when none is. Runs inside the caller's pipeline."""
    if not wanted:
        return None
    pairs = sorted(wanted)
    return await connection.execute(_DYNAMIC, ([key for key, _ in pairs], [number for _, number in pairs]), binary=True)


async def fill_dynamic(stations: dict[int, StationState], cursor: Any) -> None:
    for key, number, profile, moved in await cursor.fetchall():
        stations[key].dynamic_profiles[number] = (
            value_from_json(ChargingProfile, profile),
            None if moved is None else value_from_json(ChargingScheduleUpdate, moved),
        )
