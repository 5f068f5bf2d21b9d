"""What a session costs by its pinned tariff, and when the bill may be written.

Ended is not settled: COMPLETED says that energy has ended; a session is settled once its record is complete and nothing
awaits review, or once the grace for missing messages has passed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.domain.pricing import Price, SessionRecord, price
from app.domain.pricing.record import usage_of
from app.domain.pricing.simple import is_simple, simple_total_minor
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
from app.domain.tariff import Dimension, Tariff

NOTHING_KNOWN = SessionRecord()
_UNPLUGGED = frozenset({"EVDisconnected"})  # the reason of an end that is the unplugging


def priced(session: Session, tariff: Tariff, record: SessionRecord, *, at: datetime | None = None) -> Price | None:
    """The cost up to the end, up to ``at`` while there is none, or up to the last reading; None before it began."""
    until = at or session.ended_at or session.meter.last_at or session.started_at
    usage = None if until is None else usage_of(session, tariff, record, until=until)
    return None if usage is None else price(tariff, usage)


def cost_of(session: Session, tariffs: Mapping[int, Tariff], record: SessionRecord = NOTHING_KNOWN) -> int | None:
    """The total in minor units; None without a tariff or before anything began.

    The record is only looked at where the tariff's price depends on it (`needs_record`).
    """
    tariff = tariffs.get(session.tariff_key or 0)
    if tariff is None or (session.started_at is None and session.ended_at is None):
        return None
    if is_simple(tariff):
        return simple_total_minor(tariff, session.energy_wh)
    found = priced(session, tariff, record)
    return None if found is None else found.total_minor


def cost_so_far(session: Session, tariff: Tariff, record: SessionRecord, *, at: datetime | None) -> int:
    """What a session that is not settled costs up to its end, else up to ``at``; None: up to its last reading."""
    if is_simple(tariff):
        return simple_total_minor(tariff, session.energy_wh)
    found = priced(session, tariff, record, at=at if session.ended_at is None else session.ended_at)
    return 0 if found is None else found.total_minor


STAY_MAX = timedelta(days=1)  # longer is no parking but a wreck: the bill is written


def stays(session: Session, tariff: Tariff | None, *, occupied: bool) -> bool:
    """Whether a car that is done goes on costing something: it is still at the plug, and parking has a price."""
    if tariff is None or not occupied or session.stop_reason in _UNPLUGGED:
        return False
    parts = (part.type for element in tariff.elements for part in element.components)
    return any(part is Dimension.PARKING_TIME for part in parts)


def staying(session: Session) -> Session:
    """The session whose unplugging is awaited before the bill is written; what limits the wait is found by a duty."""
    assert session.ended_at is not None
    mark = StepMark(StepState.WAITING, deadline=session.ended_at + STAY_MAX)
    return evolve(session, steps=session.steps | {StepName.UNPLUGGED.value: mark})


def stay_ends_by(session: Session) -> datetime | None:
    """Until when the unplugging is awaited; None when it is not."""
    mark = session.steps.get(StepName.UNPLUGGED.value)
    return None if mark is None or mark.state is not StepState.WAITING else mark.deadline


def may_settle(session: Session) -> bool:
    """Whether the bill may be written: the record is complete and nothing awaits review."""
    return (
        session.status is SessionStatus.COMPLETED
        and session.settled_at is None
        and record_is_complete(session)
        and stay_ends_by(session) is None
        and BLOCKING_REVIEWS.isdisjoint(session.flags)
    )


def settled(session: Session, *, at: datetime) -> Session:
    """The session with its bill written."""
    steps = session.steps | {StepName.PRICED.value: StepMark(StepState.DONE, at)}
    return evolve(session, settled_at=at, steps=steps)


def after_grace(
    session: Session, tariffs: Mapping[int, Tariff], *, at: datetime, record: SessionRecord = NOTHING_KNOWN
) -> Session | None:
    """What becomes of an ended session whose missing messages did not come in time; None when nothing changes.

    The gap is flagged, never hidden; what awaits a person's review goes on waiting.
    """
    if session.status is not SessionStatus.COMPLETED or session.settled_at is not None:
        return None
    flags = set(session.flags)
    if not record_is_complete(session):
        flags.add(ReviewCode.INCOMPLETE_RECORD.value)
    closing = evolve(session, flags=tuple(sorted(flags)), cost_minor=cost_of(session, tariffs, record))
    if BLOCKING_REVIEWS.isdisjoint(flags):
        closing = settled(closing, at=at)
    return None if closing == session else evolve(closing, version=session.version + 1)
