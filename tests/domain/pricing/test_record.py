"""A session's record as periods: where a price asks for no record, it is the same with one and without."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.meter import Reading, fold
from app.domain.pricing import SessionRecord, needs_record, price
from app.domain.pricing.record import usage_of
from app.domain.pricing.simple import is_simple, simple_total_minor
from app.domain.session import AFTER_PLUG, Session, SessionOrigin, SessionStatus, StepMark, StepName, StepState, evolve
from app.domain.settlement import cost_of, priced
from app.domain.station import ChargingState
from app.domain.tariff import Dimension, Tariff, TariffElement
from tests.domain.pricing.generated import TARIFFS
from tests.domain.pricing.making import component, element, tariff_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def minute(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


@st.composite
def told(draw: st.DrawFn) -> tuple[Session, SessionRecord]:
    """Readings in any order, now and then with a reset, and what the car was said to do."""
    moments = draw(st.lists(st.integers(-5, 130), min_size=1, max_size=8, unique=True).map(sorted))
    register, readings = 1000, []
    for at in moments:
        register = max(0, register + draw(st.sampled_from([0, 500, 4000, -300])))
        readings.append(Reading(minute(at), register))
    states = draw(st.lists(st.tuples(st.integers(-5, 130).map(minute), st.sampled_from(ChargingState)), max_size=5))
    ended = minute(draw(st.integers(1, 120)))
    meter, _, _ = fold([one for one in readings if one.at <= ended], max_power_w=0)
    session = Session(
        1, UUID(int=1), 1, 1, 1, 1, 1, 1, SessionStatus.COMPLETED, SessionOrigin.OPERATOR, "t", None, None, None, None,
        None, NOON, None, NOON, ended, None, None, None, meter,
    )  # fmt: skip
    return session, SessionRecord(tuple(draw(st.permutations(readings))), tuple(draw(st.permutations(states))))


@given(TARIFFS, told())
@settings(max_examples=300, deadline=None, suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large))
def test_periods_add_up_to_the_session_and_a_record_changes_only_what_asks_for_it(
    tariff: Tariff, facts: tuple[Session, SessionRecord]
) -> None:
    session, record = facts
    assert session.ended_at is not None
    usage = usage_of(session, tariff, record, until=minute(500))
    assert usage is not None
    assert sum(period.energy_wh for period in usage.periods) == session.energy_wh
    assert (usage.periods[0].start, usage.periods[-1].end) == (NOON, session.ended_at)
    for before, after in pairwise(usage.periods):
        assert before.end == after.start
    bare = usage_of(session, tariff, SessionRecord(), until=minute(500))
    assert bare is not None
    if not needs_record(tariff):
        assert price(tariff, usage) == price(tariff, bare)


def test_energy_is_where_the_readings_put_it() -> None:
    session = _simple()
    record = SessionRecord(
        (Reading(minute(30), 6000), Reading(NOON, 0), Reading(minute(60), 8000)),
        ((minute(45), ChargingState.SUSPENDED_EV),),
    )
    usage = usage_of(session, _asking(), record, until=NOON)
    assert usage is not None
    assert [(one.energy_wh, one.activity.value) for one in usage.periods] == [
        (6000, "CHARGING"),
        (1000, "CHARGING"),
        (1000, "PARKED"),
    ]
    assert usage.periods[1].first_reading_at == minute(30)


def test_who_plugged_in_before_anybody_was_allowed_pays_no_time_for_the_wait() -> None:
    mark = StepMark(StepState.DONE, minute(50), code=AFTER_PLUG)
    session = evolve(_simple(), steps={StepName.AUTHORISED.value: mark})
    record = SessionRecord(
        (Reading(NOON, 0), Reading(minute(60), 8000)),
        ((NOON, ChargingState.EV_CONNECTED), (minute(52), ChargingState.CHARGING)),
    )
    usage = usage_of(session, _asking(), record, until=NOON)
    assert usage is not None
    assert [(one.end - one.start, one.activity.value) for one in usage.periods] == [
        (timedelta(minutes=50), "WITHHELD"),
        (timedelta(minutes=2), "PARKED"),
        (timedelta(minutes=8), "CHARGING"),
    ]
    fresh = evolve(session, steps={StepName.AUTHORISED.value: StepMark(StepState.DONE, minute(50))})
    told = usage_of(fresh, _asking(), record, until=NOON)
    assert told is not None
    assert told.periods[0].activity.value == "PARKED", "only what came after the plug moves anything"


def test_without_readings_only_the_sum_is_known() -> None:
    session = _simple()
    usage = usage_of(session, _asking(), SessionRecord((Reading(minute(5), 1),)), until=NOON)
    assert usage is not None
    assert [one.energy_wh for one in usage.periods] == [8000]


def _asking() -> Tariff:
    return tariff_of([element(component("TIME", "1"))])


def _simple() -> Session:
    meter, _, _ = fold([Reading(NOON, 0), Reading(minute(60), 8000)], max_power_w=0)
    return Session(
        1, UUID(int=1), 1, 1, 1, 1, 1, 1, SessionStatus.COMPLETED, SessionOrigin.OPERATOR, "t", None, None, None, None,
        None, NOON, None, NOON, minute(60), None, None, None, meter,
    )  # fmt: skip


@given(TARIFFS, told())
@settings(max_examples=300, deadline=None, suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large))
def test_the_short_way_for_simple_tariffs_is_the_same_function(
    tariff: Tariff, facts: tuple[Session, SessionRecord]
) -> None:
    session, record = facts
    dimensions = (Dimension.ENERGY, Dimension.FLAT)
    elements = tuple(
        TariffElement(tuple(part for part in element.components if part.type in dimensions))
        for element in tariff.elements
    )
    simple = replace(tariff, elements=elements)
    assert is_simple(simple)
    long_way = priced(session, simple, record)
    assert long_way is not None
    assert cost_of(session, {1: simple}, record) is None  # nothing is pinned
    pinned = evolve(session, tariff_key=1)
    assert cost_of(pinned, {1: simple}) == long_way.total_minor == simple_total_minor(simple, session.energy_wh)
