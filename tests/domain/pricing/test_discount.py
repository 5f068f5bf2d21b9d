"""What a voucher takes off: never more than the price, tax in proportion, and lines that sum to what is paid."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.pricing import Activity, LineKind, Period, Usage, price
from app.domain.quote import hold_of
from app.domain.tariff import Tariff
from app.domain.voucher import Discount, VoucherKind
from tests.domain.pricing.making import component, element, tariff_of

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def usage(energy_wh: int, parked: int = 0) -> Usage:
    end = AT + timedelta(hours=1)
    periods = [Period(AT, end, energy_wh)]
    if parked:
        periods.append(Period(end, end + timedelta(minutes=parked), 0, Activity.PARKED))
    return Usage(tuple(periods), "Europe/Berlin", None)


TWO_RATES: Tariff = tariff_of(
    [element(component("ENERGY", "0.50", vat="19"), component("PARKING_TIME", "6.00", vat="7"))], included=True
)


def less(kind: VoucherKind, worth: int, of: Tariff = TWO_RATES) -> Tariff:
    return replace(of, discount=Discount(kind, worth, "SPRING"))


@given(st.sampled_from(VoucherKind), st.integers(1, 100), st.integers(0, 80_000), st.integers(0, 240), st.booleans())
def test_lines_sum_and_nothing_is_below_nothing(
    kind: VoucherKind, share: int, energy_wh: int, parked: int, included: bool
) -> None:
    worth = share if kind is VoucherKind.PERCENT else share * 100
    of, use = replace(TWO_RATES, tax_included=included), usage(energy_wh, parked)
    whole, paid = price(of, use), price(less(kind, worth, of), use)
    off = [line for line in paid.lines if line.dimension is LineKind.VOUCHER]
    assert 0 <= paid.total_minor <= whole.total_minor
    assert 0 <= paid.before_taxes_minor <= paid.total_minor
    assert paid.total_minor == sum(line.total_minor for line in paid.lines)
    assert paid.before_taxes_minor == sum(line.before_taxes_minor for line in paid.lines)
    assert paid.total_minor - whole.total_minor == sum(line.total_minor for line in off)
    assert all(line.total_minor <= 0 and line.tax_minor <= 0 for line in off)
    for line in paid.lines:
        assert line.tax_minor == sum(tax.amount_minor for tax in line.taxes)
    if kind is VoucherKind.AMOUNT:
        assert whole.total_minor - paid.total_minor == min(worth, whole.total_minor)


def test_each_kind_takes_off_what_it_says() -> None:
    """20 kWh at 0.50 and half an hour at 6.00: 10.00 and 3.00."""
    use = usage(20_000, 30)
    for kind, worth, total in (
        (VoucherKind.AMOUNT, 500, 800), (VoucherKind.AMOUNT, 5000, 0), (VoucherKind.PERCENT, 20, 1040),
        (VoucherKind.PERCENT, 100, 0), (VoucherKind.ENERGY, 5_000, 1050), (VoucherKind.ENERGY, 50_000, 300),
    ):  # fmt: skip
        assert price(less(kind, worth), use).total_minor == total, kind


def test_tax_is_owed_of_what_is_paid_at_each_rate() -> None:
    """Of 1300 with 179 of tax the half is paid, with 90: 89 are spared."""
    off = [line for line in price(less(VoucherKind.PERCENT, 50), usage(20_000, 30)).lines if not line.unit_price]
    assert [(line.total_minor, line.tax_minor, line.vat_percent) for line in off] == [
        (-500, -79, Decimal(19)), (-150, -10, Decimal(7)),
    ]  # fmt: skip
    assert {line.rule for line in off} == {"voucher SPRING: 50 percent less"}


def test_the_hold_is_lower() -> None:
    of, use = replace(TWO_RATES, hold_amount_minor=3000), usage(20_000)
    for kind, worth, held in (
        (VoucherKind.AMOUNT, 500, 2500), (VoucherKind.AMOUNT, 5000, 0), (VoucherKind.PERCENT, 20, 2400),
        (VoucherKind.ENERGY, 4_000, 2800),
    ):  # fmt: skip
        cheaper = less(kind, worth, of)
        assert hold_of(cheaper, price(cheaper, use)) == held
