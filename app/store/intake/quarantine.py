"""Events that could not be taken, kept whole for a person."""

from app.domain.event import Arrival
from app.store.intake.connection import IngestConnection


async def add(connection: IngestConnection, arrival: Arrival, error: str) -> None:
    """Keeps the raw frame and why it failed; what PostgreSQL cannot store (NUL, lone surrogates) becomes its escape."""
    await connection.execute(
        "INSERT INTO quarantine (operator_key, station_key, received_at, action, message_id, raw, error) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            arrival.operator_key,
            arrival.station_key,
            arrival.received_at,
            *(_storable(text) for text in (arrival.action, arrival.message_id, arrival.frame, error)),
        ),
    )


def _storable(text: str) -> str:
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()
