"""One call to the payment provider: written before it is made, so that no crash can hide that it may have happened.

Its outcome changes the hold by `answered` and `refused`; what we do without the provider by `done`. All are pure.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.hold import UNPAID, Hold, HoldStatus, IntentFacts, RefundStatus, seen
from app.domain.owed import Deed, Step

KEY_LIFE = timedelta(hours=23)  # Stripe keeps a key for at least a day
_BACKOFF_FIRST_S, _BACKOFF_MAX_S = 2, 600


class CallState(StrEnum):
    """WANTED until the provider's answer is written. LOST keys are never used again."""

    WANTED = "WANTED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class PaymentCall:
    """The exact parameters of a call; a repeat sends the same under the same key."""

    key: int
    hold_key: int
    deed: Deed
    generation: int
    idempotency_key: str
    amount_minor: int
    fee_minor: int
    reason: str
    provisional: bool
    waived_minor: int
    refund_key: int | None
    created_at: datetime
    attempts: int = 0
    state: CallState = CallState.WANTED

    def is_stale(self, at: datetime) -> bool:
        """Whether the provider may have forgotten the key: the object must be looked for first."""
        return at >= self.created_at + KEY_LIFE


def idempotency_key(hold: Hold, step: Step, generation: int) -> str:
    """One key for one deed of one hold; another generation is another attempt at the same deed."""
    deed = f"{step.deed}:{step.refund_key or ''}:{generation}"
    digest = hashlib.sha256(f"{hold.operator_key}:{hold.uuid}:{deed}".encode()).hexdigest()
    return f"vg-{digest[:48]}"


def backoff(attempts: int) -> timedelta:
    return timedelta(seconds=min(_BACKOFF_FIRST_S * 2 ** min(attempts, 20), _BACKOFF_MAX_S))


def _raised(before: Hold, after: Hold) -> Hold:
    """One version up for whatever changed, however many steps it took."""
    unnumbered = replace(after, version=before.version)
    return before if unnumbered == before else replace(unnumbered, version=before.version + 1)


def answered(hold: Hold, call: PaymentCall, facts: IntentFacts, at: datetime) -> Hold:
    """The hold after the provider did it."""
    known = seen(hold, facts, at)
    if call.deed is Deed.CAPTURE and known.status is HoldStatus.CAPTURED and hold.status is not HoldStatus.CAPTURED:
        known = replace(known, fee_minor=call.fee_minor, provisional=call.provisional)
    if call.deed is Deed.CANCEL and known.status is HoldStatus.RELEASED:
        waived, why = known.waived_minor or call.waived_minor, known.release_wanted or call.reason
        known = replace(known, waived_minor=waived, release_wanted=why)
    return _raised(hold, known)


def refused(hold: Hold, call: PaymentCall, code: str, facts: IntentFacts | None, at: datetime) -> Hold:
    """The hold after the provider said no, and what its object said then (None: there is no object)."""
    known = hold if facts is None else seen(hold, facts, at)
    if call.deed is Deed.CREATE and known.status in UNPAID:
        known = replace(known, status=HoldStatus.FAILED, failure=code)
    if call.deed is Deed.INCREMENT:
        known = replace(known, increment_refused=True)
    return _raised(hold, known)


def refunded(hold: Hold, refund_key: int, status: RefundStatus, reference: str | None, failure: str | None) -> Hold:
    """The hold after a repayment was made or refused."""
    refunds = tuple(
        replace(refund, status=status, reference=reference or refund.reference, failure=failure)
        if refund.key == refund_key
        else refund
        for refund in hold.refunds
    )
    given = sum(
        refund.amount_minor for refund in refunds if refund.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
    )
    return _raised(hold, replace(hold, refunds=refunds, refunded_minor=max(given, hold.refunded_minor)))


_REFUND_RANK = (RefundStatus.REQUESTED, RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED)


def refund_seen(hold: Hold, reference: str, status: RefundStatus, failure: str | None) -> Hold:
    """The hold, knowing how far the provider is with a repayment: one that failed after all has failed for good."""
    for refund in hold.refunds:
        if refund.reference == reference and _REFUND_RANK.index(status) > _REFUND_RANK.index(refund.status):
            return refunded(hold, refund.key, status, reference, failure)
    return hold


def done(hold: Hold, step: Step, at: datetime) -> Hold:
    """The hold after a step of our own."""
    match step.deed:
        case Deed.RELEASE:
            after = replace(hold, status=HoldStatus.RELEASED, release_wanted=step.reason)
        case Deed.WARN:
            after = replace(hold, warned_at=at)
        case Deed.LOWER:
            after = replace(hold, lowered_at=at)
        case Deed.STOP:
            after = replace(hold, stop_asked_at=at)
        case Deed.CORRECT:
            after = replace(hold, provisional=False)
        case Deed.OWE:
            after = replace(hold, debt_minor=step.amount_minor)
        case _:
            raise ValueError(f"{step.deed} is not a step of our own")
    return _raised(hold, after)
