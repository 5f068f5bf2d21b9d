"""Card readers: the provider's terminals at a location, where a driver taps a card to pay for an EVSE of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LABEL_MAX = 50


@dataclass(frozen=True, slots=True)
class CardReader:
    """``reference`` is the provider's name of it, in the account ``account`` (None: the installation's own)."""

    key: int
    uuid: UUID
    operator_key: int
    location_key: int
    account: str | None
    reference: str
    label: str
    created_at: datetime
