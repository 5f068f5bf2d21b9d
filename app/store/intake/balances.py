"""Which accounts' balances are due to be read at the provider."""

from dataclasses import dataclass
from datetime import datetime

from app.store.intake.connection import IngestConnection


@dataclass(frozen=True, slots=True)
class Reading:
    """An account ('' is the installation's own), read until a moment; a window being read has an end and a page."""

    account: str
    operator_key: int
    read_until: datetime
    window_end: datetime | None
    after: str | None


async def due(connection: IngestConnection, *, at: datetime, limit: int = 100) -> list[Reading]:
    """Longest due first."""
    rows = await connection.execute(
        "SELECT account, operator_key, read_until, window_end, after FROM balance_reading WHERE NOT shared AND due_at <= %s "
        "ORDER BY due_at LIMIT %s",
        (at, limit),
    )
    return [Reading(*row) for row in await rows.fetchall()]
