"""Who may connect: a station's credentials by its identity, and every attempt with its hint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from app.domain.handshake import HINTS, AttemptResult, Handshake
from app.store.intake.connection import IngestConnection

_PATH_MAX = 300

# Not COPY, which PostgreSQL refuses on a table with row security.
_RECORD = """INSERT INTO connection_attempt (operator_key, station_key, at, path, identity, remote_address,
    offered_subprotocols, result, hint)
SELECT * FROM json_to_recordset(%s::json) AS x(operator_key bigint, station_key bigint, at timestamptz, path text,
    identity text, remote_address text, offered_subprotocols text[], result text, hint text)"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a handshake is judged by; ``digest`` None means security profile 0 (no password)."""

    station_key: int
    operator_key: int
    lifecycle: str
    profile_floor: int
    salt: bytes | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One handshake and how it ended."""

    handshake: Handshake
    result: AttemptResult
    operator_key: int | None = None
    station_key: int | None = None


async def credentials_of(connection: IngestConnection, identities: Sequence[str]) -> dict[str, Credentials]:
    """The credentials of the stations with these identities."""
    cursor = await connection.execute(
        "SELECT identity, key, operator_key, lifecycle, security_profile_floor, credential_salt, credential_digest "
        "FROM station WHERE identity = ANY(%s)",
        (list(identities),),
        binary=True,
    )
    return {row[0]: Credentials(*row[1:]) for row in await cursor.fetchall()}


async def record_attempts(connection: IngestConnection, attempts: Sequence[Attempt]) -> None:
    """Appends attempts; text that PostgreSQL cannot store is escaped, all of it is bounded."""
    rows = [
        {
            "operator_key": attempt.operator_key,
            "station_key": attempt.station_key,
            "at": attempt.handshake.at,
            "path": _clean(attempt.handshake.path),
            "identity": _clean(attempt.handshake.identity)[:48],
            "remote_address": attempt.handshake.remote_address,
            "offered_subprotocols": [_clean(name)[:40] for name in attempt.handshake.offered_subprotocols[:8]],
            "result": attempt.result,
            "hint": HINTS[attempt.result],
        }
        for attempt in attempts
    ]
    await connection.execute(_RECORD, (orjson.dumps(rows).decode(),))


async def forget_attempts(connection: IngestConnection, before: datetime) -> None:
    """Drops what nobody will look at any more."""
    await connection.execute("DELETE FROM connection_attempt WHERE at < %s", (before,))


def _clean(text: str) -> str:
    return (
        text[:_PATH_MAX].encode("unicode_escape", "replace").decode("ascii")
        if not text.isprintable()
        else text[:_PATH_MAX]
    )
