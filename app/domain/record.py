"""What a station says about its own record of a transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated


@dataclass(frozen=True, slots=True)
class TransactionStatus:
    """A station's answer to GetTransactionStatus (2.0.1 E14)."""

    ongoing: Annotated[bool | None, "Whether it still runs; null when the station did not say."]
    messages_in_queue: Annotated[bool, "Whether the station holds messages about it back; the bill waits for them."]
    answered_at: Annotated[datetime, "When it said so."]
