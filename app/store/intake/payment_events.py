"""Which accounts' messages may have been missed, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.ports.cashier import EventFacts
from app.store.intake.connection import IngestConnection

OVERLAP = timedelta(hours=1)
KEPT_BY_PROVIDER = timedelta(days=30)
_FIRST_LOOK = timedelta(days=1)
_ACCOUNTS = """SELECT coalesce(h.account, ''), max(e.created_at) FROM hold h
LEFT JOIN payment_event e ON e.account = coalesce(h.account, '')
WHERE h.created_at > %s GROUP BY 1"""
_KEEP = "SELECT keep_payment_event(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Missed:
    """An account (None: the installation's own), and the moment from which on its messages are listed again."""

    account: str | None
    since: datetime


async def accounts(connection: IngestConnection, *, at: datetime) -> list[Missed]:
    """Those with holds that the provider may still have something to say about."""
    oldest = at - KEPT_BY_PROVIDER
    rows = await (await connection.execute(_ACCOUNTS, (oldest,))).fetchall()
    return [
        Missed(account or None, max(oldest, at - _FIRST_LOOK if last is None else last - OVERLAP))
        for account, last in rows
    ]


async def keep(connection: IngestConnection, event: EventFacts, *, at: datetime) -> bool:
    """False for one that had come."""
    values = (event.account or "", event.event_id, event.type, event.object_kind, event.object_id)
    rows = await connection.execute(_KEEP, (*values, event.hold_id, event.intent, event.created_at, at))
    found = await rows.fetchone()
    return bool(found and found[0])
