"""What we still owe, as rows: found when due, locked while done, retried with patience."""

from dataclasses import dataclass
from datetime import datetime

from app.store.intake.connection import IngestConnection


@dataclass(frozen=True, slots=True)
class DueDuty:
    key: int
    kind: str
    operator_key: int
    station_key: int | None
    session_key: int | None


async def due_duties(connection: IngestConnection, *, at: datetime, limit: int = 200) -> list[int]:
    """Keys of duties whose time has come, oldest first."""
    cursor = await connection.execute(
        "SELECT key FROM duty WHERE state = 'OWED' AND due_at <= %s ORDER BY due_at LIMIT %s", (at, limit)
    )
    return [row[0] for row in await cursor.fetchall()]


async def take_duty(connection: IngestConnection, key: int) -> DueDuty | None:
    """The duty, locked; None when it is done, given up, or in another worker's hands."""
    cursor = await connection.execute(
        "SELECT key, kind, operator_key, station_key, session_key FROM duty WHERE key = %s AND state = 'OWED' "
        "FOR UPDATE SKIP LOCKED",
        (key,),
    )
    row = await cursor.fetchone()
    return None if row is None else DueDuty(*row)


async def finish_duty(connection: IngestConnection, key: int, *, at: datetime) -> None:
    await connection.execute(
        "UPDATE duty SET state = 'DONE', attempts = attempts + 1, done_at = %s, last_error = NULL WHERE key = %s",
        (at, key),
    )


async def postpone_duty(connection: IngestConnection, key: int, *, due_at: datetime) -> None:
    await connection.execute("UPDATE duty SET due_at = %s WHERE key = %s", (due_at, key))


async def fail_duty(connection: IngestConnection, key: int, *, error: str, retry_at: datetime, give_up: int) -> None:
    """One more attempt failed; after ``give_up`` of them a person must look."""
    await connection.execute(
        "UPDATE duty SET attempts = attempts + 1, last_error = %s, due_at = %s, "
        "state = CASE WHEN attempts + 1 >= %s THEN 'GIVEN_UP' ELSE 'OWED' END WHERE key = %s",
        (error[:500], retry_at, give_up, key),
    )


async def transaction_of(connection: IngestConnection, session_key: int) -> str | None:
    """The station's name for a session's transaction."""
    row = await (
        await connection.execute("SELECT transaction_id FROM session WHERE key = %s", (session_key,))
    ).fetchone()
    return None if row is None else row[0]
