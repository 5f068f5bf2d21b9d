"""What the core needs from a payment provider. No card data and no provider's type crosses this port.

Every call names the operator's account at the provider (None: the installation's own) and, where it changes something,
an idempotency key from a row that was committed before. Raises of all calls: `Declined`, `CashierUnavailable`,
`KeyPoisoned`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.domain.dispute import DisputeFacts
from app.domain.hold import IntentFacts, PayWay, RefundStatus
from app.domain.payout import BalanceLine, PayoutFacts
from app.domain.refusal import VendorUnavailable


class Declined(Exception):
    """The provider understood and said no; the same call will be refused again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class CashierUnavailable(VendorUnavailable):
    """Nobody knows whether it happened: the same call is made again under the same key."""


class KeyPoisoned(Exception):
    """The provider keeps a failure of its own under this key: look the object up, then use a new key."""


@dataclass(frozen=True, slots=True)
class Call:
    """For whom, and under which key; reading needs no key."""

    account: str | None
    key: str = ""


@dataclass(frozen=True, slots=True)
class IntentDraft:
    """A hold to be made. ``hold_id`` is written on the provider's object, by which it is found again."""

    hold_id: UUID
    amount_minor: int
    currency: str
    way: PayWay
    description: str
    return_url: str | None = None
    contact: str | None = None
    expires_at: datetime | None = None
    customer: str | None = None
    payment_method: str | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """The provider's names of a hold: the intent's, the checkout page's, or both; and of the reader that asks."""

    intent: str | None
    checkout: str | None
    currency: str
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class RefundFacts:
    reference: str
    amount_minor: int
    status: RefundStatus
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class EventFacts:
    """A message of the provider: which object it is about, not what it says of it (that is read afresh)."""

    event_id: str
    account: str | None
    type: str
    object_kind: str
    object_id: str
    hold_id: UUID | None
    intent: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CardDraft:
    """A card to be saved for later, of the account that pays."""

    account_id: UUID
    contact: str | None
    return_url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """``customer`` and ``payment_method`` are given once the card is saved; until then the page to save it on."""

    reference: str
    url: str | None = None
    customer: str | None = None
    payment_method: str | None = None
    brand: str | None = None
    last_four: str | None = None


@dataclass(frozen=True, slots=True)
class EvidencePack:
    """What speaks for us in a dispute."""

    service: str
    access_log: str
    receipt: str
    submit: bool
    served_on: str | None = None
    file: bytes | None = None  # a PDF


@dataclass(frozen=True, slots=True)
class BalanceWanted:
    """Lines from one moment until before another, or those that a payout took."""

    start: datetime | None = None
    end: datetime | None = None
    payout: str | None = None


@dataclass(frozen=True, slots=True)
class BalancePage:
    """Some lines, newest first. ``after``: where the next page begins; None: there is none."""

    lines: tuple[BalanceLine, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class PayoutPage:
    """Some payouts, newest first. ``after`` as in `BalancePage`."""

    payouts: tuple[PayoutFacts, ...]
    after: str | None


class Cashier(Protocol):
    """A payment provider."""

    @property
    def simulated(self) -> bool:
        """Whether no real money moves."""
        ...

    async def has_reader(self, call: Call, reader: str) -> bool: ...
    async def create(self, call: Call, draft: IntentDraft) -> IntentFacts: ...
    async def read(self, call: Call, reference: Reference) -> IntentFacts: ...
    async def find(self, call: Call, hold_id: UUID, *, made_after: datetime) -> IntentFacts | None: ...
    async def increment(self, call: Call, reference: Reference, amount_minor: int) -> IntentFacts: ...
    async def capture(self, call: Call, reference: Reference, amount_minor: int, fee_minor: int) -> IntentFacts: ...
    async def cancel(self, call: Call, reference: Reference) -> IntentFacts: ...
    async def refund(self, call: Call, reference: Reference, amount_minor: int, refund_id: UUID) -> RefundFacts: ...
    async def find_refund(self, call: Call, reference: Reference, refund_id: UUID) -> RefundFacts | None: ...
    async def refunds(self, call: Call, reference: Reference) -> tuple[RefundFacts, ...]: ...
    async def balance(self, call: Call, wanted: BalanceWanted, after: str | None) -> BalancePage: ...
    async def payouts(self, call: Call, since: datetime, after: str | None) -> PayoutPage: ...
    async def events_since(self, call: Call, since: datetime) -> tuple[EventFacts, ...]: ...
    async def save_card(self, call: Call, draft: CardDraft) -> CardFacts: ...
    async def read_card(self, call: Call, reference: str) -> CardFacts: ...
    async def forget_card(self, call: Call, payment_method: str) -> None: ...
    async def dispute(self, call: Call, reference: str) -> DisputeFacts: ...
    async def disputes(self, call: Call, reference: Reference) -> tuple[DisputeFacts, ...]: ...
    async def accept(self, call: Call, reference: str) -> DisputeFacts: ...
    async def give_evidence(self, call: Call, reference: str, pack: EvidencePack) -> DisputeFacts: ...
    async def close(self) -> None: ...
