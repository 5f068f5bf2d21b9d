"""A car that stays at the plug after its transaction: until when its stay is billed, and why no longer.

The bill of a stay is awaited until the first of: the car left; what is held, or the most that the tariff takes, is used
up; the bank is about to let go; the longest stay is over. Whatever comes later is billed to nobody: after the bill, and
after the capture that follows it, nothing more is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.owed import LAST_CALL
from app.domain.pricing import SessionRecord
from app.domain.session import Session, StepMark, StepName, StepState, evolve
from app.domain.settlement import STAY_MAX, priced
from app.domain.tariff import Tariff

STAY_MARGIN = timedelta(minutes=30)  # the bill is written before a hold's last hours, when it is captured in any case
FREE_PATIENCE = timedelta(minutes=5)  # of a charger that shows a plug free that is not: free for so long is believed
_FINE = timedelta(seconds=1)


class StayEnd(StrEnum):
    """What ends the billing of a stay when the car does not leave."""

    HOLD_SPENT = "HOLD_SPENT"
    NOTHING_TO_ADD = "NOTHING_TO_ADD"
    HOLD_ENDS = "HOLD_ENDS"
    LONGEST_STAY = "LONGEST_STAY"


MESSAGES: dict[StayEnd, str] = {
    StayEnd.HOLD_SPENT: "By then staying has used up what is held on the card; nothing more is billed.",
    StayEnd.NOTHING_TO_ADD: "By then the tariff's most is reached; nothing more is billed.",
    StayEnd.HOLD_ENDS: "By then the bank is about to let go of what is held; nothing more is billed.",
    StayEnd.LONGEST_STAY: "A stay is billed for a day at most; nothing more is billed.",
}


@dataclass(frozen=True, slots=True)
class Cover:
    """What a card covers of a session; both None where an account pays."""

    held_minor: int | None = None
    capture_before: datetime | None = None


def stay_limit(session: Session, tariff: Tariff, record: SessionRecord, cover: Cover) -> tuple[datetime, StayEnd]:
    """Until when a stay is billed at most, to the second, and which limit it is."""
    ended_at = session.ended_at
    assert ended_at is not None
    last, why = ended_at + STAY_MAX, StayEnd.LONGEST_STAY
    if cover.capture_before is not None and cover.capture_before - LAST_CALL - STAY_MARGIN < last:
        last, why = max(ended_at, cover.capture_before - LAST_CALL - STAY_MARGIN), StayEnd.HOLD_ENDS

    def cost(until: datetime) -> int:
        found = priced(staying_until(session, until, why), tariff, record, at=until)
        return 0 if found is None else found.total_minor

    most = cost(last)
    held = cover.held_minor
    if held is not None and most > held:
        return _last_where(lambda at: cost(at) <= held, ended_at, last), StayEnd.HOLD_SPENT
    reached = _last_where(lambda at: cost(at) < most, ended_at, last)
    return (last, why) if last - reached <= timedelta(hours=1) else (reached + _FINE, StayEnd.NOTHING_TO_ADD)


def _last_where(true: Callable[[datetime], bool], low: datetime, high: datetime) -> datetime:
    """The last second from ``low`` on at which it is true, where it is true up to some moment; ``low`` if never."""
    span = (high - low) // _FINE
    first, last = 0, span
    while first < last:
        middle = (first + last + 1) // 2
        if true(low + middle * _FINE):
            first = middle
        else:
            last = middle - 1
    return low + first * _FINE


def staying_until(session: Session, until: datetime, why: StayEnd) -> Session:
    """The session with its unplugging awaited up to a moment, and what that moment means."""
    mark = StepMark(StepState.WAITING, deadline=until, code=why.value, message=MESSAGES[why])
    return evolve(session, steps=session.steps | {StepName.UNPLUGGED.value: mark})


def is_limited(session: Session) -> bool:
    """Whether it has been worked out until when the stay is billed."""
    mark = session.steps.get(StepName.UNPLUGGED.value)
    return mark is not None and mark.code is not None
