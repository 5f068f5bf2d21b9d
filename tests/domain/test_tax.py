"""Tax in an amount: by place and day, exact to the minor unit, and owed by the buyer only where the law says so."""

import ast
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import eu_vat_rates_data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import app.domain
from app.domain.tax import (
    Amount,
    BadEvidence,
    OwnRate,
    Rate,
    RateUnknown,
    TaxCategory,
    Trader,
    converted,
    discounts,
    groups,
    reverse_charge,
    reverse_charged,
    standard_rate,
    taxed,
)
from app.domain.vat_rates import RATES, TaxPlace, place_of, seeded_rate

TODAY = date(2026, 11, 21)
GERMAN = Rate((("VAT", Decimal(19)),))
percents = st.sampled_from(["0", "4.5", "7", "8.1", "8.5", "16", "19", "20", "21", "25.5", "27"]).map(Decimal)
stated = st.none() | st.lists(st.tuples(st.sampled_from(["VAT", "CITY"]), percents), min_size=1, max_size=2).map(tuple)
amounts = st.lists(st.builds(Amount, st.integers(-50_000, 500_000), stated), min_size=1, max_size=12)


@settings(max_examples=400, deadline=None)
@given(amounts, percents)
def test_net_and_tax_are_the_gross_of_every_line_group_and_document(lines: list[Amount], percent: Decimal) -> None:
    made = taxed(lines, Rate((("VAT", percent),)))
    assert [line.gross_minor for line in made] == [line.gross_minor for line in lines]
    assert all(line.net_minor + line.tax_minor == line.gross_minor for line in made)
    assert sum(group.tax_minor for group in groups(made)) == sum(line.tax_minor for line in made)
    for rate in {line.rate for line in made}:
        of = [line for line in made if line.rate == rate]
        net, gross = sum(line.net_minor for line in of), sum(line.gross_minor for line in of)
        # Tax is computed once on the sum: no further from the exact value than half a minor unit.
        assert abs(Fraction(gross) / (1 + Fraction(rate.percent) / 100) - net) <= Fraction(1, 2)
        # And no line is further from its own exact value than one.
        for line in of:
            assert abs(Fraction(line.gross_minor) / (1 + Fraction(rate.percent) / 100) - line.net_minor) <= 1


@settings(max_examples=200, deadline=None)
@given(amounts, st.integers(0, 10_000))
def test_a_discount_lowers_the_total_by_itself_before_tax(lines: list[Amount], off: int) -> None:
    if sum(line.gross_minor for line in lines) <= 0:
        return
    more = discounts(lines, off)
    assert sum(line.gross_minor for line in more) == -off
    made = taxed([*lines, *more], GERMAN)
    assert sum(line.net_minor + line.tax_minor for line in made) == sum(line.gross_minor for line in lines) - off


def test_28_rounding_is_done_once_for_each_rate() -> None:
    """Three lines of 0.10 with 19 %: 0.08 each, but 0.25 together, not 0.24."""
    made = taxed([Amount(10)] * 3, GERMAN)
    assert [line.net_minor for line in made] == [9, 8, 8]
    (group,) = groups(made)
    assert (group.net_minor, group.tax_minor) == (25, 5)


def test_29_a_price_with_and_without_tax_is_the_same_bill() -> None:
    """11.90 with 19 % inside, and 10.00 plus 19 %: both are paid as 11.90."""
    (inclusive,) = taxed([Amount(1190, (("VAT", Decimal(19)),))], GERMAN)
    assert (inclusive.net_minor, inclusive.tax_minor, inclusive.gross_minor) == (1000, 190, 1190)
    (unstated,) = taxed([Amount(1190)], GERMAN)
    assert unstated == inclusive
    (free,) = taxed([Amount(1190, (("VAT", Decimal(0)),))], GERMAN)
    assert (free.tax_minor, free.rate.category) == (0, TaxCategory.ZERO)


@pytest.mark.parametrize(
    ("country", "postal_code", "on", "percent"),
    [
        ("DEU", "10115", date(2020, 6, 30), "19"),
        ("DEU", "10115", date(2020, 7, 1), "16"),
        ("DE", "10115", date(2020, 12, 31), "16"),
        ("DE", "10115", date(2021, 1, 1), "19"),
        ("EST", None, date(2025, 6, 30), "22"),
        ("EST", None, date(2025, 7, 1), "24"),
        ("SVK", None, date(2024, 12, 31), "20"),
        ("SVK", None, date(2025, 1, 1), "23"),
        ("ESP", "28001", TODAY, "21"),
        ("ESP", "35001", TODAY, "7"),
        ("ESP", "38670", TODAY, "7"),
        ("PRT", "1000-001", TODAY, "23"),
        ("PRT", "9000-082", TODAY, "22"),
        ("PRT", "9400-001", TODAY, "22"),
        ("PRT", "9500-150", TODAY, "16"),
        ("FRA", "20000", TODAY, "20"),
        ("FRA", "97400", TODAY, "8.5"),
        ("GBR", "BT1 1AA", TODAY, "20"),
        ("AUT", "6991", TODAY, "19"),
        ("DEU", "27498", TODAY, "0"),
    ],
)
def test_30_the_rate_is_that_of_the_place_and_day_of_the_supply(country, postal_code, on, percent) -> None:
    assert standard_rate(place_of(country, postal_code), on).percent == Decimal(percent)


def test_30_an_operators_own_rate_wins_from_its_day_on() -> None:
    madeira = TaxPlace("PT", "MADEIRA")
    own = [
        OwnRate("PT", "MADEIRA", "IVA", Decimal(21), date(2027, 1, 1)),
        OwnRate("PT", "MADEIRA", "IVA", Decimal(20), date(2028, 1, 1)),
        OwnRate("PT", None, "IVA", Decimal(5), date(2020, 1, 1)),
    ]
    found = [standard_rate(madeira, date(year, 6, 1), own).percent for year in (2026, 2027, 2028)]
    assert found == [22, 21, 20]


def test_30_a_place_that_nobody_knows_is_said_so() -> None:
    with pytest.raises(RateUnknown, match="taxRateSet"):
        standard_rate(TaxPlace("BR"), TODAY)
    assert standard_rate(TaxPlace("BR"), TODAY, [OwnRate("BR", None, "ICMS", Decimal(18), TODAY)]).percent == 18


def test_30_what_we_know_of_today_is_what_the_published_rates_say() -> None:
    published = eu_vat_rates_data.get_all_rates()
    ours = {country: seeded_rate(TaxPlace(country), TODAY) for country, region in RATES if region is None}
    assert ours == {country: Decimal(str(rates["standard"])) for country, rates in published.items()}


BERLIN, VIENNA = place_of("DEU", "10115"), place_of("AUT", "1010")
SELLER = Trader("DE", "DE123456789")


@pytest.mark.parametrize(
    ("buyer", "place", "clause"),
    [
        (Trader("NL", "NL123456789B01", taxable_dealer=True), BERLIN, "38"),  # 32: a partner abroad who sells on
        (Trader("AT", "ATU12345678"), VIENNA, "39"),  # the seller is not resident where the energy flows
        (Trader("NL", "NL123456789B01"), BERLIN, None),  # a company from abroad charging its own cars here
        (Trader("DE", "DE987654321", taxable_dealer=True), BERLIN, None),  # both here
        (Trader("DE"), BERLIN, None),
        (Trader("GB", "GB123456789", taxable_dealer=True), BERLIN, None),  # not in the Union
        (Trader("GR", "EL123456789", taxable_dealer=True), BERLIN, "38"),
    ],
)
def test_31_32_who_owes_the_tax(buyer: Trader, place: TaxPlace, clause: str | None) -> None:
    found = reverse_charge(SELLER, buyer, place)
    assert (found is None) == (clause is None)
    if found is not None:
        assert f"Articles {clause} and 195" in found.note
        assert found.seller_vat_number == "DE123456789"


def test_31_without_tax_only_the_net_is_left_to_pay() -> None:
    (line,) = reverse_charged(taxed([Amount(1190)], GERMAN))
    assert (line.net_minor, line.tax_minor, line.gross_minor) == (1000, 0, 1000)
    assert line.rate.category is TaxCategory.REVERSE_CHARGE


def test_31_a_number_that_cannot_be_one_proves_nothing() -> None:
    with pytest.raises(BadEvidence):
        reverse_charge(SELLER, Trader("NL", "NL12", taxable_dealer=True), BERLIN)
    assert reverse_charge(Trader("DE"), Trader("NL", "NL123456789B01", taxable_dealer=True), BERLIN) is None


def test_an_amount_in_another_currency_is_rounded_once() -> None:
    assert converted(1999, "DKK", "EUR", Decimal("0.13405")) == 268
    assert converted(-1999, "DKK", "EUR", Decimal("0.13405")) == -268
    assert converted(1000, "JPY", "EUR", Decimal("0.0058")) == 580
    assert converted(1000, "EUR", "KWD", Decimal("0.334")) == 3340


def test_no_module_of_money_knows_floating_point() -> None:
    """I6: neither a literal with a point, nor the type, nor a true division of amounts that are not fractions."""
    folder = Path(app.domain.__file__).parent
    modules = [
        folder / f"{name}.py" for name in ("money", "tax", "vat_rates", "cdr", "document", "papers", "owed", "hold")
    ]
    found = []
    for module in [*modules, *(folder / "pricing").glob("*.py")]:
        if not module.exists():
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            if literal or (isinstance(node, ast.Name) and node.id == "float"):
                found.append((module.name, node.lineno))
    assert found == []
