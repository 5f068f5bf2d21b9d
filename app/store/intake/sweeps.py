"""What time alone changes: deadlines that pass, leases that lapse, queued commands whose station is back.

Every statement locks the stations it concerns in key order, skips those another writer holds (the next sweep gets them),
and raises their versions with what it changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.command import OutboundCommand
from app.domain.quirk import Quirk
from app.domain.quirk_profiles import PROFILES
from app.domain.stay import FREE_PATIENCE
from app.store.intake.connection import IngestConnection
from app.store.request_body import body_from_json

_LIMIT = 500
# A gateway that still holds the socket says itself that the time is up; this is for one that cannot.
_SENT_GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Swept:
    """A row that time changed: ``noun`` is station, session or command."""

    noun: str
    operator_key: int
    key: int
    version: int
    location_key: int
    station_key: int


_LOG = """INSERT INTO event_log (received_day, operator_key, location_key, type, subject_kind, subject_id, occurred_at,
    received_at, data)
    SELECT (%(at)s::timestamptz AT TIME ZONE 'UTC')::date, operator_key, location_key"""


def _sweep(noun: str, event: str, due: str, change: str) -> str:
    """One sweep: ``due`` selects (key, station_key) of ``noun``; ``change`` sets columns where the row is still due.

    Each changed row is an ``event`` in the event log.
    """
    return f"""WITH due AS ({due} LIMIT {_LIMIT}),
locked AS (SELECT key, location_key FROM station WHERE key IN (SELECT station_key FROM due) ORDER BY key
    FOR NO KEY UPDATE SKIP LOCKED),
changed AS (UPDATE {noun} x SET version = x.version + 1, {change}
    AND x.key IN (SELECT key FROM due) AND x.station_key = locked.key
    RETURNING x.operator_key, x.key, x.version, locked.location_key, x.station_key, x.id, x.status),
logged AS ({_LOG}, '{event}', '{noun}', id, %(at)s, %(at)s, jsonb_build_object('status', status) FROM changed),
raised AS (UPDATE station s SET version = s.version + 1 WHERE s.key IN (SELECT station_key FROM changed)
    RETURNING s.operator_key, s.key, s.version, s.location_key)
SELECT '{noun}', operator_key, key, version, location_key, station_key FROM changed
UNION ALL SELECT 'station', operator_key, key, version, location_key, key FROM raised"""  # noqa: S608 - constants only


_COMMANDS = _sweep(
    "command",
    "command.failed",
    "SELECT key, station_key FROM command WHERE status IN ('QUEUED', 'SENT') AND deadline < %(at)s",
    """status = CASE x.status WHEN 'QUEUED' THEN 'UNDELIVERABLE' ELSE 'TIMED_OUT' END,
    effect = CASE WHEN x.status = 'QUEUED' AND x.effect = 'AWAITED' THEN 'NOT_OBSERVED' ELSE x.effect END,
    effect_deadline = %(patience)s, failure = 'the deadline passed' FROM locked
    WHERE (x.status = 'QUEUED' OR (x.status = 'SENT' AND x.deadline < %(sent_before)s))""",
)
_EFFECTS = _sweep(
    "command",
    "command.effect_not_observed",
    "SELECT key, station_key FROM command WHERE effect = 'AWAITED' AND effect_deadline < %(at)s",
    "effect = 'NOT_OBSERVED' FROM locked WHERE x.effect = 'AWAITED'",
)
_STARTS = _sweep(
    "session",
    "session.invalid",
    "SELECT key, station_key FROM session WHERE status = 'PENDING' AND start_deadline < %(at)s",
    """status = 'INVALID', ended_at = %(at)s, steps = x.steps || jsonb_build_object('TRANSACTION_STARTED',
        jsonb_build_object('state', 'FAILED', 'at', %(at)s::timestamptz, 'deadline', x.start_deadline, 'code', 'NO_START',
            'message', 'The charger reported no start in time. Plug in first, then start again.'))
    FROM locked WHERE x.status = 'PENDING'""",
)
# Over by the clock, or never heard of by the station.
_RESERVATIONS = _sweep(
    "session",
    "session.invalid",
    """SELECT s.key, s.station_key FROM session s WHERE s.status = 'RESERVATION' AND (s.start_deadline < %(at)s OR EXISTS (
        SELECT FROM command c WHERE c.session_key = s.key AND c.action = 'ReserveNow' AND c.status = 'UNDELIVERABLE'))""",
    """status = 'INVALID', ended_at = %(at)s, steps = x.steps || jsonb_build_object('TRANSACTION_STARTED',
        jsonb_build_object('state', 'FAILED', 'at', %(at)s::timestamptz, 'deadline', x.start_deadline)
        || CASE WHEN x.start_deadline < %(at)s
            THEN '{"code": "EXPIRED", "message": "The reservation is over: nobody came in time."}'::jsonb
            ELSE '{"code": "UNDELIVERED", "message": "The charger never heard of the reservation."}'::jsonb END)
    FROM locked WHERE x.status = 'RESERVATION'""",
)
# The plug has been free for long, and nothing of the session came since: its end is lost, or comes late.
_ABANDONED = _sweep(
    "session",
    "session.abandoned",
    """SELECT s.key, s.station_key FROM session s JOIN station st ON st.key = s.station_key
    JOIN evse e ON e.key = s.evse_key
    WHERE s.status = 'ACTIVE' AND st.gateway_id IS NOT NULL AND st.connected_at < %(free_since)s
        AND e.status_since < %(free_since)s AND e.status_since > coalesce(s.meter_last_at, s.started_at, s.created_at)
        AND NOT EXISTS (SELECT FROM connector c WHERE c.evse_key = e.key AND c.status IS DISTINCT FROM 'AVAILABLE')""",
    """status = 'COMPLETED', charging_state = NULL, power_w = 0,
    ended_at = (SELECT greatest(e.status_since, x.started_at) FROM evse e WHERE e.key = x.evse_key),
    flags = ARRAY(SELECT DISTINCT unnest(x.flags || 'NEVER_ENDED'::text) ORDER BY 1)
    FROM locked WHERE x.status = 'ACTIVE'""",
)
# A charger that is known to show a plug free that is not: what it says of one is believed when it has said it for long.
_LIES = """(EXISTS (SELECT FROM station_quirk q WHERE q.station_key = st.key AND q.code = 'FREE_WHILE_PLUGGED'
        AND q.pinned_at IS NOT NULL)
    OR EXISTS (SELECT FROM unnest(%(vendors)s::text[], %(models)s::text[], %(firmwares)s::text[]) AS p (vendor, model, firmware)
        WHERE coalesce(st.vendor, '') ~* ('^(?:' || p.vendor || ')$') AND coalesce(st.model, '') ~* ('^(?:' || p.model || ')$')
        AND coalesce(st.firmware_version, '') ~* ('^(?:' || p.firmware || ')$')))"""
_TAKEN = "EXISTS (SELECT FROM connector c WHERE c.evse_key = e.key AND c.status = 'OCCUPIED')"
# Since when the cable is out of the plug, as far as the charger shows it: free now, or free in between.
_FREE = f"""CASE WHEN {_LIES} THEN CASE WHEN NOT {_TAKEN} AND e.status_since < %(believed)s THEN e.status_since END
    WHEN NOT {_TAKEN} OR e.status_since > s.ended_at THEN e.status_since END"""
_NEXT = "(SELECT min(n.started_at) FROM session n WHERE n.evse_key = s.evse_key AND n.started_at > s.ended_at)"
# Gone when the plug is or was free, or another car is there; billed no longer than to the mark's deadline. What nobody
# could see (the charger was away meanwhile) is not billed.
_GONE = _sweep(
    "session",
    "session.unplugged",
    f"""SELECT s.key, s.station_key, least({_FREE}, {_NEXT}) AS gone, (s.steps->'UNPLUGGED'->>'deadline')::timestamptz AS last,
        st.gateway_id IS NOT NULL AND st.connected_at <= s.ended_at AS seen
    FROM session s JOIN station st ON st.key = s.station_key JOIN evse e ON e.key = s.evse_key
    WHERE s.status = 'COMPLETED' AND s.settled_at IS NULL AND s.steps->'UNPLUGGED'->>'state' = 'WAITING'
    AND ((s.steps->'UNPLUGGED'->>'deadline')::timestamptz < %(at)s OR least({_FREE}, {_NEXT}) IS NOT NULL)""",  # noqa: S608 - constants only
    """steps = x.steps || jsonb_build_object('UNPLUGGED', CASE
        WHEN NOT due.seen THEN jsonb_build_object('state', 'SKIPPED', 'at', x.ended_at, 'code', 'NOT_SEEN',
            'message', 'The charger was away meanwhile: staying after the end is not billed.')
        WHEN due.gone <= due.last THEN jsonb_build_object('state', 'DONE', 'at', greatest(x.ended_at, due.gone))
        ELSE jsonb_build_object('state', 'SKIPPED', 'at', due.last, 'code', x.steps->'UNPLUGGED'->'code',
            'message', x.steps->'UNPLUGGED'->'message') END)
    FROM locked, due WHERE x.settled_at IS NULL AND due.key = x.key""",
)
_OWE_BILL = """INSERT INTO duty (id, operator_key, kind, station_key, session_key, due_at)
SELECT gen_random_uuid(), operator_key, 'SETTLE_SESSION', station_key, key, %s FROM session WHERE key = ANY(%s)
ON CONFLICT (kind, session_key) WHERE session_key IS NOT NULL DO UPDATE SET state = 'OWED', due_at = excluded.due_at"""
_LOST_COMMANDS = _sweep(
    "command",
    "command.failed",
    """SELECT c.key, c.station_key FROM command c LEFT JOIN gateway_process g ON g.id = c.gateway_id
    WHERE c.status = 'SENT' AND (g.id IS NULL OR g.lease_until < %(at)s)""",
    """status = 'UNKNOWN', effect_deadline = %(patience)s, failure = 'the process that sent it ended' FROM locked
    WHERE x.status = 'SENT'""",
)

_GATEWAY_ENDED = "the gateway process ended"
# The dead are named first: a station that dialled in anew before its row was locked is judged again by its new gateway,
# and an outer join would then find no process behind it.
_LOST_STATIONS = f"""WITH gone AS (SELECT DISTINCT s.gateway_id FROM station s LEFT JOIN gateway_process g ON g.id = s.gateway_id
    WHERE s.gateway_id IS NOT NULL AND (g.id IS NULL OR g.lease_until < %(at)s)),
lost AS (SELECT s.key FROM station s WHERE s.gateway_id = ANY (ARRAY(SELECT gateway_id FROM gone))
    ORDER BY s.key LIMIT {_LIMIT} FOR NO KEY UPDATE SKIP LOCKED),
changed AS (UPDATE station s SET gateway_id = NULL, disconnected_at = %(at)s,
    close_reason = '{_GATEWAY_ENDED}', version = s.version + 1 FROM lost WHERE s.key = lost.key
    RETURNING s.operator_key, s.key, s.version, s.location_key, s.id),
logged AS ({_LOG}, 'station.disconnected', 'station', id, %(at)s, %(at)s,
    jsonb_build_object('reason', '{_GATEWAY_ENDED}') FROM changed)
SELECT 'station', operator_key, key, version, location_key, key FROM changed"""  # noqa: S608

# A process that stood still for longer than its lease was taken for dead, but its sockets may have lived on.
_CLAIM = f"""WITH held AS (SELECT * FROM unnest(%(keys)s::bigint[], %(epochs)s::bigint[]) AS h (key, epoch)),
ours AS (SELECT s.key FROM station s JOIN held h ON h.key = s.key AND h.epoch = s.epoch
    WHERE s.gateway_id IS NULL AND s.close_reason = '{_GATEWAY_ENDED}' ORDER BY s.key LIMIT {_LIMIT}
    FOR NO KEY UPDATE OF s SKIP LOCKED),
changed AS (UPDATE station s SET gateway_id = %(gateway)s, disconnected_at = NULL, close_reason = NULL,
    version = s.version + 1 FROM ours WHERE s.key = ours.key
    RETURNING s.operator_key, s.key, s.version, s.location_key, s.id),
logged AS ({_LOG}, 'station.connected', 'station', id, %(at)s, %(at)s,
    jsonb_build_object('reason', 'the gateway process goes on') FROM changed)
SELECT 'station', operator_key, key, version, location_key, key FROM changed"""  # noqa: S608 - constants only

_OFFERED_AT_ONCE = 16  # to one station: what a gateway has no room for would fail, and later there is room
_QUEUED = f"""SELECT key, station_key, operator_key, action, body, deadline FROM (
    SELECT c.*, row_number() OVER (PARTITION BY c.station_key ORDER BY c.key) AS place FROM command c
    JOIN station s ON s.key = c.station_key
    WHERE c.status = 'QUEUED' AND c.deadline > %(at)s AND s.gateway_id = %(gateway)s
        AND (s.connected_at < %(quiet)s OR s.booted_at >= s.connected_at)) AS waiting
WHERE place <= {_OFFERED_AT_ONCE} ORDER BY key LIMIT {_LIMIT}"""  # noqa: S608 - constants only

_RENEW = """INSERT INTO gateway_process (id, name, lease_until) VALUES (%s, %s, %s)
ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"""

# Some chargers drop the line when spoken to before their boot is handled (quirk 19).
_QUIET = timedelta(seconds=10)


async def pass_deadlines(connection: IngestConnection, *, at: datetime, effect_patience: timedelta) -> list[Swept]:
    """Commands, effects and promised starts whose time is up."""
    arguments = {"at": at, "sent_before": at - _SENT_GRACE, "patience": at + effect_patience}
    return [
        row
        for statement in (_COMMANDS, _EFFECTS, _STARTS, _RESERVATIONS)
        for row in await _run(connection, statement, arguments)
    ]


async def close_abandoned(connection: IngestConnection, *, at: datetime, free_since: datetime) -> list[Swept]:
    """Sessions whose plug the charger has shown free since before ``free_since``: ended then, priced, for review."""
    swept = await _run(connection, _ABANDONED, {"at": at, "free_since": free_since})
    if closed := [row.key for row in swept if row.noun == "session"]:
        await connection.execute(_OWE_BILL, (at, closed))
    return swept


async def end_stays(connection: IngestConnection, *, at: datetime) -> list[Swept]:
    """Cars that stayed after their transaction and are gone: their bills can be written."""
    liars = [profile for profile in PROFILES if Quirk.FREE_WHILE_PLUGGED in profile.allowances]
    arguments = {
        "at": at,
        "believed": at - FREE_PATIENCE,
        "vendors": [profile.vendor for profile in liars],
        "models": [profile.model for profile in liars],
        "firmwares": [profile.firmware for profile in liars],
    }
    swept = await _run(connection, _GONE, arguments)
    if gone := [row.key for row in swept if row.noun == "session"]:
        await connection.execute(_OWE_BILL, (at, gone))
    return swept


async def pass_leases(connection: IngestConnection, *, at: datetime, effect_patience: timedelta) -> list[Swept]:
    """Stations and commands of gateway processes that no longer live."""
    arguments = {"at": at, "patience": at + effect_patience}
    swept = await _run(connection, _LOST_COMMANDS, arguments) + await _run(connection, _LOST_STATIONS, arguments)
    await connection.execute(
        "DELETE FROM gateway_process g WHERE lease_until < %s AND NOT EXISTS "
        "(SELECT FROM station s WHERE s.gateway_id = g.id)",
        (at - timedelta(hours=1),),
    )
    return swept


async def claim_stations(
    connection: IngestConnection, held: Sequence[tuple[int, int]], *, gateway_id: str, at: datetime
) -> list[Swept]:
    """Takes back stations that were given up with this process although their newest sockets (key, epoch) live."""
    keys, epochs = [key for key, _ in held], [epoch for _, epoch in held]
    return await _run(connection, _CLAIM, {"keys": keys, "epochs": epochs, "gateway": gateway_id, "at": at})


async def renew_lease(connection: IngestConnection, *, gateway_id: str, name: str, until: datetime) -> None:
    """This process lives: its stations are online."""
    await connection.execute(_RENEW, (gateway_id, name, until))


async def end_other_leases(connection: IngestConnection, *, gateway_id: str, at: datetime) -> None:
    """Nobody else can serve this database (an embedded one, whose folder we hold): their leases are over now."""
    await connection.execute(
        "UPDATE gateway_process SET lease_until = %s WHERE id <> %s AND lease_until > %s", (at, gateway_id, at)
    )


async def end_lease(connection: IngestConnection, *, gateway_id: str, at: datetime) -> None:
    await connection.execute("UPDATE gateway_process SET lease_until = %s WHERE id = %s", (at, gateway_id))


async def queued_commands(connection: IngestConnection, *, gateway_id: str, at: datetime) -> list[OutboundCommand]:
    """Commands that wait for stations whose sockets this process holds."""
    cursor = await connection.execute(_QUEUED, {"at": at, "gateway": gateway_id, "quiet": at - _QUIET})
    return [
        OutboundCommand(key, station_key, operator_key, body_from_json(action, body), deadline)
        for key, station_key, operator_key, action, body, deadline in await cursor.fetchall()
    ]


async def _run(connection: IngestConnection, statement: str, arguments: dict[str, Any]) -> list[Swept]:
    cursor = await connection.execute(statement, arguments)
    return [Swept(*row) for row in await cursor.fetchall()]
