"""Which holds' disputes are due to be looked at."""

from datetime import datetime

from app.store.intake.connection import IngestConnection


async def due(connection: IngestConnection, *, at: datetime, limit: int = 100) -> list[tuple[int, int]]:
    """Operator and hold, longest due first."""
    rows = await connection.execute(
        "SELECT operator_key, hold_key FROM dispute_watch WHERE due_at <= %s ORDER BY due_at LIMIT %s", (at, limit)
    )
    return [(int(operator), int(hold)) for operator, hold in await rows.fetchall()]
