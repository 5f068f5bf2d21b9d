"""Minimum and maximum price: a line of its own, so that the others still say what they would have cost."""

from decimal import Decimal
from fractions import Fraction

from app.domain.money import half_up
from app.domain.pricing.cost import CostLine, LineKind
from app.domain.tariff import PriceLimit, Tariff


def limited(
    tariff: Tariff, net: Fraction, gross: Fraction, net_minor: int, gross_minor: int, scale: int
) -> tuple[Fraction, Fraction, list[CostLine]]:
    """The exact amounts in minor units once both limits hold, and the lines that bring the rounded ones there.

    Before and after taxes are limited each on its own (OCPI, note on min_price). Where a limit names only one of the
    two, the other keeps the proportion it had.
    """
    lines = []
    for limit, kind in ((tariff.min_price, LineKind.MIN_PRICE), (tariff.max_price, LineKind.MAX_PRICE)):
        if limit is None:
            continue
        net, gross = _held(limit, net, gross, scale, lowest=kind is LineKind.MIN_PRICE)
        before, after = half_up(net), half_up(gross)
        if (before, after) != (net_minor, gross_minor):
            lines.append(_line(tariff, kind, limit, before - net_minor, after - gross_minor))
        net_minor, gross_minor = before, after
    return net, gross, lines


def _held(limit: PriceLimit, net: Fraction, gross: Fraction, scale: int, *, lowest: bool) -> tuple[Fraction, Fraction]:
    pick = max if lowest else min
    before = net if limit.before_taxes is None else pick(net, Fraction(limit.before_taxes) * scale)
    after = gross if limit.after_taxes is None else pick(gross, Fraction(limit.after_taxes) * scale)
    if limit.after_taxes is None and before != net:
        after = before * gross / net if net else before
    if limit.before_taxes is None and after != gross:
        before = after * net / gross if gross else after
    return before, max(before, after)


def _line(tariff: Tariff, kind: LineKind, limit: PriceLimit, net: int, gross: int) -> CostLine:
    word = "at least" if kind is LineKind.MIN_PRICE else "at most"
    stated = limit.before_taxes if limit.after_taxes is None else limit.after_taxes
    taxes = "before taxes" if limit.after_taxes is None else "with taxes"
    return CostLine(
        dimension=kind,
        quantity=Decimal(1),
        unit="session",
        unit_price=stated or Decimal(0),
        before_taxes_minor=net,
        tax_minor=gross - net,
        total_minor=gross,
        taxes=(),
        element=None,
        rule=f"{tariff.code} version {tariff.version_number}: "
        f"a session costs {word} {stated} {tariff.currency} {taxes}",
        start=None,
        end=None,
        first_reading_at=None,
        last_reading_at=None,
    )
