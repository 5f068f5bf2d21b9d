"""What the payment provider did with the money it has for us, line by line, and what it sent to the bank.

Amounts are whole minor units. Positive: the operator's balance at the provider grew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.hold import RefundStatus

PAYOUT_PATIENCE = timedelta(days=14)  # a capture is in a payout by then, whatever the provider's schedule is


class PayoutLineKind(StrEnum):
    """What a line of the provider's is about."""

    CHARGE = "CHARGE"
    REFUND = "REFUND"
    REFUND_FAILURE = "REFUND_FAILURE"
    PROVIDER_FEE = "PROVIDER_FEE"
    DISPUTE = "DISPUTE"
    ADJUSTMENT = "ADJUSTMENT"
    PAYOUT = "PAYOUT"


class PayoutStatus(StrEnum):
    """How far a payout is. One that was PAID may still be FAILED: the bank sends it back."""

    PENDING = "PENDING"
    IN_TRANSIT = "IN_TRANSIT"
    PAID = "PAID"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """A line as the provider says it. ``fee_minor`` is all that was kept of it, ``application_fee_minor`` our part.

    ``intent`` names the hold behind it, ``source`` the refund or dispute itself.
    """

    reference: str
    kind: PayoutLineKind
    currency: str
    amount_minor: int
    fee_minor: int
    application_fee_minor: int
    at: datetime
    source: str | None = None
    intent: str | None = None


def provider_fee_minor(kind: PayoutLineKind, amount_minor: int, fee_minor: int, application_fee_minor: int) -> int:
    """What the provider keeps for itself; of a fee's own line all of it. Also in migration 0017."""
    own = fee_minor - application_fee_minor
    return own - amount_minor if kind is PayoutLineKind.PROVIDER_FEE else own


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """A payout as the provider says it. ``complete``: its lines are known; never so for one asked for by hand."""

    reference: str
    amount_minor: int
    currency: str
    status: PayoutStatus
    automatic: bool
    complete: bool
    created_at: datetime
    arrives_at: datetime
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout as it is kept. Negative: the provider took it from the bank."""

    key: int
    uuid: UUID
    account: str | None
    facts: PayoutFacts
    version: int


@dataclass(frozen=True, slots=True)
class Ours:
    """What we know of the thing that a line names, each None where we know of no such thing."""

    captured_minor: int | None = None
    refund_minor: int | None = None
    refund_status: RefundStatus | None = None
    outside_refund_minor: int = 0  # given back on the provider's own pages, of this hold
    disputed_minor: int | None = None
    booked: bool = False  # a person had it booked as it is
    same_currency: bool = True


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """A line as it is kept, with what is known of its subject."""

    key: int
    uuid: UUID
    line: BalanceLine
    account: str | None
    payout_key: int | None
    hold_key: int | None
    session_key: int | None
    refund_id: UUID | None
    ours: Ours

    @property
    def is_matched(self) -> bool:
        return explained_minor(self.line, self.ours) == self.line.amount_minor


def explained_minor(line: BalanceLine, ours: Ours) -> int | None:
    """What the line should say, by what we know; None when nothing of ours explains it.

    An account that settles in another currency than was charged is believed about the amount.
    """
    if ours.booked or line.kind in (PayoutLineKind.PROVIDER_FEE, PayoutLineKind.PAYOUT):
        return line.amount_minor
    said = _said(line, ours)
    return line.amount_minor if said is not None and not ours.same_currency else said


def _said(line: BalanceLine, ours: Ours) -> int | None:
    match line.kind:
        case PayoutLineKind.CHARGE:
            return ours.captured_minor
        case PayoutLineKind.REFUND if ours.refund_minor is not None:
            return -ours.refund_minor
        case PayoutLineKind.REFUND if ours.outside_refund_minor >= -line.amount_minor:
            return line.amount_minor
        case PayoutLineKind.REFUND_FAILURE if ours.refund_status is RefundStatus.FAILED:
            return ours.refund_minor
        case PayoutLineKind.DISPUTE if ours.disputed_minor is not None:
            return ours.disputed_minor if line.amount_minor > 0 else -ours.disputed_minor
    return None
