"""A charging plan is the most a car can take within everybody's limits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.charging_needs import ACChargingParameters, ChargingNeeds, DCChargingParameters
from app.domain.charging_plan import Ceiling, Nameplate, ceilings_of, exceeds, plan, profile_of
from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EnergyTransferMode,
    RecurrencyKind,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PLUG = Nameplate("AC_3_PHASE", 22_000, 230, 32)
UNKNOWN = Nameplate("UNKNOWN", 0, 0, 0)


def car(amps: float = 40, *, leaves: datetime | None = None) -> ChargingNeeds:
    wants = ACChargingParameters(energy_amount=20_000, ev_min_current=6, ev_max_current=amps, ev_max_voltage=230)
    return ChargingNeeds(
        EnergyTransferMode.AC_THREE_PHASE, ac_charging_parameters=wants, departure_time=leaves
    )  # fmt: skip


def schedule(*periods: tuple[int, float], start: datetime | None = NOW, **more: object) -> ChargingSchedule:
    steps = tuple(ChargingSchedulePeriod(at, limit=limit) for at, limit in periods)
    return replace(ChargingSchedule(1, ChargingRateUnit.A, steps, start_schedule=start), **more)  # type: ignore[arg-type]


def ceiling(*periods: tuple[int, float], **more: object) -> Ceiling:
    return Ceiling(schedule(*periods, **more), NOW)


def periods(made: ChargingSchedule | None) -> list[tuple[int, float | None]]:
    assert made is not None
    return [(one.start_period, one.limit) for one in made.charging_schedule_period]


def test_what_the_plug_gives_bounds_what_the_car_takes() -> None:
    made = plan(car(40), PLUG, (), at=NOW, periods_max=10)
    assert made is not None
    # 22 kW on three phases of 230 V are a little less than its 32 A.
    assert (periods(made), made.charging_rate_unit, made.duration) == ([(0, 31.8)], ChargingRateUnit.A, None)
    assert made.start_schedule == NOW
    assert periods(plan(car(10), PLUG, (), at=NOW, periods_max=10)) == [(0, 10.0)]


def test_direct_current_is_planned_in_watts() -> None:
    needs = ChargingNeeds(EnergyTransferMode.DC, dc_charging_parameters=DCChargingParameters(200, 400))
    made = plan(needs, Nameplate("DC", 150_000, 1000, 500), (), at=NOW, periods_max=10)
    assert made is not None
    assert (made.charging_rate_unit, periods(made)) == (ChargingRateUnit.W, [(0, 80_000.0)])
    assert made.charging_schedule_period[0].number_phases is None


def test_a_departure_ends_the_plan_and_one_in_the_past_does_not() -> None:
    leaving = plan(car(leaves=NOW + timedelta(hours=2)), PLUG, (), at=NOW, periods_max=10)
    gone = plan(car(leaves=NOW - timedelta(hours=2)), PLUG, (), at=NOW, periods_max=10)
    assert leaving is not None
    assert gone is not None
    assert (leaving.duration, gone.duration) == (7200, None)


def test_limits_of_others_are_kept_over_time() -> None:
    made = plan(car(), PLUG, (ceiling((0, 20), (3600, 8), (7200, 25)),), at=NOW, periods_max=10)
    assert periods(made) == [(0, 20.0), (3600, 8.0), (7200, 25.0)]
    assert made is not None
    assert made.duration == 24 * 3600


def test_watts_of_a_station_bind_amperes_of_a_car() -> None:
    bound = Ceiling(replace(schedule((0, 6900)), charging_rate_unit=ChargingRateUnit.W), NOW)
    assert periods(plan(car(), PLUG, (bound,), at=NOW, periods_max=10)) == [(0, 10.0)]


def test_a_daily_profile_comes_round_again() -> None:
    night = ChargingProfile(
        1, 0, ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE, ChargingProfileKind.RECURRING,
        (schedule((0, 6), (6 * 3600, 30), start=NOW - timedelta(days=9, hours=-8)),), RecurrencyKind.DAILY,
    )  # fmt: skip
    made = plan(car(20), PLUG, ceilings_of(night, starts_at=NOW), at=NOW, periods_max=10)
    assert periods(made) == [(0, 20.0), (8 * 3600, 6.0), (14 * 3600, 20.0)]


def test_too_many_periods_become_fewer_and_never_higher() -> None:
    steps = ceiling((0, 20), (600, 19), (1200, 6), (4800, 20))
    made = plan(car(), PLUG, (steps,), at=NOW, periods_max=3)
    assert periods(made) == [(0, 19.0), (1200, 6.0), (4800, 20.0)]
    assert periods(plan(car(), PLUG, (steps,), at=NOW, periods_max=1)) == [(0, 6.0)]


def test_nothing_known_is_no_plan() -> None:
    assert plan(ChargingNeeds(EnergyTransferMode.AC_THREE_PHASE), UNKNOWN, (), at=NOW, periods_max=10) is None


def test_a_limit_that_ends_is_held_on_to_where_nobody_says_another() -> None:
    bound = ceiling((0, 12), duration=600)
    needs = ChargingNeeds(EnergyTransferMode.AC_THREE_PHASE)
    assert periods(plan(needs, UNKNOWN, (bound,), at=NOW, periods_max=10)) == [(0, 12.0)]


def _oracle(one: Ceiling, moment: datetime) -> float:
    """Said again as simply as can be: the limit of an absolute schedule in amperes."""
    start = one.schedule.start_schedule or one.starts_at
    passed = (moment - start).total_seconds()
    over = one.schedule.duration is not None and passed >= one.schedule.duration
    invalid = one.valid_to is not None and moment >= one.valid_to
    if passed < 0 or over or invalid:
        return inf
    begun = [step for step in one.schedule.charging_schedule_period if step.start_period <= passed]
    return inf if not begun or begun[-1].limit is None else begun[-1].limit


seconds = st.integers(0, 100_000)
steps = st.lists(st.tuples(seconds, st.integers(0, 400).map(lambda tenths: tenths / 10)), min_size=1, max_size=6)


@st.composite
def ceilings(draw: st.DrawFn) -> Ceiling:
    found = sorted(dict(draw(steps)).items())
    begins = NOW + timedelta(milliseconds=draw(st.integers(-50_000_000, 50_000_000)))
    ends = draw(st.none() | st.integers(-50_000, 50_000).map(lambda s: NOW + timedelta(seconds=s)))
    duration = draw(st.none() | st.integers(1, 100_000))
    shifted = [(start - found[0][0], limit) for start, limit in found]
    return Ceiling(schedule(*shifted, start=begins, duration=duration), NOW, valid_to=ends)


@given(
    st.lists(ceilings(), max_size=4),
    st.integers(1, 12),
    st.floats(1, 80),
    st.none() | st.integers(1, 200_000).map(lambda s: NOW + timedelta(seconds=s)),
    st.lists(st.integers(0, 90_000_000), max_size=40),
)
def test_no_plan_ever_exceeds_anything(
    bounds: list[Ceiling], most: int, amps: float, leaves: datetime | None, moments: list[int]
) -> None:
    made = plan(car(amps, leaves=leaves), PLUG, bounds, at=NOW, periods_max=most)
    assert made is not None
    said = made.charging_schedule_period
    starts = [one.start_period for one in said]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert len(said) <= most
    turns = [start * 1000 for start in starts] + [start * 1000 - 1 for start in starts[1:]]
    for passed in (*turns, *moments):
        if made.duration is not None and passed >= made.duration * 1000:
            continue
        moment = NOW + timedelta(milliseconds=passed)
        limit = [one.limit for one in said if one.start_period * 1000 <= passed][-1]
        assert limit is not None
        assert limit <= min(amps, 32.0) + 1e-6
        assert all(limit <= _oracle(one, moment) + 1e-6 for one in bounds)


@pytest.mark.parametrize(
    ("meant", "too_much"),
    [
        (schedule((0, 16)), False),
        (schedule((0, 16), (600, 8)), False),
        (schedule((0, 16), (650, 8)), False),  # within the minute that a ramp may take
        (schedule((0, 16), (700, 8)), True),
        (schedule((0, 32), (600, 16)), True),
        (schedule((0, 16.1)), True),
        (schedule((0, 6)), False),
        (replace(schedule((0, 11_000), (600, 5_500)), charging_rate_unit=ChargingRateUnit.W), False),
        (replace(schedule((0, 22_000), (600, 5_500)), charging_rate_unit=ChargingRateUnit.W), True),
    ],
)
def test_a_car_may_draw_less_than_allowed_but_not_more(meant: ChargingSchedule, too_much: bool) -> None:
    allowed = profile_of(schedule((0, 16), (600, 8)), profile_id=1, stack_level=0, transaction_id="tx")
    if meant.charging_rate_unit is ChargingRateUnit.A and meant.charging_schedule_period[-1].start_period == 0:
        allowed = profile_of(schedule((0, 16)), profile_id=1, stack_level=0, transaction_id="tx")
    assert exceeds(replace(meant, start_schedule=None), NOW, allowed) is too_much


def test_what_we_planned_is_always_within_what_we_planned() -> None:
    made = plan(car(), PLUG, (ceiling((0, 20), (3600, 8), (7200, 25)),), at=NOW, periods_max=10)
    assert made is not None
    allowed = profile_of(made, profile_id=1, stack_level=0, transaction_id="tx")
    for late in (0, 5, 50):
        assert not exceeds(replace(made, start_schedule=None), NOW + timedelta(seconds=late), allowed)
    assert not exceeds(made, NOW + timedelta(seconds=30), allowed)
