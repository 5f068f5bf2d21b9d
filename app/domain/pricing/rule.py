"""Why a line applied, in plain words: which version, which price, when it holds, and how its quantity was rounded."""

from datetime import date, time
from decimal import Decimal
from functools import lru_cache

from app.domain.restriction import DAYS, Restriction, Weekday
from app.domain.tariff import Tariff

_BETWEEN = {
    "kwh": "{} kWh",
    "current": "{} A",
    "power": "{} kW",
    "duration": "{} s of the session",
    "parking_duration": "{} s without charging",
}


def plain(number: Decimal) -> str:
    """Without an exponent and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=4096)
def conditions(restriction: Restriction) -> str:
    """When an element applies; empty when always."""
    said = restriction.said()
    parts = [_range(said.get("start_time"), said.get("end_time"), "{}"), _days(restriction.day_of_week)]
    parts.append(_range(said.get("start_date"), said.get("end_date"), "{}"))
    parts += [_range(said.get(f"min_{name}"), said.get(f"max_{name}"), form) for name, form in _BETWEEN.items()]
    if restriction.public_holiday is not None:
        parts.append("on public holidays" if restriction.public_holiday else "not on public holidays")
    if restriction.token_groups:
        parts.append(f"for {', '.join(restriction.token_groups)}")
    return ", ".join(part for part in parts if part)


def _range(least: object, most: object, form: str) -> str:
    parts = [
        f"{word} {form.format(_shown(value))}"
        for word, value in (("from", least), ("until", most))
        if value is not None
    ]
    return " ".join(parts)


def _shown(value: object) -> str:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return plain(value) if isinstance(value, Decimal) else str(value)


def _days(days: tuple[Weekday, ...]) -> str:
    if not days:
        return ""
    ordered = [day for day in DAYS if day in days]
    return "on " + ", ".join(day.value.capitalize() for day in ordered)


def rule(tariff: Tariff, element: int, price: str, rounding: str) -> str:
    """Such as ``STANDARD version 3, element 2: 0.49 EUR per kWh, from 08:00 until 20:00``."""
    when = conditions(tariff.elements[element].restriction)
    said = f"{tariff.code} version {tariff.version_number}, element {element + 1}: {price}"
    return ", ".join(part for part in (said, when, rounding) if part)
