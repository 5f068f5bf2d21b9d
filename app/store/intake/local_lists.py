"""The local lists of stations that are here and may no longer be what our tokens say, and what makes them so again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.local_list import LocalList
from app.domain.station import OcppVersion
from app.domain.token import Token, TokenType
from app.store.intake.connection import IngestConnection

_RECENT = timedelta(minutes=2)
_LOOK_BACK = timedelta(days=1)
# One list at a time, and none before a station that came back has said which one it holds. A refused list is sent again
# after 30 s, then after twice as long each time, at most 8 hours.
_DUE = """SELECT l.station_key, l.in_step, l.sent_at FROM local_list l JOIN station s ON s.key = l.station_key
CROSS JOIN LATERAL (SELECT count(*) AS times, max(c.created_at) AS last FROM command c
    WHERE c.station_key = l.station_key AND c.action = 'SendLocalList' AND c.created_at > greatest(l.sent_at, %(back)s)
        AND c.status NOT IN ('QUEUED', 'SENT') AND c.answer_accepted IS NOT TRUE) AS failed
WHERE l.sent_at IS NOT NULL AND (NOT l.in_step OR l.sent_at > %(recent)s)
    AND s.gateway_id = %(gateway)s AND s.registration = 'ACCEPTED'
    AND (failed.times = 0 OR failed.last + least(interval '30 seconds' * 2 ^ least(failed.times - 1, 20),
        interval '8 hours') <= %(at)s)
    AND NOT EXISTS (SELECT FROM command c WHERE c.station_key = l.station_key
        AND c.action IN ('SendLocalList', 'GetLocalListVersion') AND c.status IN ('QUEUED', 'SENT') AND c.deadline > %(at)s)
ORDER BY l.in_step, l.station_key LIMIT 500"""
_HELD = """SELECT l.station_key, s.ocpp_version, l.list_version, l.entries, l.in_step, l.last_status, l.sent_at, l.checked_at,
    l.max_entries, l.max_message
FROM local_list l JOIN station s ON s.key = l.station_key WHERE l.station_key = ANY(%(keys)s)
    AND NOT EXISTS (SELECT FROM command c WHERE c.station_key = l.station_key AND c.action = 'SendLocalList'
        AND c.status IN ('QUEUED', 'SENT') AND c.deadline > %(at)s)"""
_TOKENS = """SELECT key, id, operator_key, uid, type, ocpp_type, visual_number, contract_id, group_id, valid, blocked_reason,
    valid_from, valid_until, last_used_at, version, driver_key, account_key, aliases, allowed_energy_transfer
FROM token WHERE operator_key = %s AND valid ORDER BY last_used_at DESC NULLS LAST, key LIMIT %s"""


@dataclass(frozen=True, slots=True)
class DueList:
    """A list to look at: it is out of step, or it was sent a moment ago and a token may have changed meanwhile."""

    station_key: int
    in_step: bool
    sent_at: datetime


async def due(connection: IngestConnection, *, gateway_id: str, at: datetime) -> list[DueList]:
    """Only stations that a process holds, and that took a list from us before; those out of step first."""
    arguments = {"gateway": gateway_id, "at": at, "recent": at - _RECENT, "back": at - _LOOK_BACK}
    return [DueList(*row) for row in await (await connection.execute(_DUE, arguments)).fetchall()]


async def held(
    connection: IngestConnection, keys: Collection[int], *, at: datetime
) -> dict[int, tuple[OcppVersion, LocalList]]:
    """What locked stations hold, without those to which a list is on its way by now."""
    rows = await (await connection.execute(_HELD, {"keys": sorted(keys), "at": at})).fetchall()
    return {row[0]: (OcppVersion(row[1] or OcppVersion.V16), LocalList(*row[2:])) for row in rows}


async def tokens_of(connection: IngestConnection, operator_key: int, at_most: int) -> list[Token]:
    """An operator's valid tokens, those used last first: when not all fit, these are worth most."""
    rows = await (await connection.execute(_TOKENS, (operator_key, at_most))).fetchall()
    values = ((*row[:4], TokenType(row[4]), *row[5:-2], tuple(row[-2]), tuple(row[-1])) for row in rows)
    return [Token(*one) for one in values]


async def mark(connection: IngestConnection, station_key: int, *, in_step: bool) -> None:
    await connection.execute("UPDATE local_list SET in_step = %s WHERE station_key = %s", (in_step, station_key))
