"""Walks a usage's periods and says which element priced how much of what, from when to when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from app.domain.pricing.buckets import MICROSECOND, SECOND_US, Exact, clock_steps, group_set, ranges_of
from app.domain.pricing.usage import Activity, Period
from app.domain.tariff import Dimension, TariffElement

_TIME_OF = {Activity.CHARGING: Dimension.TIME, Activity.PARKED: Dimension.PARKING_TIME, Activity.WITHHELD: None}
_HOUR_US = 3600 * SECOND_US


@dataclass(slots=True)
class Run:
    """A stretch of one dimension that one element priced: Wh, microseconds or 1."""

    element: int
    whole: int
    start: datetime
    end: datetime
    first_reading_at: datetime | None
    last_reading_at: datetime | None
    rest: Exact = 0  # kept apart, because sums of fractions are slow and few parts have one

    @property
    def quantity(self) -> Exact:
        return self.whole + self.rest

    def add(self, quantity: Exact) -> None:
        if isinstance(quantity, int):
            self.whole += quantity
        else:
            self.rest += quantity


@dataclass(slots=True)
class Walked:
    """The runs of each dimension in order of time, and which of the two time dimensions was priced last."""

    runs: dict[Dimension, list[Run]] = field(default_factory=dict)
    last_time: Dimension | None = None


def walk(
    elements: Sequence[TariffElement],
    periods: Sequence[Period],
    *,
    holidays: frozenset[date],
    time_zone: str,
    token_group_id: str | None,
) -> Walked:
    """For each dimension at each instant the first element applies whose restrictions hold and that prices it."""
    walked = Walked()
    if periods:
        walker = _Walker(elements, periods, walked, holidays, time_zone, token_group_id)
        for period in _solid(periods):
            walker.take(period)
    return walked


def _solid(periods: Sequence[Period]) -> Sequence[Period]:
    """Without those in which neither time nor energy passed; the first, when there is nothing else."""
    solid = [period for period in periods if period.end > period.start or period.energy_wh > 0]
    return solid or periods[:1]


class _Walker:
    def __init__(
        self,
        elements: Sequence[TariffElement],
        periods: Sequence[Period],
        walked: Walked,
        holidays: frozenset[date],
        time_zone: str,
        token_group_id: str | None,
    ) -> None:
        restrictions = tuple(element.restriction for element in elements)
        self._origin = periods[0].start
        self._dimensions = _by_dimension(elements)
        self._walked = walked
        self._always = group_set(restrictions, token_group_id)
        self._clock = clock_steps(restrictions, holidays, time_zone, self._origin, periods[-1].end)
        ranges = ranges_of(restrictions)
        self._duration, self._energy = ranges.duration, ranges.energy
        self._power, self._current, self._parking = ranges.power, ranges.current, ranges.parking
        self._unknown_current = ranges.unknown_current
        self._used: Exact = 0
        self._parked_since: int | None = None
        self._flat_taken = False

    def take(self, period: Period) -> None:
        start, end = (period.start - self._origin) // MICROSECOND, (period.end - self._origin) // MICROSECOND
        if period.activity is not Activity.PARKED:
            self._parked_since = None
        elif self._parked_since is None:
            self._parked_since = start
        base = self._always & self._by_load(period, end - start)
        cuts = self._cuts(start, end, period.energy_wh)
        if not cuts:
            self._part(period, base, start, end, self._used, period.energy_wh, period.start, period.end)
        else:
            self._parts(period, base, start, end, cuts)
        self._used += period.energy_wh

    def _by_load(self, period: Period, length: int) -> int:
        fits = -1
        if self._power is not None:
            power: Exact = 0
            if period.power_w is not None:
                power = period.power_w
            elif length > 0:
                power = Fraction(period.energy_wh * _HOUR_US, length)
            fits &= self._power.at(power)
        if self._current is not None:
            current = 0 if period.activity is not Activity.CHARGING else period.current_ma
            fits &= self._unknown_current if current is None else self._current.at(current)
        return fits

    def _cuts(self, start: int, end: int, energy: int) -> list[Fraction]:
        """Where within the period, as a share of it, another element may begin to apply."""
        found: set[Fraction] = set()
        length = end - start
        if length > 0:
            for steps, offset in ((self._clock, 0), (self._duration, 0), (self._parking, self._parked_since)):
                if steps is not None and offset is not None:
                    inside = steps.between(start - offset, end - offset)
                    found.update(Fraction(cut + offset - start) / length for cut in inside)
        if energy > 0 and self._energy is not None:
            inside = self._energy.between(self._used, self._used + energy)
            found.update(Fraction(cut - self._used) / energy for cut in inside)
        return sorted(found)

    def _parts(self, period: Period, base: int, start: int, end: int, cuts: list[Fraction]) -> None:
        at: list[Exact] = [start, *(start + cut * (end - start) for cut in cuts), end]
        energy: list[Exact] = [0, *(cut * period.energy_wh for cut in cuts), period.energy_wh]
        moments = [period.start, *(self._origin + timedelta(microseconds=round(one)) for one in at[1:-1]), period.end]
        for n in range(len(at) - 1):
            self._part(
                period,
                base,
                at[n],
                at[n + 1],
                self._used + energy[n],
                energy[n + 1] - energy[n],
                moments[n],
                moments[n + 1],
            )

    def _part(
        self,
        period: Period,
        base: int,
        start: Exact,
        end: Exact,
        used: Exact,
        energy: Exact,
        begins: datetime,
        ends: datetime,
    ) -> None:
        """A part within which the same elements apply."""
        fits = base
        for steps, value in ((self._clock, start), (self._duration, start), (self._energy, used)):
            if steps is not None:
                fits &= steps.at(value)
        if self._parking is not None:
            fits &= self._parking.at(-1 if self._parked_since is None else start - self._parked_since)
        place = (begins, ends, period.first_reading_at, period.last_reading_at)
        if not self._flat_taken and self._add(Dimension.FLAT, fits, 1, (begins, begins, None, None)):
            self._flat_taken = True
        if energy > 0:
            self._add(Dimension.ENERGY, fits, energy, place)
        dimension = _TIME_OF[period.activity]
        if dimension is not None and end > start and self._add(dimension, fits, end - start, place):
            self._walked.last_time = dimension

    def _add(
        self,
        dimension: Dimension,
        fits: int,
        quantity: Exact,
        place: tuple[datetime, datetime, datetime | None, datetime | None],
    ) -> bool:
        fits &= self._dimensions.get(dimension, 0)
        if not fits:
            return False
        element = (fits & -fits).bit_length() - 1  # the first in the tariff's order
        runs = self._walked.runs.setdefault(dimension, [])
        if runs and runs[-1].element == element:
            run = runs[-1]
            run.end = place[1]
            run.first_reading_at = run.first_reading_at or place[2]
            run.last_reading_at = place[3] or run.last_reading_at
        else:
            runs.append(Run(element, 0, *place))
        runs[-1].add(quantity)
        return True


def _by_dimension(elements: Sequence[TariffElement]) -> dict[Dimension, int]:
    found: dict[Dimension, int] = {}
    for index, element in enumerate(elements):
        for component in element.components:
            found[component.type] = found.get(component.type, 0) | 1 << index
    return found
