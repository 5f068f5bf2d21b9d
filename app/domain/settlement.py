"""What a session costs by its pinned tariff, and when the bill may be written.

Ended is not settled: COMPLETED says that energy has ended; a session is settled once its record is complete and nothing
awaits review, or once the grace for missing messages has passed.
"""

from collections.abc import Mapping
from datetime import datetime

from app.domain.pricing import Consumption, total_minor
from app.domain.session import (
    BLOCKING_REVIEWS,
    ReviewCode,
    Session,
    SessionStatus,
    StepMark,
    StepName,
    StepState,
    evolve,
    record_is_complete,
)
from app.domain.tariff import Tariff


def cost_of(session: Session, tariffs: Mapping[int, Tariff]) -> int | None:
    """The total in minor units; None without a tariff or before anything began."""
    tariff = tariffs.get(session.tariff_key or 0)
    began = session.started_at or session.ended_at
    if tariff is None or began is None:
        return None
    until = session.ended_at or session.meter.last_at or began
    return total_minor(tariff, Consumption(session.energy_wh, began, until))


def may_settle(session: Session) -> bool:
    """Whether the bill may be written: the record is complete and nothing awaits review."""
    return (
        session.status is SessionStatus.COMPLETED
        and session.settled_at is None
        and record_is_complete(session)
        and BLOCKING_REVIEWS.isdisjoint(session.flags)
    )


def settled(session: Session, *, at: datetime) -> Session:
    """The session with its bill written."""
    steps = session.steps | {StepName.PRICED.value: StepMark(StepState.DONE, at)}
    return evolve(session, settled_at=at, steps=steps)


def after_grace(session: Session, tariffs: Mapping[int, Tariff], *, at: datetime) -> Session | None:
    """What becomes of an ended session whose missing messages did not come in time; None when nothing changes.

    The gap is flagged, never hidden; what awaits a person's review goes on waiting.
    """
    if session.status is not SessionStatus.COMPLETED or session.settled_at is not None:
        return None
    flags = set(session.flags)
    if not record_is_complete(session):
        flags.add(ReviewCode.INCOMPLETE_RECORD.value)
    closing = evolve(session, flags=tuple(sorted(flags)), cost_minor=cost_of(session, tariffs))
    if BLOCKING_REVIEWS.isdisjoint(flags):
        closing = settled(closing, at=at)
    return None if closing == session else evolve(closing, version=session.version + 1)
