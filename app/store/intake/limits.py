"""What bounds the transactions that begin at a 2.1 station, and which bounds the station can keep to (2.1 E16)."""

from collections.abc import Collection

from app.domain.station_state import SessionBounds, StationState
from app.domain.transaction_limit import SUPPORTED, TransactionLimit, supported_limits
from app.store.intake.connection import IngestConnection
from app.store.values import value_from_json

_SUPPORTED = """SELECT station_key, value FROM variable WHERE station_key = ANY(%s)
    AND lower(component) = lower(%s) AND lower(variable) = lower(%s) AND attribute = 'Actual' AND evse IS NULL"""
# What is held on a card bounds the cost only while it is held.
_BOUNDS = """SELECT s.station_key, s.key, coalesce(h.target_energy_wh, p.target_energy_wh),
    least(coalesce(h.target_cost_minor, p.target_cost_minor), CASE WHEN h.status = 'HELD' THEN h.held_minor END),
    coalesce(h.target_soc_percent, p.target_soc_percent), coalesce(h.target_duration_s, p.target_duration_s),
    p.limit_told, p.limit_said
FROM session s LEFT JOIN hold h ON h.session_key = s.key LEFT JOIN session_power p ON p.session_key = s.key
WHERE s.station_key = ANY(%s) AND s.status IN ('PENDING', 'ACTIVE', 'RESERVATION')"""


async def read_bounds(connection: IngestConnection, stations: dict[int, StationState], wanted: Collection[int]) -> None:
    """Asks nothing of stations that keep to no limit, which is nearly every one."""
    keys = sorted(wanted & stations.keys())
    cursor = await connection.execute(_SUPPORTED, (keys, *SUPPORTED), binary=True)
    for key, value in await cursor.fetchall():
        stations[key].supported_limits = supported_limits(value)
    able = [key for key in keys if stations[key].supported_limits]
    if not able:
        return
    rows = await connection.execute(_BOUNDS, (able,), binary=True)
    for station_key, session_key, energy, cost, soc, lasts, told, said in await rows.fetchall():
        stations[station_key].bounds[session_key] = SessionBounds(energy, cost, soc, lasts, _limit(told), _limit(said))


def _limit(stored: object) -> TransactionLimit | None:
    return None if stored is None else value_from_json(TransactionLimit, stored)
