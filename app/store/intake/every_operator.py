"""Every operator of the installation, for what is done for each of them in turn."""

from uuid import UUID

from app.store.intake.connection import IngestConnection


async def every_operator(connection: IngestConnection) -> list[tuple[int, UUID]]:
    """Keys and ids, oldest first."""
    return await (await connection.execute("SELECT key, id FROM operator ORDER BY key")).fetchall()
