"""What a voucher takes off a price: one line for each rate of tax, so that tax is owed of what is paid alone."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from app.domain.money import half_up, minor_digits, shares
from app.domain.pricing.cost import CostLine, LineKind, Price, TaxShare
from app.domain.voucher import Discount, VoucherKind


def less(discount: Discount, price: Price) -> Price:
    """The price with the discount's lines; never below nothing."""
    scale = 10 ** minor_digits(price.currency)
    net, gross = price.exact_before_taxes * scale, price.exact_total * scale
    off = min(_off(discount, price.lines, gross), gross)
    if off <= 0:
        return price
    after_net, after = net - net * off / gross, gross - off
    total, before = half_up(after), half_up(after_net)
    if total == price.total_minor:
        return replace(price, exact_before_taxes=after_net / scale, exact_total=after / scale)
    # Rounded each by itself, tax could grow by one while the price sinks.
    before = min(max(before, total - price.tax_minor), price.before_taxes_minor)
    lines = _lines(discount, price, price.total_minor - total, price.before_taxes_minor - before)
    return Price(
        price.currency, before, total - before, total, (*price.lines, *lines), after_net / scale, after / scale
    )


def _off(discount: Discount, lines: Sequence[CostLine], gross: Fraction) -> Fraction:
    if discount.kind is VoucherKind.AMOUNT:
        return Fraction(discount.worth)
    if discount.kind is VoucherKind.PERCENT:
        return gross * discount.worth / 100
    left, off = Fraction(discount.worth), Fraction(0)
    for line in lines:  # the first energy is the free one
        if line.dimension is LineKind.ENERGY and line.quantity:
            taken = min(left, Fraction(line.quantity) * 1000)
            off += line.total_minor * taken / (Fraction(line.quantity) * 1000)
            left -= taken
    return off


def _lines(discount: Discount, price: Price, off_minor: int, off_net_minor: int) -> list[CostLine]:
    """Spread over the rates in proportion; the sums are exact."""
    by_rate: dict[tuple[tuple[str, Decimal], ...], int] = {}
    for line in price.lines:
        rate = tuple((tax.name, tax.percent) for tax in line.taxes)
        by_rate[rate] = by_rate.get(rate, 0) + line.total_minor
    rates = {rate: amount for rate, amount in by_rate.items() if amount > 0}
    whole = sum(rates.values())
    grosses = shares([Fraction(amount) * off_minor / whole for amount in rates.values()], off_minor)
    taxes = _spread(off_minor - off_net_minor, [
        Fraction(gross) * percent / (100 + percent)
        for gross, percent in zip(grosses, (sum((Fraction(part) for _, part in rate), Fraction(0)) for rate in rates),
                                  strict=True)
    ])  # fmt: skip
    return [_line(discount, rate, gross, tax) for rate, gross, tax in zip(rates, grosses, taxes, strict=True) if gross]


def _spread(total: int, exact: Sequence[Fraction]) -> list[int]:
    """In proportion to ``exact``, which need not sum to the total."""
    whole = sum(exact)
    if not whole:
        return [total] + [0] * (len(exact) - 1)
    return shares([one * total / whole for one in exact], total)


def _line(discount: Discount, rate: tuple[tuple[str, Decimal], ...], gross: int, tax: int) -> CostLine:
    parts = _spread(tax, [Fraction(percent) for _, percent in rate]) if rate else []
    return CostLine(
        dimension=LineKind.VOUCHER,
        quantity=Decimal(1),
        unit="session",
        unit_price=Decimal(0),
        before_taxes_minor=tax - gross,
        tax_minor=-tax,
        total_minor=-gross,
        taxes=tuple(TaxShare(name, percent, -part) for (name, percent), part in zip(rate, parts, strict=True)),
        element=None,
        rule=f"voucher {discount.code}: {_said(discount)}",
        start=None,
        end=None,
        first_reading_at=None,
        last_reading_at=None,
    )


def _said(discount: Discount) -> str:
    match discount.kind:
        case VoucherKind.AMOUNT:
            return f"up to {discount.worth} minor units less"
        case VoucherKind.PERCENT:
            return f"{discount.worth} percent less"
        case _:
            return f"the first {discount.worth} Wh cost nothing"
