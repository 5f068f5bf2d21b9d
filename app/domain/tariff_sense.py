"""Whether each price of a tariff can ever apply: one that never would is a mistake, found when it is drafted."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.restriction import DAYS, Restriction
from app.domain.tariff import Dimension, PriceLimit, TariffElement

_RANGES = ("kwh", "current", "power", "duration", "parking_duration")
_RESERVABLE = frozenset({Dimension.TIME, Dimension.FLAT})


def check_sense(
    elements: Sequence[TariffElement],
    *,
    holidays: frozenset[date],
    min_price: PriceLimit | None = None,
    max_price: PriceLimit | None = None,
) -> None:
    """Raises `Refused`: TARIFF_NEVER_MATCHES for a price that no session pays, INVALID_INPUT for crossed limits."""
    for index, element in enumerate(elements):
        why = _impossible(element.restriction, holidays)
        if why is not None:
            raise _never(why, index, "restrictions")
        for at, component in enumerate(element.components):
            why = _unreachable(elements, index, at)
            if why is not None:
                raise _never(f"{component.type} {why}", index, "components", str(at))
    for name in ("before_taxes", "after_taxes"):
        least, most = getattr(min_price, name, None), getattr(max_price, name, None)
        if least is not None and most is not None and least > most:
            message = "The least price of a session is above the greatest. Exchange them, or leave one out."
            raise Refused(Refusal(ErrorCode.INVALID_INPUT, message, ("input", "minPrice")))


def _never(why: str, index: int, *path: str) -> Refused:
    message = f"Element {index + 1} can never apply: {why}. Change or remove it."
    return Refused(Refusal(ErrorCode.TARIFF_NEVER_MATCHES, message, ("elements", str(index), *path)))


def _impossible(restriction: Restriction, holidays: frozenset[date]) -> str | None:
    """Why no moment fits; None when one may."""
    for name in _RANGES:
        least, most = getattr(restriction, f"min_{name}"), getattr(restriction, f"max_{name}")
        if most is not None and most <= (least or 0):
            return f"from {least or 0} until {most} there is nothing ({name.replace('_', ' ')})"
    if not any(_day_fits(restriction, day, holidays) for day in _days(restriction, holidays)):
        return "no day fits its dates, days of the week and public holidays"
    return None


def _days(restriction: Restriction, holidays: frozenset[date]) -> Iterable[date]:
    """Days among which one fits, if any does."""
    if restriction.public_holiday:
        return sorted(holidays)
    first = restriction.start_date
    if first is None:
        first = date(2024, 1, 1) if restriction.end_date is None else restriction.end_date - timedelta(days=500)
    return (first + timedelta(days=n) for n in range(500))  # more than a list of holidays could cover


def _day_fits(restriction: Restriction, day: date, holidays: frozenset[date]) -> bool:
    return (
        (not restriction.day_of_week or DAYS[day.weekday()] in restriction.day_of_week)
        and (restriction.start_date is None or day >= restriction.start_date)
        and (restriction.end_date is None or day < restriction.end_date)
        and (restriction.public_holiday is None or restriction.public_holiday is (day in holidays))
    )


def _unreachable(elements: Sequence[TariffElement], index: int, at: int) -> str | None:
    """Why an element's component is never the first that matches; None when it may be."""
    element = elements[index]
    dimension, restriction = element.components[at].type, element.restriction
    if dimension in {component.type for component in element.components[:at]}:
        return "is priced twice in it"
    if restriction.reservation is not None and dimension not in _RESERVABLE:
        return "has no price in a reservation; only TIME and FLAT have"
    if restriction.reservation is None and dimension is Dimension.TIME and restriction.min_parking_duration is not None:
        return "is charged while charging, and it begins only when charging has stopped"
    for before, earlier in enumerate(elements[:index]):
        if dimension in {component.type for component in earlier.components} and covers(
            earlier.restriction, restriction
        ):
            return f"is always taken from element {before + 1} first"
    return None


def covers(wide: Restriction, narrow: Restriction) -> bool:
    """Whether the first surely holds whenever the second does."""
    return (
        wide.reservation is narrow.reservation
        and (wide.public_holiday is None or wide.public_holiday is narrow.public_holiday)
        and _within(wide.day_of_week, narrow.day_of_week)
        and _within(wide.token_groups, narrow.token_groups)
        and _hours(wide) in (_hours(Restriction()), _hours(narrow))
        and _above(wide.start_date, narrow.start_date)
        and _below(wide.end_date, narrow.end_date)
        and all(_above(getattr(wide, f"min_{name}"), getattr(narrow, f"min_{name}")) for name in _RANGES)
        and all(_below(getattr(wide, f"max_{name}"), getattr(narrow, f"max_{name}")) for name in _RANGES)
    )


def _hours(restriction: Restriction) -> tuple[object, object]:
    return restriction.start_time, restriction.end_time


def _within(wide: Sequence[str], narrow: Sequence[str]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _above(wide: Any, narrow: Any) -> bool:
    return wide is None or (narrow is not None and narrow >= wide)


def _below(wide: Any, narrow: Any) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)
