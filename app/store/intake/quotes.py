"""Quotes that nobody used are forgotten; one that a session carries stays with it."""

from datetime import datetime

from app.store.intake.connection import IngestConnection


async def forget_quotes(connection: IngestConnection, before: datetime) -> None:
    """Drops those that ended before a moment without a session."""
    await connection.execute(
        "DELETE FROM quote q WHERE q.valid_until < %s AND NOT EXISTS (SELECT FROM session s WHERE s.quote_key = q.key)",
        (before,),
    )
