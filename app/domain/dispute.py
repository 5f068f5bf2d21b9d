"""A dispute: a driver's bank takes captured money back until it is decided whose it is.

`seen` takes in what the provider says, in any order and any number of times. Amounts are whole minor units.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

EVIDENCE_MARGIN = timedelta(days=2)  # before the deadline the evidence is sent by itself
LOOK_EVERY = timedelta(hours=6)  # at an open one, without any message


class DisputeStatus(StrEnum):
    """Where a dispute is. An INQUIRY is a bank's question before any money is taken."""

    INQUIRY = "INQUIRY"
    NEEDS_RESPONSE = "NEEDS_RESPONSE"
    UNDER_REVIEW = "UNDER_REVIEW"
    CLOSED = "CLOSED"
    WON = "WON"
    LOST = "LOST"


OPEN = frozenset({DisputeStatus.INQUIRY, DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW})
_RANK = {status: rank for rank, status in enumerate(DisputeStatus)}


class DisputeWish(StrEnum):
    """What is to be done about it at the provider; ACCEPT is final."""

    SUBMIT = "SUBMIT"
    ACCEPT = "ACCEPT"


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """What the provider's object says now."""

    reference: str
    intent: str | None
    amount_minor: int
    currency: str
    status: DisputeStatus
    reason: str
    evidence_due_by: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as it is kept. ``wish`` is what we owe the provider, ``submitted_at`` when our evidence was taken."""

    key: int
    uuid: UUID
    hold_key: int
    facts: DisputeFacts
    wish: DisputeWish | None = None
    submitted_at: datetime | None = None
    failure: str | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        return self.facts.status in OPEN


def seen(dispute: Dispute, facts: DisputeFacts) -> Dispute:
    """Knowing what the provider says; an older answer that arrives late changes nothing."""
    if _RANK[facts.status] <= _RANK[dispute.facts.status]:
        return dispute
    open_ = facts.status in (DisputeStatus.INQUIRY, DisputeStatus.NEEDS_RESPONSE)
    return replace(dispute, facts=facts, wish=dispute.wish if open_ else None, version=dispute.version + 1)


def owed_wish(dispute: Dispute, at: datetime) -> DisputeWish | None:
    """What is to be done now: what somebody wants, else the evidence once its deadline is near."""
    due = dispute.facts.evidence_due_by
    if dispute.facts.status not in (DisputeStatus.INQUIRY, DisputeStatus.NEEDS_RESPONSE):
        return None
    if dispute.wish is not None:
        return dispute.wish
    near = due is not None and at >= due - EVIDENCE_MARGIN
    return DisputeWish.SUBMIT if near and dispute.submitted_at is None else None


def next_look(dispute: Dispute, at: datetime) -> datetime | None:
    """When to look at it again; None for never."""
    if not dispute.is_open:
        return None
    due = dispute.facts.evidence_due_by
    looks = [at + LOOK_EVERY] + ([] if due is None else [due - EVIDENCE_MARGIN])
    return min(moment for moment in looks if moment > at)
