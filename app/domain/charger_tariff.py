"""One of our tariffs in the words of a station that calculates by itself (2.1 I08, TariffType)."""

from collections.abc import Iterable
from decimal import Decimal

from app.domain.ids import Prefix, public_id
from app.domain.request.tariff import (
    ChargerTariff,
    DayOfWeek,
    TariffConditions,
    TariffConditionsFixed,
    TariffEnergy,
    TariffEnergyPrice,
    TariffFixed,
    TariffFixedPrice,
    TariffPrice,
    TariffTax,
    TariffTime,
    TariffTimePrice,
)
from app.domain.restriction import ReservationKind, Restriction
from app.domain.tariff import Dimension, PriceComponent, PriceLimit, Tariff, Tax

_DIGITS = 6  # of a price without tax: a millionth of a currency's unit a kWh
_KILO = 1000  # kWh and kW of ours, Wh and W of theirs
# What a station's conditions have no word for.
_UNSPEAKABLE = ("public_holiday", "token_groups")
_FIXED_KNOWS = {"start_time", "end_time", "start_date", "end_date", "day_of_week", "reservation"}


class _Inexpressible(Exception):
    """The station's tariffs cannot say this one."""


def charger_tariff(tariff: Tariff) -> ChargerTariff | None:
    """None for a tariff that TariffType cannot say: then we calculate, as for every other station.

    The id is the version's own, so that another content has another one (I08.FR.08). Prices are without taxes; they are
    rounded to a millionth, and the bill is ours all the same.
    """
    try:
        return _said(tariff)
    except _Inexpressible:
        return None


def has_conditions(tariff: ChargerTariff) -> bool:
    """Whether a station must know conditions to understand it (TariffCostCtrlr.ConditionsSupported)."""
    times = (tariff.charging_time, tariff.idle_time, tariff.reservation_time)
    groups = (tariff.energy, tariff.fixed_fee, tariff.reservation_fixed, *times)
    return any(price.conditions is not None for group in groups if group is not None for price in group.prices)


Part = tuple[Restriction, PriceComponent]


def _said(tariff: Tariff) -> ChargerTariff:
    parts = [(element.restriction, component) for element in tariff.elements for component in element.components]
    for restriction, component in parts:
        _check(restriction, component)

    def of(kind: Dimension, *, reserved: bool = False) -> list[Part]:
        return [one for one in parts if one[1].type is kind and (one[0].reservation is not None) is reserved]

    return ChargerTariff(
        tariff_id=public_id(Prefix.TARIFF, tariff.uuid),
        currency=tariff.currency,
        energy=_energy(tariff, of(Dimension.ENERGY)),
        charging_time=_time(tariff, of(Dimension.TIME)),
        idle_time=_time(tariff, of(Dimension.PARKING_TIME)),
        fixed_fee=_fixed(tariff, of(Dimension.FLAT)),
        reservation_time=_time(tariff, of(Dimension.TIME, reserved=True)),
        reservation_fixed=_fixed(tariff, of(Dimension.FLAT, reserved=True)),
        min_cost=_limit(tariff.min_price),
        max_cost=_limit(tariff.max_price),
    )


def _check(restriction: Restriction, component: PriceComponent) -> None:
    said = restriction.said()
    if any(name in said for name in _UNSPEAKABLE) or component.step_size > 1:
        raise _Inexpressible
    if restriction.reservation is ReservationKind.RESERVATION_EXPIRES:
        raise _Inexpressible
    if component.type is Dimension.FLAT and set(said) - _FIXED_KNOWS:
        raise _Inexpressible


def _energy(tariff: Tariff, parts: list[Part]) -> TariffEnergy | None:
    prices = tuple(TariffEnergyPrice(_net(tariff, part), _conditions(when)) for when, part in parts)
    return TariffEnergy(prices, _taxes(part for _, part in parts)) if prices else None


def _time(tariff: Tariff, parts: list[Part]) -> TariffTime | None:
    prices = tuple(TariffTimePrice(_net(tariff, part, 60), _conditions(when)) for when, part in parts)
    return TariffTime(prices, _taxes(part for _, part in parts)) if prices else None


def _fixed(tariff: Tariff, parts: list[Part]) -> TariffFixed | None:
    prices = tuple(TariffFixedPrice(_net(tariff, part), _fixed_conditions(when)) for when, part in parts)
    return TariffFixed(prices, _taxes(part for _, part in parts)) if prices else None


def _net(tariff: Tariff, part: PriceComponent, divisor: int = 1) -> float:
    tax = part.tax_percent or Decimal(0)
    net = part.price / (1 + tax / 100) if tariff.tax_included else part.price
    return round(float(net / divisor), _DIGITS)


def _taxes(parts: Iterable[PriceComponent]) -> tuple[TariffTax, ...]:
    """A station takes one set of taxes for all prices of a kind."""
    kinds: set[tuple[Tax, ...]] = {part.taxes for part in parts}
    if len(kinds) != 1:
        raise _Inexpressible
    return tuple(TariffTax(tax.name, float(tax.percent)) for tax in kinds.pop())


def _thousands(value: Decimal | None) -> float | None:
    return None if value is None else float(value * _KILO)


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _clock(when: Restriction) -> tuple[str | None, str | None, tuple[DayOfWeek, ...], str | None, str | None]:
    """The first fields of both kinds of conditions, in their order: times of day, days of the week, dates."""
    start, end = when.start_time, when.end_time
    first, last = when.start_date, when.end_date
    return (
        None if start is None else f"{start:%H:%M}",
        None if end is None else f"{end:%H:%M}",
        tuple(DayOfWeek(day.capitalize()) for day in when.day_of_week),
        None if first is None else first.isoformat(),
        None if last is None else last.isoformat(),
    )


def _conditions(when: Restriction) -> TariffConditions | None:
    found = TariffConditions(
        *_clock(when),
        min_energy=_thousands(when.min_kwh),
        max_energy=_thousands(when.max_kwh),
        min_current=_plain(when.min_current),
        max_current=_plain(when.max_current),
        min_power=_thousands(when.min_power),
        max_power=_thousands(when.max_power),
        min_time=when.min_duration,
        max_time=when.max_duration,
        min_idle_time=when.min_parking_duration,
        max_idle_time=when.max_parking_duration,
    )
    return None if found == TariffConditions() else found


def _fixed_conditions(when: Restriction) -> TariffConditionsFixed | None:
    found = TariffConditionsFixed(*_clock(when))
    return None if found == TariffConditionsFixed() else found


def _limit(limit: PriceLimit | None) -> TariffPrice | None:
    return None if limit is None else TariffPrice(_plain(limit.before_taxes), _plain(limit.after_taxes))
