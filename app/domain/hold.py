"""A hold on a driver's card: what the provider's object says about it, and what a hold is to us.

`seen` takes in what the provider says, in any order and any number of times; what follows is in `app.domain.owed`.
All amounts are integers in the currency's minor units.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class HoldStatus(StrEnum):
    """Where a hold is in its life; CAPTURED, RELEASED, EXPIRED and FAILED are its ends."""

    CREATED = "CREATED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    HELD = "HELD"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


TAKE_OVER_AFTER = timedelta(minutes=3)  # without a word of who began to pay: then somebody else may have the EVSE
TAKEN_OVER = "TAKEN_OVER"
UNPAID = frozenset({HoldStatus.CREATED, HoldStatus.ACTION_REQUIRED})
WITHOUT_MONEY = frozenset({HoldStatus.RELEASED, HoldStatus.EXPIRED, HoldStatus.FAILED})


class PayWay(StrEnum):
    """How the driver gives the card: on the provider's page, in a form of our page, saved before, or at a reader."""

    CHECKOUT = "CHECKOUT"
    ELEMENT = "ELEMENT"
    SAVED_CARD = "SAVED_CARD"
    READER = "READER"


class IntentState(StrEnum):
    """A provider's intent, as Stripe's PaymentIntent.status distinguishes."""

    UNPAID = "UNPAID"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    CAPTURABLE = "CAPTURABLE"
    CAPTURED = "CAPTURED"
    CANCELLED = "CANCELLED"


class RefundStatus(StrEnum):
    """REQUESTED is ours alone: the provider has not heard of it yet."""

    REQUESTED = "REQUESTED"
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """What the provider's object says now. ``reference`` is None while a checkout page has made no intent yet."""

    reference: str | None
    state: IntentState
    currency: str
    held_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    capture_before: datetime | None = None
    may_increment: bool = False
    expired: bool = False
    attempted_at: datetime | None = None
    failure: str | None = None
    checkout_reference: str | None = None
    checkout_url: str | None = None
    client_secret: str | None = None
    card_fingerprint: str | None = None  # once the card is held: the provider's name of the card itself


@dataclass(frozen=True, slots=True)
class Refund:
    """One repayment of a captured hold; each is one call at the provider."""

    key: int
    uuid: UUID
    amount_minor: int
    reason: str
    status: RefundStatus
    created_by: str
    created_at: datetime
    reference: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class SessionTarget:
    """What the driver wants at most: energy, cost, the battery's charge as the car reports it, time."""

    energy_wh: int | None = None
    cost_minor: int | None = None
    soc_percent: int | None = None
    duration_s: int | None = None


NO_TARGET = SessionTarget()


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it stands.

    ``wanted_minor`` is what the quote says to hold, ``held_minor`` what the card's bank holds. Marks of what we did
    once (``warned_at``, ``lowered_at``, ``stop_asked_at``) keep us from doing it again.
    """

    key: int
    uuid: UUID
    operator_key: int
    location_key: int
    station_key: int
    evse_key: int
    currency: str
    wanted_minor: int
    created_at: datetime
    pay_by: datetime
    way: PayWay = PayWay.CHECKOUT
    status: HoldStatus = HoldStatus.CREATED
    session_key: int | None = None
    quote_key: int | None = None
    driver_key: int | None = None  # whose card it is; None for whoever has no account
    account: str | None = None
    reference: str | None = None
    checkout_reference: str | None = None
    reader: str | None = None  # the provider's name of the one that asks for the card
    held_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    fee_minor: int = 0
    debt_minor: int = 0
    waived_minor: int = 0
    provisional: bool = False
    capture_before: datetime | None = None
    held_at: datetime | None = None
    may_increment: bool = False
    increment_refused: bool = False
    release_wanted: str | None = None
    attempted_at: datetime | None = None
    failure: str | None = None
    warned_at: datetime | None = None
    lowered_at: datetime | None = None
    stop_asked_at: datetime | None = None
    moved_at: datetime | None = None  # to another EVSE of the station, paid as it was
    checkout_url: str | None = None
    client_secret: str | None = None
    card_fingerprint: str | None = None
    target_energy_wh: int | None = None
    target_cost_minor: int | None = None
    target_soc_percent: int | None = None
    target_duration_s: int | None = None
    refunds: tuple[Refund, ...] = ()
    version: int = 1

    @property
    def target(self) -> SessionTarget:
        return SessionTarget(
            self.target_energy_wh, self.target_cost_minor, self.target_soc_percent, self.target_duration_s
        )

    @property
    def known_to_provider(self) -> bool:
        return self.reference is not None or self.checkout_reference is not None

    @property
    def refunds_minor(self) -> int:
        """All that was given back or is to be: a failed refund gives nothing back."""
        return sum(refund.amount_minor for refund in self.refunds if refund.status is not RefundStatus.FAILED)

    @property
    def given_minor(self) -> int:
        """What was given back or is to be, also on the provider's own pages. What failed after all came back."""
        reached = sum(
            refund.amount_minor
            for refund in self.refunds
            if refund.reference is not None and refund.status is not RefundStatus.REQUESTED
        )
        return self.refunds_minor + max(self.refunded_minor - reached, 0)


_RANK = {
    HoldStatus.CREATED: 0,
    HoldStatus.ACTION_REQUIRED: 1,
    HoldStatus.HELD: 2,
    HoldStatus.FAILED: 3,
    HoldStatus.RELEASED: 4,
    HoldStatus.EXPIRED: 5,
    HoldStatus.CAPTURED: 6,
}
_STATUS = {
    IntentState.UNPAID: HoldStatus.CREATED,
    IntentState.ACTION_REQUIRED: HoldStatus.ACTION_REQUIRED,
    IntentState.CAPTURABLE: HoldStatus.HELD,
    IntentState.CAPTURED: HoldStatus.CAPTURED,
    IntentState.CANCELLED: HoldStatus.RELEASED,
}


class WrongIntent(ValueError):
    """The provider's object is not this hold's: another currency or another reference."""


def _status(facts: IntentFacts) -> HoldStatus:
    if facts.state is IntentState.CANCELLED and facts.expired:
        return HoldStatus.EXPIRED
    return _STATUS[facts.state]


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _failure(hold: Hold, facts: IntentFacts) -> tuple[datetime | None, str | None]:
    """The reason of the latest attempt; of two at one moment the later in the alphabet, so that order says nothing."""
    if facts.attempted_at is None:
        return hold.attempted_at, hold.failure
    if hold.attempted_at is None or facts.attempted_at > hold.attempted_at:
        return facts.attempted_at, facts.failure
    if facts.attempted_at < hold.attempted_at:
        return hold.attempted_at, hold.failure
    return hold.attempted_at, max(hold.failure or "", facts.failure or "") or None


def seen(hold: Hold, facts: IntentFacts, at: datetime) -> Hold:
    """The hold, knowing what the provider says: nothing ever goes back, so order and repetition change nothing.

    An older answer that arrives late is recognised by its lower rank and smaller amounts. Raises `WrongIntent`.
    """
    if facts.currency.upper() != hold.currency:
        raise WrongIntent(f"a hold in {hold.currency} met an intent in {facts.currency}")
    if hold.reference is not None and facts.reference not in (None, hold.reference):
        raise WrongIntent(f"the hold's intent is {hold.reference}, not {facts.reference}")
    status = max(hold.status, _status(facts), key=_RANK.__getitem__)
    attempted_at, failure = _failure(hold, facts)
    held = max(hold.held_minor, facts.held_minor)
    held_at = hold.held_at or (at if facts.state in (IntentState.CAPTURABLE, IntentState.CAPTURED) else None)
    known = replace(
        hold,
        status=status,
        reference=hold.reference or facts.reference,
        checkout_reference=hold.checkout_reference or facts.checkout_reference,
        held_minor=held,
        captured_minor=max(hold.captured_minor, facts.captured_minor),
        refunded_minor=max(hold.refunded_minor, facts.refunded_minor),
        capture_before=_latest(hold.capture_before, facts.capture_before),
        held_at=held_at,
        may_increment=hold.may_increment or facts.may_increment,
        attempted_at=attempted_at,
        failure=failure,
        checkout_url=hold.checkout_url or facts.checkout_url,
        client_secret=hold.client_secret or facts.client_secret,
        card_fingerprint=hold.card_fingerprint or facts.card_fingerprint,
    )
    return hold if known == hold else replace(known, version=hold.version + 1)
