"""Reading what we gave a station, for a station that asks for it."""

from collections.abc import Collection
from typing import Any

from app.domain.request.charging_profile import ChargingProfile, ChargingScheduleUpdate
from app.domain.station_state import PromisedPower, StationState
from app.store.intake.connection import IngestConnection
from app.store.values import value_from_json

_DYNAMIC = """SELECT p.station_key, p.profile_id, p.profile, p.dynamic
FROM unnest(%s::bigint[], %s::integer[]) AS w(station_key, profile_id)
JOIN charging_profile p ON p.station_key = w.station_key AND p.profile_id = w.profile_id AND p.source = 'CSO'"""


# What each running transaction was told: what is on its way, else of its profiles the highest, of those the newest.
# A station may tell of the car's plan before it answers the request that the plan follows.
_PROMISED = """SELECT s.station_key, s.key, coalesce(p.plan_refusals, 0), coalesce(o.profile, c.profile),
    coalesce(p.allowed_transfer, nullif(t.allowed_energy_transfer, '{}'))
FROM session s LEFT JOIN token t ON t.key = s.token_key LEFT JOIN session_power p ON p.session_key = s.key
LEFT JOIN LATERAL (SELECT c.profile FROM charging_profile c
    WHERE c.station_key = s.station_key AND c.transaction_id = s.transaction_id AND c.source = 'CSO'
        AND c.purpose = 'TxProfile'
    ORDER BY c.stack_level DESC, c.set_at DESC NULLS LAST LIMIT 1) c ON true
LEFT JOIN LATERAL (SELECT o.body -> 'charging_profile' AS profile FROM command o
    WHERE o.station_key = s.station_key AND o.status = 'SENT' AND o.action = 'SetChargingProfile'
        AND o.body #>> '{charging_profile,transaction_id}' = s.transaction_id
    ORDER BY o.key DESC LIMIT 1) o ON true
WHERE s.station_key = ANY(%s) AND s.status = 'ACTIVE'"""


async def select_promised(connection: IngestConnection, stations: Collection[int]) -> Any:
    """A cursor over the charging profiles of running sessions; None when no station is asked about."""
    return await connection.execute(_PROMISED, (sorted(stations),), binary=True) if stations else None


async def fill_promised(stations: dict[int, StationState], cursor: Any) -> None:
    for station_key, session_key, refusals, profile, allowed in await cursor.fetchall():
        held = None if profile is None else value_from_json(ChargingProfile, profile)
        modes = None if allowed is None else frozenset(allowed)
        stations[station_key].promised[session_key] = PromisedPower(held, refusals, modes)


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
