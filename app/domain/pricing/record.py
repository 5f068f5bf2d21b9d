"""What is known of a session, as the periods that are priced."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from app.domain.meter import MeterState, Reading, advance, in_order
from app.domain.pricing.usage import Activity, Period, ReservationUse, Usage
from app.domain.session import AFTER_PLUG, Session, SessionStatus, StepName, StepState
from app.domain.station import ChargingState
from app.domain.tariff import Dimension, Tariff

StateChange = tuple[datetime, ChargingState]

# A car that the station gives nothing pays no time at all; before anything was said, it charges.
_ACTIVITY = {
    ChargingState.CHARGING: Activity.CHARGING,
    ChargingState.SUSPENDED_EVSE: Activity.WITHHELD,
    ChargingState.SUSPENDED_EV: Activity.PARKED,
    ChargingState.EV_CONNECTED: Activity.PARKED,
    ChargingState.IDLE: Activity.PARKED,
}
_ONLY_RESERVED = frozenset({SessionStatus.RESERVATION, SessionStatus.INVALID})
EXPIRED = "EXPIRED"  # the code of a reservation that nobody came for
_SUMS_UP = frozenset({Dimension.ENERGY, Dimension.FLAT})


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session's readings and changes of state, in any order, and where and by whom it was."""

    readings: tuple[Reading, ...] = ()
    states: tuple[StateChange, ...] = ()
    time_zone: str = "UTC"
    token_group_id: str | None = None


def needs_record(tariff: Tariff) -> bool:
    """Whether its price depends on more than how much energy a session took."""
    return any(
        not element.restriction.is_none or any(part.type not in _SUMS_UP for part in element.components)
        for element in tariff.elements
    )


def usage_of(session: Session, tariff: Tariff, record: SessionRecord, *, until: datetime) -> Usage | None:
    """What a session has used up to a moment, or up to its end; None before anything began."""
    reservation = _reservation(session, until)
    if reservation is not None and session.started_at is None and session.status in _ONLY_RESERVED:
        return Usage((), record.time_zone, record.token_group_id, reservation)
    began = session.started_at or session.ended_at
    if began is None:
        return None
    end = max(began, session.ended_at or until)
    whole = Period(
        began,
        end,
        session.energy_wh,
        first_reading_at=session.meter.first_at,
        last_reading_at=session.meter.last_at,
    )
    if not needs_record(tariff):
        return Usage((whole,), record.time_zone, record.token_group_id, reservation)
    states = _since_allowed(session, began, sorted(state for state in record.states if state[0] <= end))
    periods = (*_periods(whole, record.readings, states), *_stay(session, end, until))
    return Usage(periods, record.time_zone, record.token_group_id, reservation)


def _since_allowed(session: Session, began: datetime, states: list[StateChange]) -> list[StateChange]:
    """A car that was plugged in before anybody was allowed to charge pays no time for the wait."""
    mark = session.steps.get(StepName.AUTHORISED.value)
    if mark is None or mark.code != AFTER_PLUG or mark.at is None or mark.at <= began:
        return states
    before = [state for at, state in states if at <= mark.at]
    then = before[-1] if before else ChargingState.CHARGING
    later = [state for state in states if state[0] > mark.at]
    return [(began, ChargingState.SUSPENDED_EVSE), (mark.at, then), *later]


def _stay(session: Session, end: datetime, until: datetime) -> Iterable[Period]:
    """The car at the plug after its transaction: up to the unplugging, or up to now while that is awaited.

    One whose unplugging is awaited no longer was billed up to the moment that its mark names.
    """
    mark = session.steps.get(StepName.UNPLUGGED.value)
    if session.ended_at is None or mark is None:
        return
    gone = mark.at
    if mark.state is StepState.WAITING and mark.deadline is not None:
        gone = min(until, mark.deadline)
    if gone is not None and gone > end:
        yield Period(end, gone, 0, Activity.PARKED)


def _reservation(session: Session, until: datetime) -> ReservationUse | None:
    """From the moment the EVSE was kept to the car's coming, or to the end of waiting for it."""
    if session.reserved_at is None:
        return None
    end = session.started_at or session.ended_at or until
    mark = session.steps.get(StepName.TRANSACTION_STARTED.value)
    expired = session.started_at is None and mark is not None and mark.code == EXPIRED
    return ReservationUse(session.reserved_at, max(session.reserved_at, end), expired)


def _periods(whole: Period, readings: Iterable[Reading], states: Sequence[StateChange]) -> list[Period]:
    """Cut at every reading that counts and at every change of state; energy flows evenly between two readings."""
    metered = _metered(whole, readings)
    if sum(period.energy_wh for period in metered) != whole.energy_wh:
        metered = [whole]  # readings are kept for a limited time: then only the sum is known
    moments = [at for at, _ in states]
    made: list[Period] = []
    for period in metered:
        first = bisect_right(moments, period.start)
        last = bisect_left(moments, period.end, lo=first)
        if first == last:
            activity = _activity(states, first)
            made.append(period if activity is Activity.CHARGING else period._replace(activity=activity))
        else:
            made += _cut(period, sorted({period.start, *moments[first:last], period.end}), moments, states)
    return made


def _metered(whole: Period, readings: Iterable[Reading]) -> list[Period]:
    """A period from each reading of the register to the next, with the energy that it proves; gaps are filled."""
    state, periods, at, known = MeterState(), list[Period](), whole.start, None
    for reading in in_order(readings):
        if reading.energy_wh is None or reading.at > whole.end:
            continue
        before = state.energy_wh
        state, _, _ = advance(state, reading, max_power_w=0)
        end = max(at, reading.at)
        current = None if reading.current_ma is None else sum(one or 0 for one in reading.current_ma)
        if known is not None or end > at:
            periods.append(
                Period(
                    at, end, state.energy_wh - before, Activity.CHARGING, None, current, known or reading.at, reading.at
                )
            )
        at, known = end, reading.at
    if whole.end > at or not periods:
        periods.append(Period(at, whole.end, 0))
    return periods


def _cut(
    period: Period, moments: Sequence[datetime], changes: Sequence[datetime], states: Sequence[StateChange]
) -> Iterable[Period]:
    """Whole Wh a part, so that they sum to the period's."""
    length, done = (period.end - period.start) // timedelta(microseconds=1), 0
    for start, end in pairwise(moments):
        reached = (end - period.start) // timedelta(microseconds=1)
        energy = period.energy_wh - done if end == period.end else period.energy_wh * reached // length - done
        done += energy
        activity = _activity(states, bisect_right(changes, start))
        yield period._replace(start=start, end=end, energy_wh=energy, activity=activity)


def _activity(states: Sequence[StateChange], count: int) -> Activity:
    """What the car does after so many changes."""
    return _ACTIVITY[states[count - 1][1]] if count else Activity.CHARGING
