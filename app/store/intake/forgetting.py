"""What nobody will ask for again: quotes without a session, idempotency keys after a season, settled payment calls."""

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


# Over: nothing is held, asked for or repaid any more; a hold that is looked at again is not.
_FORGET_PAYMENTS = """
WITH over AS (
    SELECT h.key, h.id FROM hold h JOIN duty d ON d.hold_key = h.key AND d.kind = 'ADVANCE_HOLD'
    WHERE d.state = 'DONE' AND h.created_at < %(before)s AND NOT h.look
        AND h.status IN ('CAPTURED', 'RELEASED', 'EXPIRED', 'FAILED')
        AND NOT EXISTS (SELECT FROM refund r WHERE r.hold_key = h.key AND r.status IN ('REQUESTED', 'PENDING'))
), said AS (
    DELETE FROM payment_call WHERE key IN (
        SELECT c.key FROM payment_call c JOIN over o ON o.key = c.hold_key
        WHERE c.ended_at < %(before)s AND c.state <> 'WANTED' AND NOT (c.deed = 'CAPTURE' AND c.state = 'DONE')
        LIMIT %(most)s)
)
DELETE FROM payment_event WHERE key IN (
    SELECT e.key FROM payment_event e LEFT JOIN over o ON o.id = e.hold_id
    WHERE e.received_at < %(before)s AND e.created_at < %(before)s AND (e.hold_id IS NULL OR o.key IS NOT NULL)
    LIMIT %(most)s)"""


async def forget_payments(connection: IngestConnection, before: datetime) -> None:
    """What was said to the payment provider, and what it sent, about holds that are over.

    The one capture of a hold stays: reconciliation and payouts rest on it. A message that comes again after that is
    about an object that is looked at afresh, which changes nothing.
    """
    await connection.execute(_FORGET_PAYMENTS, {"before": before, "most": _AT_ONCE})
