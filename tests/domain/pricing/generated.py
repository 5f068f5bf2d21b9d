"""Tariffs and sessions made by hypothesis, with limits that lie on whole minutes and whole slices of energy."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from app.domain.pricing import Activity, Period, Usage
from app.domain.restriction import DAYS, Restriction
from app.domain.tariff import Dimension, PriceComponent, Tariff, TariffElement, Tax
from tests.domain.pricing.integrator import SLICE_WH
from tests.domain.pricing.making import tariff_of

# In October 2026 Berlin's clocks go back on the 25th, Apia has none of it, Lord Howe's jump by half an hour on the 4th.
_FIRST_DAY = datetime(2026, 10, 1, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")
_STARTS = st.one_of(
    st.integers(0, 60 * 24 * 40).map(lambda minutes: _FIRST_DAY + timedelta(minutes=minutes)),
    st.integers(-300, 60).map(lambda minutes: datetime(2026, 10, 25, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.integers(-300, 60).map(lambda minutes: datetime(2026, 3, 29, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
)
_CLOCK = st.one_of(st.none(), st.builds(time, st.integers(0, 23), st.sampled_from((0, 30, 45))))
_GROUPS = ("staff", "guests")


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), st.none(), st.none(), strategy)


def _range(name: str, values: st.SearchStrategy[object]) -> dict[str, st.SearchStrategy[object]]:
    return {f"min_{name}": _maybe(values), f"max_{name}": _maybe(values)}


_SECONDS = st.integers(1, 150).map(lambda minutes: minutes * 60)
_RESTRICTIONS = st.one_of(
    st.just(Restriction()),
    st.builds(
        Restriction,
        start_time=_CLOCK,
        end_time=_CLOCK,
        start_date=_maybe(st.dates(date(2026, 9, 20), date(2026, 11, 10))),
        end_date=_maybe(st.dates(date(2026, 9, 30), date(2026, 11, 20))),
        day_of_week=st.one_of(st.just(()), st.lists(st.sampled_from(DAYS), unique=True).map(tuple)),
        public_holiday=_maybe(st.booleans()),
        token_groups=st.sampled_from(((), (), (), ("staff",), _GROUPS)),
        **_range("kwh", st.integers(1, 60).map(lambda parts: Decimal(parts * SLICE_WH) / 1000)),  # type: ignore[arg-type]
        **_range("power", st.integers(1, 60).map(Decimal)),  # type: ignore[arg-type]
        **_range("current", st.integers(0, 60).map(Decimal)),  # type: ignore[arg-type]
        **_range("duration", _SECONDS),  # type: ignore[arg-type]
        **_range("parking_duration", _SECONDS),  # type: ignore[arg-type]
    ),
)
_PRICES = st.integers(0, 99_999).map(lambda units: Decimal(units) / 10_000)
_PERCENT = st.sampled_from(tuple(Decimal(text) for text in ("0", "5.2", "7", "10", "19", "20", "8.875")))
_TAXES = st.one_of(
    st.just(()),
    st.builds(lambda percent: (Tax("VAT", percent),), _PERCENT),
    st.builds(lambda one, two: (Tax("STATE", one), Tax("CITY", two)), _PERCENT, _PERCENT),
)
_COMPONENTS = st.builds(
    PriceComponent, st.sampled_from(Dimension), _PRICES, st.sampled_from((1, 1, 25, 60, 300, 500, 900)), _TAXES
)
_ELEMENTS = st.builds(
    TariffElement,
    st.lists(_COMPONENTS, min_size=1, max_size=3, unique_by=lambda part: part.type).map(tuple),
    _RESTRICTIONS,
)
TARIFFS: st.SearchStrategy[Tariff] = st.builds(
    lambda elements, included, currency, holidays: tariff_of(
        elements, included=included, currency=currency, holidays=holidays
    ),
    st.lists(_ELEMENTS, min_size=1, max_size=5).map(tuple),
    st.booleans(),
    st.sampled_from(("EUR", "JPY", "KWD")),
    st.lists(st.dates(date(2026, 10, 1), date(2026, 11, 10)), max_size=8),
)
_PARTS = st.tuples(
    st.integers(1, 70),
    st.integers(0, 5),
    st.sampled_from((Activity.CHARGING, Activity.CHARGING, Activity.PARKED, Activity.WITHHELD)),
    st.one_of(st.none(), st.integers(0, 64).map(lambda amperes: amperes * 1000)),
)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    start = at = draw(_STARTS)
    periods = []
    for minutes, slices_a_minute, activity, current in draw(st.lists(_PARTS, min_size=1, max_size=5)):
        end = at + timedelta(minutes=minutes)
        periods.append(Period(at, end, minutes * slices_a_minute * SLICE_WH, activity, None, current))
        at = end
    assert periods[0].start == start
    return Usage(tuple(periods), draw(st.sampled_from(ZONES)), draw(st.sampled_from((None, *_GROUPS))))
