"""The one pricing function agrees with the slow one, to the last fraction, and its sums are sums."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.money import half_up, minor_digits
from app.domain.pricing import LineKind, Period, Usage, price
from app.domain.tariff import PriceComponent, Tariff, TariffElement
from tests.domain.pricing.generated import TARIFFS, usages
from tests.domain.pricing.integrator import integrate
from tests.domain.pricing.making import limit

_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
Law = Callable[[Tariff, Usage], None]


def agrees(tariff: Tariff, usage: Usage) -> None:
    """With the integrator; totals are the sums of their lines, and no line is negative."""
    net, gross = integrate(tariff, usage)
    found = price(tariff, usage)
    assert (found.exact_before_taxes, found.exact_total) == (net, gross)
    scale = 10 ** minor_digits(tariff.currency)
    assert (found.before_taxes_minor, found.total_minor) == (half_up(net * scale), half_up(gross * scale))
    adds_up(tariff, usage)


def adds_up(tariff: Tariff, usage: Usage) -> None:
    found = price(tariff, usage)
    assert sum(line.total_minor for line in found.lines) == found.total_minor
    assert sum(line.before_taxes_minor for line in found.lines) == found.before_taxes_minor
    assert found.before_taxes_minor + found.tax_minor == found.total_minor
    for line in found.lines:
        assert line.before_taxes_minor + line.tax_minor == line.total_minor
        assert not line.taxes or sum(tax.amount_minor for tax in line.taxes) == line.tax_minor
        # A least price may be said to be as much before taxes as after: then it takes taxes away.
        if line.dimension is not LineKind.MAX_PRICE:
            assert line.total_minor >= 0
            assert line.dimension is LineKind.MIN_PRICE or min(line.before_taxes_minor, line.tax_minor) >= 0
        assert line.rule.startswith("DAY version 3")


@given(TARIFFS, usages())
@settings(max_examples=300, deadline=None, suppress_health_check=_QUIET)
def test_it_agrees_with_the_slow_way(tariff: Tariff, usage: Usage) -> None:
    agrees(tariff, usage)


@pytest.mark.long
@given(TARIFFS, usages())
@settings(max_examples=10_000, deadline=None, suppress_health_check=_QUIET)
def test_it_agrees_with_the_slow_way_ten_thousand_times(tariff: Tariff, usage: Usage) -> None:
    agrees(tariff, usage)


@given(TARIFFS, usages(), st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=_QUIET)
def test_where_a_period_is_cut_changes_nothing(tariff: Tariff, usage: Usage, data: st.DataObject) -> None:
    """More readings of the same energy cost the same."""
    index = data.draw(st.integers(0, len(usage.periods) - 1))
    whole = usage.periods[index]
    minutes = (whole.end - whole.start) // timedelta(minutes=1)
    part = data.draw(st.integers(0, minutes))
    middle, energy = whole.start + timedelta(minutes=part), whole.energy_wh * part // minutes
    halves = (
        whole._replace(end=middle, energy_wh=energy),
        whole._replace(start=middle, energy_wh=whole.energy_wh - energy),
    )
    cut = replace(usage, periods=(*usage.periods[:index], *halves, *usage.periods[index + 1 :]))
    one, other = price(tariff, usage), price(tariff, cut)
    assert (one.exact_total, one.total_minor) == (other.exact_total, other.total_minor)


@given(TARIFFS, usages(), st.integers(0, 5_000), st.integers(0, 5_000))
@settings(max_examples=200, deadline=None, suppress_health_check=_QUIET)
def test_least_and_greatest_price_hold(tariff: Tariff, usage: Usage, one: int, other: int) -> None:
    low, high = sorted((one, other))
    bounded = replace(tariff, min_price=limit(str(low), str(low)), max_price=limit(str(high), str(high)))
    found, scale = price(bounded, usage), 10 ** minor_digits(tariff.currency)
    assert low * scale <= found.before_taxes_minor <= found.total_minor <= high * scale
    adds_up(bounded, usage)
    free = price(tariff, usage)
    if low * scale < free.before_taxes_minor and free.total_minor < high * scale:
        assert found.total_minor == free.total_minor


def _unrestricted(tariff: Tariff) -> Tariff:
    return replace(tariff, elements=tuple(TariffElement(element.components) for element in tariff.elements))


@given(TARIFFS, usages())
@settings(max_examples=200, deadline=None, suppress_health_check=_QUIET)
def test_without_restrictions_more_costs_no_less(tariff: Tariff, usage: Usage) -> None:
    """Every period that is added, and every Wh, costs nothing or something."""
    plain = _unrestricted(tariff)
    before = Fraction(0)
    for count in range(1, len(usage.periods) + 1):
        # Rounding moves to the time dimension that is last, so that only tariffs without steps are monotone in it.
        elements = tuple(
            TariffElement(tuple(replace(part, step_size=1) for part in element.components))
            for element in plain.elements
        )
        now = price(replace(plain, elements=elements), replace(usage, periods=usage.periods[:count])).exact_total
        assert now >= before
        before = now
    more: tuple[Period, ...] = tuple(period._replace(energy_wh=period.energy_wh + 100) for period in usage.periods)
    assert price(plain, replace(usage, periods=more)).exact_total >= price(plain, usage).exact_total


@given(TARIFFS, usages())
@settings(max_examples=200, deadline=None, suppress_health_check=_QUIET)
def test_prices_with_taxes_and_without_agree(tariff: Tariff, usage: Usage) -> None:
    """The same prices said with their taxes cost the same, as long as each can be said in full."""

    def said_with(part: PriceComponent) -> PriceComponent:
        return replace(part, price=part.price * (100 + (part.tax_percent or 0)) / 100)

    without = replace(tariff, tax_included=False)
    with_taxes = replace(
        tariff,
        tax_included=True,
        elements=tuple(replace(one, components=tuple(map(said_with, one.components))) for one in tariff.elements),
    )
    one, other = price(without, usage), price(with_taxes, usage)
    assert (one.exact_before_taxes, one.exact_total) == (other.exact_before_taxes, other.exact_total)
    assert (one.before_taxes_minor, one.total_minor) == (other.before_taxes_minor, other.total_minor)
