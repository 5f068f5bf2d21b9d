"""Prices a usage by one version of a tariff, exactly; rounds once, and spreads the difference over the lines.

OCPI 2.2.1 and 2.3.0, Tariffs and CDRs: the first element that matches wins, for each dimension at each instant; steps
are applied once to the energy and once to the time, at the price of the last run; minimum and maximum price hold before
and after taxes, each on its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from app.domain.money import half_up, minor_digits, shares
from app.domain.pricing.buckets import SECOND_US, Exact
from app.domain.pricing.cost import CostLine, LineKind, Price, TaxShare
from app.domain.pricing.discount import less
from app.domain.pricing.limits import limited
from app.domain.pricing.rule import plain, rule
from app.domain.pricing.usage import Period, ReservationUse, Usage
from app.domain.pricing.walk import Run, Walked, walk
from app.domain.restriction import ReservationKind
from app.domain.tariff import Dimension, PriceComponent, Tariff, TariffElement, Tax

# Billed quantity per price unit, and per step: Wh to kWh, microseconds to hours and seconds.
_UNITS = {
    Dimension.ENERGY: ("kWh", 1000, 1, "Wh"),
    Dimension.TIME: ("h", 3600 * SECOND_US, SECOND_US, "s"),
    Dimension.PARKING_TIME: ("h", 3600 * SECOND_US, SECOND_US, "s"),
    Dimension.FLAT: ("session", 1, 1, ""),
}
# The legal order of display (AFIR Art. 5): energy, time, session.
_ORDER = (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME, Dimension.FLAT)
_KIND = {dimension: LineKind(dimension.value) for dimension in Dimension}
_RESERVED = {Dimension.TIME: LineKind.RESERVATION_TIME, Dimension.FLAT: LineKind.RESERVATION_FLAT}
_SHOWN = Decimal("0.000001")  # of a quantity; amounts come from the exact one


@dataclass(slots=True)
class _Exact:
    """A run with its price: amounts in minor units, not yet rounded."""

    kind: LineKind
    dimension: Dimension
    component: PriceComponent
    run: Run
    element: int
    rounding: str
    net: Fraction
    tax: Fraction


def price(tariff: Tariff, usage: Usage) -> Price:
    """What a usage costs by one tariff version. Never negative; nothing used and nothing reserved costs nothing."""
    scale = 10 ** minor_digits(tariff.currency)
    lines = _session_lines(tariff, usage, scale)
    if usage.reservation is not None:
        lines += _reservation_lines(tariff, usage, usage.reservation, scale)
    net, tax = sum((line.net for line in lines), Fraction(0)), sum((line.tax for line in lines), Fraction(0))
    net_minor, gross_minor = half_up(net), half_up(net + tax)
    nets = shares([line.net for line in lines], net_minor)
    taxes = shares([line.tax for line in lines], gross_minor - net_minor)
    made = [_line(tariff, line, *amounts) for line, *amounts in zip(lines, nets, taxes, strict=True)]
    if usage.periods or usage.reservation is not None:
        net, gross, more = limited(tariff, net, net + tax, net_minor, gross_minor, scale)
        made += more
    else:
        gross = net + tax
    total = sum(line.total_minor for line in made)
    before_taxes = sum(line.before_taxes_minor for line in made)
    made_of = Price(tariff.currency, before_taxes, total - before_taxes, total, tuple(made), net / scale, gross / scale)
    return made_of if tariff.discount is None else less(tariff.discount, made_of)


def _session_lines(tariff: Tariff, usage: Usage, scale: int) -> list[_Exact]:
    indices = [n for n, element in enumerate(tariff.elements) if element.restriction.reservation is None]
    walked = walk(
        [tariff.elements[n] for n in indices],
        usage.periods,
        holidays=tariff.holidays,
        time_zone=usage.time_zone,
        token_group_id=usage.token_group_id,
    )
    return _lines(tariff, indices, walked, scale, _KIND)


def _reservation_lines(tariff: Tariff, usage: Usage, reservation: ReservationUse, scale: int) -> list[_Exact]:
    """One that expired is priced by the elements for it, and by those of any reservation where they say nothing."""
    kinds = [ReservationKind.RESERVATION]
    if reservation.expired:
        kinds.insert(0, ReservationKind.RESERVATION_EXPIRES)
    indices = [
        n for kind in kinds for n, element in enumerate(tariff.elements) if element.restriction.reservation is kind
    ]
    walked = walk(
        [tariff.elements[n] for n in indices],
        (Period(reservation.start, max(reservation.start, reservation.end)),),
        holidays=tariff.holidays,
        time_zone=usage.time_zone,
        token_group_id=usage.token_group_id,
    )
    return _lines(tariff, indices, walked, scale, _RESERVED)


def _lines(
    tariff: Tariff, indices: Sequence[int], walked: Walked, scale: int, kinds: dict[Dimension, LineKind]
) -> list[_Exact]:
    lines = []
    for dimension in _ORDER:
        runs = walked.runs.get(dimension)
        if not runs or dimension not in kinds:
            continue
        stepped = dimension is Dimension.ENERGY or dimension is walked.last_time
        rounding = _step_up(_component(tariff.elements[indices[runs[-1].element]], dimension), runs) if stepped else ""
        for run in runs:
            element = indices[run.element]
            component = _component(tariff.elements[element], dimension)
            net, tax = _amounts(component, dimension, run.quantity, scale, included=tariff.tax_included)
            said = rounding if run is runs[-1] else ""
            lines.append(_Exact(kinds[dimension], dimension, component, run, element, said, net, tax))
    return lines


def _component(element: TariffElement, dimension: Dimension) -> PriceComponent:
    return next(component for component in element.components if component.type is dimension)


def _step_up(component: PriceComponent, runs: list[Run]) -> str:
    """Rounds the dimension's total up to a whole step, at the last run's price; says so when it changed anything."""
    _, _, per_step, name = _UNITS[component.type]
    total = sum((run.quantity for run in runs), 0)
    step = component.step_size * per_step
    extra = -total % step
    if extra:
        runs[-1].add(extra)
    if extra < per_step:  # a second begun counts as one: not worth a word
        return ""
    used, billed = _shown(Fraction(total, per_step)), (total + extra) // step * component.step_size
    return f"{plain(used)} {name} in all billed as {billed} {name} in steps of {component.step_size} {name}"


@lru_cache(maxsize=4096)
def _per_unit(
    component: PriceComponent, dimension: Dimension, scale: int, *, included: bool
) -> tuple[Fraction, Fraction]:
    """Minor units of price and of tax for one Wh, microsecond or session."""
    amount = Fraction(component.price) * scale / _UNITS[dimension][1]
    rate = sum((Fraction(tax.percent) for tax in component.taxes), Fraction(0)) / 100
    net = amount / (1 + rate) if included else amount
    return net, net * rate


def _amounts(
    component: PriceComponent, dimension: Dimension, quantity: Exact, scale: int, *, included: bool
) -> tuple[Fraction, Fraction]:
    net, tax = _per_unit(component, dimension, scale, included=included)
    return net * quantity, tax * quantity


def _line(tariff: Tariff, line: _Exact, net: int, tax: int) -> CostLine:
    unit, per, _, _ = _UNITS[line.dimension]
    component, run = line.component, line.run
    said = f"{plain(component.price)} {tariff.currency} per {unit}"
    return CostLine(
        dimension=line.kind,
        quantity=_shown(Fraction(run.quantity, per)),
        unit=unit,
        unit_price=component.price,
        before_taxes_minor=net,
        tax_minor=tax,
        total_minor=net + tax,
        taxes=_tax_shares(component.taxes, tax),
        element=line.element,
        rule=rule(tariff, line.element, said, line.rounding),
        start=run.start,
        end=run.end,
        first_reading_at=run.first_reading_at,
        last_reading_at=run.last_reading_at,
    )


def _tax_shares(taxes: tuple[Tax, ...], amount: int) -> tuple[TaxShare, ...]:
    if len(taxes) == 1:
        return (TaxShare(taxes[0].name, taxes[0].percent, amount),)
    whole = sum((Fraction(tax.percent) for tax in taxes), Fraction(0))
    if not whole:
        return tuple(TaxShare(tax.name, tax.percent, 0) for tax in taxes)
    parts = shares([Fraction(tax.percent) * amount / whole for tax in taxes], amount)
    return tuple(TaxShare(tax.name, tax.percent, part) for tax, part in zip(taxes, parts, strict=True))


def _shown(quantity: Fraction) -> Decimal:
    """Rounded for a reader, without zeros that say nothing."""
    if quantity.denominator == 1:
        return Decimal(quantity.numerator)
    rounded = (Decimal(quantity.numerator) / Decimal(quantity.denominator)).quantize(_SHOWN)
    return rounded.to_integral() if rounded == rounded.to_integral() else rounded.normalize()
