"""Commands that Voltgraph asks for itself: written with the duty that wants them, sent like anybody's."""

from datetime import datetime, timedelta
from uuid import UUID

import orjson

from app.domain.command import OUR_OWN, CommandEffect, CommandStatus, action_of
from app.domain.request import StationRequest
from app.store.intake.connection import IngestConnection
from app.store.request_body import body_json


async def queue(
    connection: IngestConnection,
    body: StationRequest,
    *,
    uuid: UUID,
    operator_key: int,
    station_key: int,
    reason: str,
    at: datetime,
    keep_for: timedelta,
    answer_wait: timedelta,
    evse_key: int | None = None,
    session_key: int | None = None,
) -> int:
    """Its key. ``keep_for``: how long a station that is away may take to come back for it."""
    until = at + keep_for
    row = await (
        await connection.execute(
            "INSERT INTO command (id, operator_key, station_key, evse_key, session_key, action, body, status, effect, "
            "requested_by, reason, created_at, deadline, queue_until) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING key",
            (
                uuid,
                operator_key,
                station_key,
                evse_key,
                session_key,
                action_of(body),
                orjson.dumps(body_json(body)).decode(),
                CommandStatus.QUEUED,
                CommandEffect.NOT_EXPECTED,
                OUR_OWN,
                reason,
                at,
                until + answer_wait,
                until,
            ),
        )
    ).fetchone()
    assert row is not None
    return int(row[0])
