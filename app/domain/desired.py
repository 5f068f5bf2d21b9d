"""What a station's variables are to be: told again when a reboot has undone them, within bounds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.device import VariablePlace

ATTEMPTS_MAX = 3  # in a row within `PATIENCE`: a station that forgets a value at once would be told it for ever
PATIENCE = timedelta(days=1)


class DesiredState(StrEnum):
    """What became of a wish."""

    UNCHECKED = "UNCHECKED"
    IN_STEP = "IN_STEP"
    SENT = "SENT"
    APPLIED = "APPLIED"
    WAITS_FOR_RESTART = "WAITS_FOR_RESTART"
    REFUSED = "REFUSED"
    GIVEN_UP = "GIVEN_UP"


# In these the station had the value: one that is gone was forgotten.
_IN_EFFECT = frozenset({DesiredState.IN_STEP, DesiredState.APPLIED})
STATE_OF_WORD = {"Accepted": DesiredState.APPLIED, "RebootRequired": DesiredState.WAITS_FOR_RESTART}


def same(wanted: str, actual: str) -> bool:
    """Whether two values mean the same: lists are written with and without spaces, words in any case."""
    return _plain(wanted) == _plain(actual)


def _plain(value: str) -> str:
    return ",".join(part.strip() for part in value.split(",")).casefold()


@dataclass(frozen=True, slots=True)
class DesiredVariable:
    """``actual`` is what the station said last, None when it never did; ``said`` its word about the newest attempt."""

    key: int
    place: VariablePlace
    attribute: str
    value: str
    state: DesiredState
    said: str | None
    attempts: int
    forgotten: int
    set_at: datetime
    tried_at: datetime | None
    actual: str | None

    @property
    def drifted(self) -> bool:
        return self.actual is not None and not same(self.value, self.actual)


@dataclass(frozen=True, slots=True)
class Judged:
    """What follows from a look at a station's value; ``tell`` says that it is told what it is to be."""

    state: DesiredState
    attempts: int
    forgotten: int
    tell: bool


def judge(wish: DesiredVariable, *, at: datetime) -> Judged:
    """``wish.actual`` is what the station has just said, None where it did not say."""
    if wish.actual is not None and same(wish.value, wish.actual):
        return Judged(DesiredState.IN_STEP, wish.attempts, wish.forgotten, tell=False)
    attempts = 0 if wish.tried_at is None or at - wish.tried_at >= PATIENCE else wish.attempts
    forgotten = wish.forgotten + (wish.actual is not None and wish.state in _IN_EFFECT)
    if attempts >= ATTEMPTS_MAX:
        return Judged(DesiredState.GIVEN_UP, attempts, forgotten, tell=False)
    return Judged(DesiredState.SENT, attempts + 1, forgotten, tell=True)
