"""The histories' days: leaves made ahead of midnight, dropped by policy."""

from datetime import date

from app.store.intake.connection import IngestConnection

HISTORIES = ("reading", "frame", "authorisation", "event_log")


async def ensure_day(connection: IngestConnection, day: date) -> None:
    """Makes the day's leaves if they are missing; cheap when they are there."""
    await connection.execute("SELECT ensure_history_day(%s)", (day,))


async def drop_before(connection: IngestConnection, history: str, oldest: date) -> int:
    """Drops whole days older than ``oldest``; how many."""
    row = await (await connection.execute("SELECT drop_history_before(%s, %s)", (history, oldest))).fetchone()
    assert row is not None
    return int(row[0])


async def bytes_of(connection: IngestConnection, history: str) -> int:
    """How much disk a history takes, with its indexes."""
    row = await (
        await connection.execute(
            "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits WHERE inhparent = %s::regclass",
            (history,),
        )
    ).fetchone()
    assert row is not None
    return int(row[0])
