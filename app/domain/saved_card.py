"""A card that a driver saved at the payment provider: what is owed for it next, as one pure question.

The provider has the number; we have its names of the card, and what a person knows it by.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

OFFER_LIFE = timedelta(hours=1)  # of the page where the card is given
LOOK_EVERY = timedelta(seconds=3)


class CardState(StrEnum):
    """WANTED and OFFERED wait for the driver; LAPSED and FORGOTTEN are ends."""

    WANTED = "WANTED"
    OFFERED = "OFFERED"
    SAVED = "SAVED"
    LAPSED = "LAPSED"
    REMOVED = "REMOVED"
    FORGOTTEN = "FORGOTTEN"


class CardDeed(StrEnum):
    """What is done at the provider."""

    OFFER = "OFFER"
    READ = "READ"
    FORGET = "FORGET"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class SavedCard:
    """``reference`` and ``url`` are the provider's page; ``customer`` and ``payment_method`` its names of the card."""

    key: int
    uuid: UUID
    operator_key: int
    driver_key: int
    account: str | None
    state: CardState
    offered_until: datetime
    created_at: datetime
    return_url: str | None = None
    reference: str | None = None
    url: str | None = None
    customer: str | None = None
    payment_method: str | None = None
    brand: str | None = None
    last_four: str | None = None
    preferred: bool = False
    saved_at: datetime | None = None
    version: int = 1

    @property
    def usable(self) -> bool:
        return self.state is CardState.SAVED and self.payment_method is not None


_DEEDS = {
    CardState.WANTED: CardDeed.OFFER,
    CardState.OFFERED: CardDeed.READ,
    CardState.REMOVED: CardDeed.FORGET,
}


def owed(card: SavedCard) -> CardDeed:
    """What the provider is to be asked for next."""
    return _DEEDS.get(card.state, CardDeed.NOTHING)


def offered(card: SavedCard, *, reference: str, url: str | None) -> SavedCard:
    """The page is there. A card that was removed meanwhile stays removed, with the page to end."""
    state = CardState.OFFERED if card.state is CardState.WANTED else card.state
    return replace(card, state=state, reference=reference, url=url)


def lapsed(card: SavedCard) -> SavedCard:
    """There is no page, or nobody used it."""
    return replace(card, state=CardState.LAPSED, url=None)


def read(
    card: SavedCard, *, customer: str | None, payment_method: str | None, brand: str | None, last_four: str | None,
    at: datetime,
) -> SavedCard:  # fmt: skip
    """What the page says now: the card, nothing yet, or nothing any more."""
    if payment_method is None:
        over = card.state is CardState.OFFERED and at >= card.offered_until
        return lapsed(card) if over else card
    known = replace(
        card, customer=customer, payment_method=payment_method, brand=brand, last_four=last_four, url=None, saved_at=at
    )
    return replace(known, state=CardState.SAVED) if card.state is CardState.OFFERED else known


def removed(card: SavedCard) -> SavedCard:
    """Taken back: what the provider knows is forgotten there, what it never knew at once."""
    state = CardState.REMOVED if card.reference is not None else CardState.FORGOTTEN
    return replace(card, state=state, url=None, preferred=False)


def forgotten(card: SavedCard) -> SavedCard:
    """Nothing of it is left at the provider, nor here what could be used or recognised."""
    return replace(
        card, state=CardState.FORGOTTEN, customer=None, payment_method=None, brand=None, last_four=None, url=None,
        reference=None, return_url=None,
    )  # fmt: skip
