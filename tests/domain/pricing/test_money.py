"""Minor units: each currency's own decimals, and shares that sum to the whole."""

from fractions import Fraction

import pytest

from app.domain.money import half_up, is_currency, minor_digits, shares
from app.domain.pricing import price
from tests.domain.pricing.making import at, component, element, tariff_of, usage_of


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 12), ("EUR", 1235), ("KWD", 12345)])
def test_a_currency_is_rounded_at_its_own_last_decimal(currency: str, minor: int) -> None:
    tariff = tariff_of([element(component("ENERGY", "1.2345"))], currency=currency)
    assert price(tariff, usage_of(at("2026-11-21T10:00"), (60, 10_000))).total_minor == minor


def test_what_is_no_currency() -> None:
    assert [is_currency(code) for code in ("EUR", "XXX", "eur", "XAU")] == [True, False, False, False]
    assert minor_digits("ISK") == 0


def test_the_largest_remainders_get_the_difference() -> None:
    thirds = [Fraction(1, 3), Fraction(4, 3), Fraction(4, 3)]
    assert half_up(Fraction(5, 2)) == 3
    assert shares(thirds, 3) == [1, 1, 1]
    assert shares([Fraction(1, 2), Fraction(3, 4)], 1) == [0, 1]
