"""What we still owe, as rows: found when due, locked while done, retried with patience."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.stay import Cover
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
        "SELECT key FROM duty WHERE state = 'OWED' AND due_at <= %s AND (leased_until IS NULL OR leased_until <= %s) "
        "ORDER BY due_at LIMIT %s",
        (at, at, limit),
    )
    return [row[0] for row in await cursor.fetchall()]


async def take_duty(connection: IngestConnection, key: int) -> DueDuty | None:
    """The duty, locked; None when it is done, given up, or in another worker's hands."""
    cursor = await connection.execute(
        "SELECT key, kind, operator_key, station_key, session_key FROM duty WHERE key = %s AND state = 'OWED' "
        "AND hold_key IS NULL AND code_key IS NULL AND payment_method_key IS NULL AND letter_key IS NULL "
        "FOR UPDATE SKIP LOCKED",
        (key,),
    )
    row = await cursor.fetchone()
    return None if row is None else DueDuty(*row)


@dataclass(frozen=True, slots=True)
class Lease:
    """A duty that is done outside any transaction. ``wakes`` is how often it had been woken when it was taken."""

    key: int
    operator_key: int
    hold_key: int | None
    wakes: int
    code_key: int | None = None
    payment_method_key: int | None = None
    letter_key: int | None = None


async def lease_duty(connection: IngestConnection, key: int, *, at: datetime, until: datetime) -> Lease | None:
    """Takes a duty that calls somebody outside (a hold's, a message's, a card's) until ``until``.

    None for another kind, and while somebody else has it.
    """
    cursor = await connection.execute(
        "UPDATE duty SET leased_until = %s WHERE key = %s AND state = 'OWED' "
        "AND num_nonnulls(hold_key, code_key, payment_method_key, letter_key) > 0 AND (leased_until IS NULL OR leased_until <= %s) "
        "RETURNING key, operator_key, hold_key, wakes, code_key, payment_method_key, letter_key",
        (until, key, at),
    )
    row = await cursor.fetchone()
    return None if row is None else Lease(*row)


async def end_lease(connection: IngestConnection, lease: Lease, *, at: datetime, due_at: datetime | None) -> None:
    """Gives it back, due again at ``due_at`` or (None) done; a wake that came meanwhile makes it due at once."""
    await connection.execute(
        "UPDATE duty SET leased_until = NULL, attempts = attempts + 1, last_error = NULL, "
        "due_at = CASE WHEN wakes <> %(wakes)s THEN %(at)s ELSE coalesce(%(due_at)s, due_at) END, "
        "state = CASE WHEN wakes <> %(wakes)s OR %(due_at)s::timestamptz IS NOT NULL THEN 'OWED' ELSE 'DONE' END, "
        "done_at = CASE WHEN wakes <> %(wakes)s OR %(due_at)s::timestamptz IS NOT NULL THEN NULL ELSE %(at)s END "
        "WHERE key = %(key)s",
        {"wakes": lease.wakes, "at": at, "due_at": due_at, "key": lease.key},
    )


async def fail_lease(connection: IngestConnection, lease: Lease, *, error: str, retry_at: datetime) -> None:
    """What concerns money is never given up."""
    await connection.execute(
        "UPDATE duty SET leased_until = NULL, attempts = attempts + 1, last_error = %s, due_at = %s WHERE key = %s",
        (error[:500], retry_at, lease.key),
    )


async def wake_changed_holds(connection: IngestConnection, *, at: datetime) -> None:
    """Holds whose session has changed since they were looked at are due now."""
    await connection.execute(
        "UPDATE duty d SET due_at = %s, wakes = wakes + 1 FROM hold h JOIN session s ON s.key = h.session_key "
        "WHERE d.hold_key = h.key AND d.state = 'OWED' AND d.due_at > %s "
        "AND s.version IS DISTINCT FROM h.session_version",
        (at, at),
    )


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


async def cover_of(connection: IngestConnection, session_key: int) -> Cover | None:
    """What a card covers of a session; None when none does."""
    row = await (
        await connection.execute(
            "SELECT held_minor, capture_before FROM hold WHERE session_key = %s AND status = 'HELD'", (session_key,)
        )
    ).fetchone()
    return None if row is None else Cover(*row)
