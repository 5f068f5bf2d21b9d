"""The total of a tariff that prices energy and sessions alone, in whole numbers: cheap enough for every reading.

The same function as `price`, for fewer tariffs: a property test holds the two together.
"""

from fractions import Fraction
from functools import lru_cache
from math import lcm

from app.domain.money import minor_digits
from app.domain.tariff import Dimension, PriceComponent, Tariff, TariffElement


def is_simple(tariff: Tariff) -> bool:
    """Whether energy alone decides: no restriction, no time, no least or greatest price."""
    if tariff.min_price is not None or tariff.max_price is not None or tariff.discount is not None:
        return False
    return all(
        element.restriction.is_none
        and all(part.type is Dimension.ENERGY or part.type is Dimension.FLAT for part in element.components)
        for element in tariff.elements
    )


def simple_total_minor(tariff: Tariff, energy_wh: int) -> int:
    """`price`'s total for a session of a simple tariff that has begun."""
    rates, denominator = _rates(tariff.elements, tariff.currency, tariff.tax_included)
    amount = 0
    for kind, step, rate in rates:
        amount += rate if kind is Dimension.FLAT else -(-max(energy_wh, 0) // step) * step * rate
    return (2 * amount + denominator) // (2 * denominator)


@lru_cache(maxsize=1000)
def _rates(
    elements: tuple[TariffElement, ...], currency: str, included: bool
) -> tuple[tuple[tuple[Dimension, int, int], ...], int]:
    """What one Wh or session costs with taxes in minor units, over one denominator; the first price of each counts."""
    first: dict[Dimension, PriceComponent] = {}
    for element in elements:
        for part in element.components:
            first.setdefault(part.type, part)
    exact = []
    for part in first.values():
        amount = Fraction(part.price) * 10 ** minor_digits(currency)
        amount /= 1000 if part.type is Dimension.ENERGY else 1
        rate = 1 + Fraction(part.tax_percent or 0) / 100
        exact.append((part.type, part.step_size, amount if included else amount * rate))
    denominator = lcm(*(amount.denominator for _, _, amount in exact))
    return tuple((kind, step, int(amount * denominator)) for kind, step, amount in exact), denominator
