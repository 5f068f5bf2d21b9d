"""What a duty must know of a transaction's record."""

from dataclasses import dataclass
from datetime import datetime

from app.store.intake.connection import IngestConnection


@dataclass(frozen=True, slots=True)
class Transaction:
    """A session by the station's own name of it."""

    location_key: int
    evse_key: int | None
    transaction_id: str


async def unsettled(connection: IngestConnection, session_key: int) -> Transaction | None:
    """The session's transaction while its bill is unwritten; None when nothing need be asked any more."""
    row = await (
        await connection.execute(
            "SELECT location_key, evse_key, transaction_id FROM session "
            "WHERE key = %s AND settled_at IS NULL AND transaction_id IS NOT NULL",
            (session_key,),
        )
    ).fetchone()
    return None if row is None else Transaction(*row)


async def held_back_since(connection: IngestConnection, session_key: int) -> datetime | None:
    """When the station last said that it holds messages of this transaction back; None when it does not."""
    row = await (
        await connection.execute(
            "SELECT answered_at FROM transaction_status WHERE session_key = %s AND messages_in_queue", (session_key,)
        )
    ).fetchone()
    return None if row is None else row[0]
