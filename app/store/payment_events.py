"""What the payment provider sent: kept once, before anybody knows whose it is."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ports.cashier import EventFacts

_KEEP = text("SELECT keep_payment_event(:account, :id, :type, :kind, :object, :hold, :intent, :created_at, :at)")


async def keep(connection: AsyncConnection, event: EventFacts, *, at: datetime) -> bool:
    """False for a repetition."""
    kept = await connection.execute(
        _KEEP,
        {
            "account": event.account or "",
            "id": event.event_id,
            "type": event.type,
            "kind": event.object_kind,
            "object": event.object_id,
            "hold": event.hold_id,
            "intent": event.intent,
            "created_at": event.created_at,
            "at": at,
        },
    )
    return bool(kept.scalar_one())
