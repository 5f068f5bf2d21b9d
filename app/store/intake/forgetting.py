"""What nobody will ask for again: quotes without a session, and idempotency keys after a season."""

from datetime import datetime, timedelta

from app.store.intake.connection import IngestConnection

_AT_ONCE = 10_000


async def forget_quotes(connection: IngestConnection, before: datetime) -> None:
    """Drops those that ended before a moment without a session; one that a session or a hold names stays with it."""
    await connection.execute(
        "DELETE FROM quote WHERE key IN (SELECT q.key FROM quote q WHERE q.valid_until < %s "
        "AND NOT EXISTS (SELECT FROM session s WHERE s.quote_key = q.key) "
        "AND NOT EXISTS (SELECT FROM hold h WHERE h.quote_key = q.key) LIMIT %s)",
        (before, _AT_ONCE),
    )


async def forget_keys(connection: IngestConnection, before: datetime) -> None:
    """A repeat after that is a new deed."""
    await connection.execute(
        "DELETE FROM idempotency WHERE ctid IN (SELECT ctid FROM idempotency WHERE created_at < %s LIMIT %s)",
        (before, _AT_ONCE),
    )


async def forget_guests(connection: IngestConnection, at: datetime) -> None:
    """Ways back that have ended, the addresses that were given for them, and letters of the day before."""
    await connection.execute(
        "WITH over AS (SELECT g.key, g.hold_key FROM guest_access g JOIN hold h ON h.key = g.hold_key "
        "WHERE g.created_at < %(at)s - interval '7 days' AND guest_ends(h) < %(at)s LIMIT %(most)s), "
        "silent AS (UPDATE hold SET contact = NULL WHERE key IN (SELECT hold_key FROM over)) "
        "DELETE FROM guest_access WHERE key IN (SELECT key FROM over)",
        {"at": at, "most": _AT_ONCE},
    )
    await connection.execute(
        "DELETE FROM guest_letter WHERE key IN (SELECT key FROM guest_letter WHERE asked_at < %s LIMIT %s)",
        (at - timedelta(days=1), _AT_ONCE),
    )
