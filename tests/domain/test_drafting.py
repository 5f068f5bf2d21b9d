"""What a least price, a greatest price or a voucher changes is taxed at the rates of what was bought."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.cdr import Cdr, CdrReason
from app.domain.document import DocumentKind, Draft, Seller
from app.domain.drafting import Supply, bill
from app.domain.pricing import Period, Usage, price
from app.domain.tariff import Tariff
from app.domain.tax import Rate
from app.domain.vat_rates import TaxPlace
from app.domain.voucher import Discount, VoucherKind
from tests.domain.pricing.making import component, element, limit, tariff_of

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def receipt(tariff: Tariff, energy_wh: int) -> Draft:
    end = AT + timedelta(hours=1)
    found = price(tariff, Usage((Period(AT, end, energy_wh),), "Europe/Berlin", None))
    cdr = Cdr(
        UUID(int=1), 1, 1, 1, 1, 1, CdrReason.SETTLED, "EUR", found.before_taxes_minor, found.tax_minor,
        found.total_minor, found.exact_before_taxes, found.exact_total, energy_wh, AT, end, end, found.lines, key=1,
    )  # fmt: skip
    supply = Supply(cdr, "Here", TaxPlace("DE"), Rate((("VAT", Decimal(19)),)))
    return bill(DocumentKind.RECEIPT, [supply], Seller("Volt", "Weg 1", "Berlin", "DE"))


def tariff(energy: str, session: str, least: str | None, most: str | None, off: Discount | None) -> Tariff:
    parts = [component("ENERGY", energy, vat="7"), component("FLAT", session, vat="19")]
    made = tariff_of(
        [element(*[part for part in parts if part["price"] != "none"])],
        included=True,
        least=None if least is None else limit(None, least),
        most=None if most is None else limit(None, most),
    )
    return replace(made, discount=off)


def taxes(draft: Draft) -> dict[int, tuple[int, int]]:
    return {int(group.percent): (group.net_minor, group.tax_minor) for group in draft.taxes}


def test_a_least_price_and_a_voucher_have_the_rate_of_what_was_bought() -> None:
    half = Discount(VoucherKind.PERCENT, 50, "SPRING-26")
    assert taxes(receipt(tariff("0.10", "none", "5.00", None, half), 1_000)) == {7: (234, 16)}


def test_a_greatest_price_is_taken_off_at_each_rate() -> None:
    """10.00 with 7 % and 12.00 with 19 % at most 6.00: 2.73 and 3.27 are left."""
    assert taxes(receipt(tariff("1.00", "12.00", None, "6.00", None), 10_000)) == {7: (255, 18), 19: (275, 52)}


_DISCOUNTS = st.none() | st.builds(Discount, st.sampled_from(VoucherKind), st.integers(1, 100), st.just("SPRING-26"))
_LIMITS = st.none() | st.integers(0, 3_000).map(lambda cents: f"{cents // 100}.{cents % 100:02}")


@given(st.integers(0, 40_000), st.integers(0, 2_000), _LIMITS, _LIMITS, _DISCOUNTS)
def test_no_rate_is_below_nothing_and_sums_are_sums(
    energy_wh: int, session: int, least: str | None, most: str | None, off: Discount | None
) -> None:
    of = tariff("0.49", f"{session // 100}.{session % 100:02}", least, most, off)
    draft = receipt(of, energy_wh)
    total = draft.parts[0][1]
    assert total >= 0
    assert all(line.net_minor + line.tax_minor == line.total_minor for line in draft.lines)
    assert all(group.net_minor >= 0 and group.tax_minor >= 0 for group in draft.taxes)
    assert {int(group.percent) for group in draft.taxes} <= {7, 19}
    assert sum(group.net_minor + group.tax_minor for group in draft.taxes) == total
    found = price(of, Usage((Period(AT, AT + timedelta(hours=1), energy_wh),), "Europe/Berlin", None))
    assert found.total_minor == total
