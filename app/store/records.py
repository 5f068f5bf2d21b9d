"""What stations say about their records of transactions."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.record import TransactionStatus
from app.domain.scope import Scope
from app.store.record_tables import transaction_status
from app.store.within import allowed_station, among


async def statuses(
    connection: AsyncConnection, scope: Scope, session_keys: Collection[int]
) -> dict[int, TransactionStatus]:
    """By session."""
    rows = await connection.execute(
        select(transaction_status).where(
            among(transaction_status.c.session_key, session_keys),
            allowed_station(scope, transaction_status.c.station_key),
        )
    )
    return {row.session_key: TransactionStatus(row.ongoing, row.messages_in_queue, row.answered_at) for row in rows}
