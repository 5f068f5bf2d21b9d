"""What a charging plan is made of: a session's needs, its plug, and every limit known at its place."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.charging_needs import ChargingNeeds
from app.domain.charging_plan import PERIODS_MAX, Ceiling, Nameplate, ceilings_of
from app.domain.command import OUR_OWN
from app.domain.request.charging_profile import ChargingProfile, ChargingSchedule
from app.store.intake.connection import IngestConnection
from app.store.values import value_from_json

# Ids that no person gives by hand; a session keeps its own, so that a new plan takes the old one's place. Where a
# person's profile took that place, under its id, later plans have another and hold to it.
_PROFILE_IDS_FROM, _PROFILE_IDS = 1_500_000_000, 250_000_000
_TAKEN = """SELECT requested_by <> %s FROM command WHERE station_key = %s AND action = 'SetChargingProfile'
    AND answer_accepted AND (body -> 'charging_profile' ->> 'id')::bigint = %s ORDER BY key DESC LIMIT 1"""

_UNPLANNED = """SELECT s.key, s.operator_key, s.location_key, s.evse_key, s.evse_number, s.transaction_id, s.status,
    p.needs, p.max_schedule_tuples, p.plan_refusals, c.power_type, coalesce(c.max_power_w, 0),
    coalesce(c.max_voltage_v, 0), coalesce(c.max_current_a, 0),
    (SELECT v.value FROM variable v WHERE v.station_key = s.station_key AND v.component = 'SmartChargingCtrlr'
        AND v.variable = 'PeriodsPerSchedule' AND v.attribute = 'Actual' LIMIT 1)
FROM session_power p JOIN session s ON s.key = p.session_key
LEFT JOIN connector c ON c.station_key = s.station_key AND c.evse_number = s.evse_number
    AND c.number = coalesce(s.connector_number, 1)
WHERE p.station_key = %s AND p.plan_wanted_at IS NOT NULL ORDER BY p.session_key"""

# What bounds a plan: the station's own maximum, what others said through the station, and the operator's own profiles
# of this transaction. A TxDefaultProfile does not: a profile of the transaction takes its place (2.0.1 K01).
_PROFILES = """SELECT profile_id, stack_level, transaction_id, source, profile, coalesce(set_at, reported_at)
FROM charging_profile WHERE station_key = %s AND evse_number IN (0, %s) AND (
    purpose IN ('ChargingStationMaxProfile', 'ChargingStationExternalConstraints')
    OR (purpose = 'TxProfile' AND transaction_id = %s AND profile_id <> %s))"""

_LIMITS = "SELECT schedules, notified_at FROM charging_limit WHERE station_key = %s AND evse_number IN (0, %s)"


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A session whose car waits for a plan."""

    session_key: int
    operator_key: int
    location_key: int
    evse_key: int | None
    evse_number: int
    transaction_id: str | None
    running: bool
    needs: ChargingNeeds
    again: bool  # the car meant to draw more than it was allowed
    periods_max: int
    plug: Nameplate
    ceilings: tuple[Ceiling, ...]
    stack_level: int
    profile_id: int


async def _profile_id(connection: IngestConnection, station_key: int, session_key: int) -> int:
    own = _PROFILE_IDS_FROM + session_key % _PROFILE_IDS
    row = await (await connection.execute(_TAKEN, (OUR_OWN, station_key, own))).fetchone()
    return own if row is None or not row[0] else own + _PROFILE_IDS


async def unplanned(connection: IngestConnection, station_key: int, *, at: datetime) -> list[Unplanned]:
    """The sessions of a locked station whose cars wait for a plan."""
    rows = await (await connection.execute(_UNPLANNED, (station_key,))).fetchall()
    found = []
    for row in rows:
        profile_id = await _profile_id(connection, station_key, row[0])
        ceilings, level = await _bounds(connection, station_key, row[4] or 0, row[5], profile_id, at)
        found.append(
            Unplanned(
                session_key=row[0],
                operator_key=row[1],
                location_key=row[2],
                evse_key=row[3],
                evse_number=row[4] or 0,
                transaction_id=row[5],
                running=row[6] == "ACTIVE",
                needs=value_from_json(ChargingNeeds, row[7]),
                again=bool(row[9]),
                periods_max=_fewest(row[8], row[14]),
                plug=Nameplate(row[10] or "", row[11], row[12], row[13]),
                ceilings=ceilings,
                stack_level=level,
                profile_id=profile_id,
            )
        )
    return found


def _fewest(tuples: int | None, periods: str | None) -> int:
    """How many periods car and station can follow, as far as they said (K15.FR.07)."""
    said = [int(text) for text in (str(tuples or ""), periods or "") if text.isascii() and text.isdigit()]
    return min((one for one in said if one > 0), default=PERIODS_MAX)


async def _bounds(
    connection: IngestConnection, station_key: int, evse: int, transaction_id: str | None, ours: int, at: datetime
) -> tuple[tuple[Ceiling, ...], int]:
    """The limits, and the level above every profile that the operator gave this transaction."""
    ceilings: list[Ceiling] = []
    level = 0
    profiles = await connection.execute(_PROFILES, (station_key, evse, transaction_id, ours))
    for _, stack_level, transaction, _, stored, since in await profiles.fetchall():
        ceilings += ceilings_of(value_from_json(ChargingProfile, stored), starts_at=since or at)
        if transaction is not None:
            level = max(level, stack_level + 1)
    limits = await connection.execute(_LIMITS, (station_key, evse))
    for schedules, notified_at in await limits.fetchall():
        for schedule in value_from_json(tuple[ChargingSchedule, ...], schedules):
            ceilings.append(Ceiling(schedule, notified_at))
    return tuple(ceilings), level


async def planned(connection: IngestConnection, session_key: int, *, at: datetime | None) -> int:
    """No plan is wanted any more; ``at`` is when one was made. Returns the session's new version."""
    await connection.execute(
        "UPDATE session_power SET plan_wanted_at = NULL, planned_at = coalesce(%s, planned_at) WHERE session_key = %s",
        (at, session_key),
    )
    row = await (
        await connection.execute(
            "UPDATE session SET version = version + 1 WHERE key = %s RETURNING version", (session_key,)
        )
    ).fetchone()
    assert row is not None
    return int(row[0])


async def raise_version(connection: IngestConnection, station_key: int) -> int:
    """The locked station's new version: something that hangs off it changed."""
    row = await (
        await connection.execute(
            "UPDATE station SET version = version + 1 WHERE key = %s RETURNING version", (station_key,)
        )
    ).fetchone()
    assert row is not None
    return int(row[0])
