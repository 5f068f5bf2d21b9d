"""The one pricing function: quote, running cost and final cost come from here, and every cent says why.

Exact arithmetic; the document's total is rounded once and the difference spread over its lines by largest remainder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

from app.domain.tariff import Dimension, PriceComponent, Tariff, TariffElement, minor_digits

# Billed quantity per price unit: Wh to kWh, seconds to hours, sessions to sessions.
_UNIT = {Dimension.ENERGY: ("kWh", 1000), Dimension.TIME: ("h", 3600), Dimension.FLAT: ("session", 1)}
_SHOWN = Decimal("0.000001")  # of a quantity; amounts come from the exact one
_ORDER = (Dimension.ENERGY, Dimension.TIME, Dimension.FLAT)  # the legal order of display (AFIR Art. 5)


@dataclass(frozen=True, slots=True)
class Consumption:
    """What is to be priced: whole Wh, and how long the session has lasted."""

    energy_wh: int
    started_at: datetime
    ended_at: datetime

    @property
    def duration(self) -> timedelta:
        return max(self.ended_at - self.started_at, timedelta(0))


@dataclass(frozen=True, slots=True)
class CostLine:
    """One component's share. Amounts in minor units; ``quantity`` in ``unit``, after rounding up to the step size."""

    dimension: Dimension
    quantity: Decimal
    unit: str
    unit_price: Decimal
    before_taxes_minor: int
    tax_minor: int
    total_minor: int
    vat_percent: Decimal | None
    element: int
    rule: str


@dataclass(frozen=True, slots=True)
class Price:
    """A priced consumption: ``total_minor`` is the sum of the lines' totals, to the cent."""

    currency: str
    before_taxes_minor: int
    tax_minor: int
    total_minor: int
    lines: tuple[CostLine, ...]


@dataclass(frozen=True, slots=True)
class _ExactLine:
    component: PriceComponent
    element: int
    billed: int
    net: Fraction
    gross: Fraction


def price(tariff: Tariff, consumption: Consumption) -> Price:
    """Prices a consumption by one tariff version (OCPI 2.2.1, 11.4). Never negative."""
    exact = [
        _exact(component, index, consumption, tax_included=tariff.tax_included)
        for index, element in enumerate(tariff.elements)
        for component in element.components
    ]
    exact.sort(key=lambda line: _ORDER.index(line.component.type))
    scale = 10 ** minor_digits(tariff.currency)
    gross = _allocate([line.gross * scale for line in exact])
    net = _allocate([line.net * scale for line in exact])
    lines = tuple(_line(line, before_taxes, total) for line, before_taxes, total in zip(exact, net, gross, strict=True))
    return Price(tariff.currency, sum(net), sum(gross) - sum(net), sum(gross), lines)


def total_minor(tariff: Tariff, consumption: Consumption) -> int:
    """`price`'s total without its lines, in whole numbers: cheap enough for every meter reading."""
    rates, denominator = _rates(tariff.elements, tariff.currency, tariff.tax_included)
    amount = sum(_billed_quantity(component, consumption) * rate for component, rate in rates)
    return (2 * amount + denominator) // (2 * denominator)


@lru_cache(maxsize=1000)
def _rates(
    elements: tuple[TariffElement, ...], currency: str, tax_included: bool
) -> tuple[tuple[tuple[PriceComponent, int], ...], int]:
    """What one unit of each component's quantity costs with taxes in minor units, over one denominator."""
    scale = 10 ** minor_digits(currency)
    exact = []
    for component in (component for element in elements for component in element.components):
        net_or_gross = Fraction(component.price) * scale / _UNIT[component.type][1]
        tax = 1 + Fraction(component.vat_percent or 0) / 100
        exact.append((component, net_or_gross if tax_included else net_or_gross * tax))
    denominator = lcm(*(rate.denominator for _, rate in exact))
    return tuple((component, int(rate * denominator)) for component, rate in exact), denominator


def _exact(component: PriceComponent, element: int, consumption: Consumption, *, tax_included: bool) -> _ExactLine:
    billed = _billed_quantity(component, consumption)
    amount = Fraction(component.price) * billed / _UNIT[component.type][1]
    rate = 1 + Fraction(component.vat_percent or 0) / 100
    net, gross = (amount / rate, amount) if tax_included else (amount, amount * rate)
    return _ExactLine(component, element, billed, net, gross)


def _billed_quantity(component: PriceComponent, consumption: Consumption) -> int:
    if component.type is Dimension.FLAT:
        return 1
    used = (
        max(consumption.energy_wh, 0)
        if component.type is Dimension.ENERGY
        else -(-consumption.duration // timedelta(seconds=1))
    )
    return -(-used // component.step_size) * component.step_size


def _line(line: _ExactLine, before_taxes: int, total: int) -> CostLine:
    unit, per = _UNIT[line.component.type]
    return CostLine(
        dimension=line.component.type,
        quantity=_shown(Decimal(line.billed) / Decimal(per)),
        unit=unit,
        unit_price=line.component.price,
        before_taxes_minor=before_taxes,
        tax_minor=total - before_taxes,
        total_minor=total,
        vat_percent=line.component.vat_percent,
        element=line.element,
        rule=f"{line.component.type.value} per {unit}, step {line.component.step_size}",
    )


def _shown(quantity: Decimal) -> Decimal:
    """Rounded for a reader, without zeros that say nothing."""
    rounded = quantity.quantize(_SHOWN)
    return rounded.to_integral() if rounded == rounded.to_integral() else rounded.normalize()


def _allocate(amounts: Sequence[Fraction]) -> list[int]:
    """Whole parts that sum to the half-up rounded total; the largest remainders get the difference."""
    total = int(sum(amounts, Fraction(0)) + Fraction(1, 2))
    whole = [int(amount) for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda index: (whole[index] - amounts[index], index))
    for index in by_remainder[: total - sum(whole)]:
        whole[index] += 1
    return whole
