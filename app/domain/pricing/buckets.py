"""Where a tariff's answer can change, and which elements may apply in between.

A set of elements is an int: bit n stands for element n. Between two neighbouring cuts the set never changes, so that
one look at a stretch's beginning tells of all of it.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.domain.restriction import Restriction, holds_on_clock

Exact = int | Fraction
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
_WH = 1000  # a kWh
_MILLI = 1000  # an ampere in mA, a kW in W


class Steps:
    """Sets of elements along one quantity: ``sets[n]`` applies from ``cuts[n - 1]`` to before ``cuts[n]``."""

    __slots__ = ("_sets", "cuts")

    def __init__(self, cuts: Sequence[Exact], sets: Sequence[int]) -> None:
        self.cuts, self._sets = cuts, sets

    def at(self, value: Exact) -> int:
        return self._sets[bisect_right(self.cuts, value)]

    def between(self, low: Exact, high: Exact) -> Sequence[Exact]:
        """The cuts strictly inside."""
        first, last = bisect_right(self.cuts, low), bisect_right(self.cuts, high)
        if last > first and self.cuts[last - 1] == high:
            last -= 1
        return self.cuts[first:last]


def _gathered(restrictions: Sequence[Restriction], holds: Callable[[Restriction], bool]) -> int:
    return sum(1 << index for index, restriction in enumerate(restrictions) if holds(restriction))


def _range(
    restrictions: Sequence[Restriction], limits: Callable[[Restriction], tuple[Exact | None, Exact | None]]
) -> Steps | None:
    """None when no restriction asks for this quantity."""
    pairs = [limits(restriction) for restriction in restrictions]
    cuts = sorted({limit for pair in pairs for limit in pair if limit is not None})
    if not cuts:
        return None
    starts: list[Exact | None] = [None, *cuts]  # None: below every limit
    sets = []
    for start in starts:
        fits = 0
        for index, (least, most) in enumerate(pairs):
            above = least is None or (start is not None and start >= least)
            below = most is None or start is None or start < most
            fits |= (above and below) << index
        sets.append(fits)
    return Steps(cuts, sets)


def _scaled(value: Decimal | int | None, factor: int) -> Exact | None:
    if value is None:
        return None
    exact = Fraction(value) * factor
    return exact.numerator if exact.denominator == 1 else exact


@dataclass(frozen=True, slots=True)
class Ranges:
    """By Wh, W, mA and microseconds; None where no element asks.

    Parking time is below every limit while the car charges. ``unknown_current`` is what may apply when nobody measured
    the current: whatever does not ask for it.
    """

    energy: Steps | None
    power: Steps | None
    current: Steps | None
    duration: Steps | None
    parking: Steps | None
    unknown_current: int


@lru_cache(maxsize=4096)
def ranges_of(restrictions: tuple[Restriction, ...]) -> Ranges:
    return Ranges(
        _range(restrictions, lambda r: (_scaled(r.min_kwh, _WH), _scaled(r.max_kwh, _WH))),
        _range(restrictions, lambda r: (_scaled(r.min_power, _MILLI), _scaled(r.max_power, _MILLI))),
        _range(restrictions, lambda r: (_scaled(r.min_current, _MILLI), _scaled(r.max_current, _MILLI))),
        _range(restrictions, lambda r: (_scaled(r.min_duration, SECOND_US), _scaled(r.max_duration, SECOND_US))),
        _range(
            restrictions,
            lambda r: (_scaled(r.min_parking_duration, SECOND_US), _scaled(r.max_parking_duration, SECOND_US)),
        ),
        _gathered(restrictions, lambda r: r.min_current is None and r.max_current is None),
    )


def group_set(restrictions: Sequence[Restriction], token_group_id: str | None) -> int:
    return _gathered(restrictions, lambda r: not r.token_groups or token_group_id in r.token_groups)


def clock_steps(
    restrictions: Sequence[Restriction], holidays: frozenset[date], time_zone: str, start: datetime, end: datetime
) -> Steps | None:
    """By microseconds since ``start``, in local time: a day of 23 or 25 hours has the hours that its clock showed."""
    if not any(restriction.needs_clock for restriction in restrictions):
        return None
    zone = ZoneInfo(time_zone)
    times = {time.min}
    for restriction in restrictions:
        times |= {at for at in (restriction.start_time, restriction.end_time) if at is not None}
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    moments = [moment for moment in _changes(zone, tuple(sorted(times)), first, last) if start < moment < end]
    sets = [_on_clock(restrictions, holidays, moment.astimezone(zone)) for moment in (start, *moments)]
    return Steps([(moment - start) // MICROSECOND for moment in moments], sets)


def _on_clock(restrictions: Sequence[Restriction], holidays: frozenset[date], local: datetime) -> int:
    day, at = local.date(), local.time()
    return _gathered(restrictions, lambda r: holds_on_clock(r, day, at, holiday=day in holidays))


@lru_cache(maxsize=1024)
def _changes(zone: ZoneInfo, times: tuple[time, ...], first: date, last: date) -> list[datetime]:
    """Every moment at which the local clock shows one of the times, both times when it does so twice, or jumps."""
    found, midnights = set(), []
    day, beyond = first - timedelta(days=1), last + timedelta(days=1)
    while day <= beyond:
        midnights.append(datetime.combine(day, time.min, zone).astimezone(UTC))
        for at in times:
            for fold in (0, 1):
                found.add(datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC))
        day += timedelta(days=1)
    for before, after in pairwise(midnights):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.add(_jump(zone, before, after))
    return sorted(found)


def _jump(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second at which the offset becomes another one."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
