"""Taking in what the payment provider sends, in the name of nobody: the hold that it is about is looked at soon."""

from app.operations.desk import Desk
from app.ports.cashier import EventFacts
from app.store import payment_events


async def keep(*, desk: Desk, event: EventFacts) -> bool:
    """False for a repetition. What is about nothing of ours is kept as ignored."""
    async with desk.database.lookup() as connection:
        is_new = await payment_events.keep(connection, event, at=desk.now())
    desk.hurry()
    return is_new
