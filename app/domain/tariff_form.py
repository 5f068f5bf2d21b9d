"""The JSON form of a tariff's elements and limits: read with every mistake named, and written as it is kept."""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.restriction import ALWAYS, ReservationKind, Restriction, Weekday
from app.domain.tariff import Dimension, PriceComponent, PriceLimit, TariffElement, Tax
from app.domain.voucher import Discount, VoucherKind

_LARGEST_PRICE = Decimal(100_000)
_LARGEST_TOTAL = Decimal(900_000)  # card networks end at 999,999.99
_LARGEST_STEP = 1_000_000
_LARGEST_QUANTITY = Decimal(1_000_000)  # of kWh, A or kW
_LARGEST_SECONDS = 366 * 86_400
_ELEMENTS_MAX, _COMPONENTS_MAX, _TAXES_MAX, _HOLIDAYS_MAX, _GROUPS_MAX = 64, 8, 8, 400, 32
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_Path = tuple[str, ...]


def _invalid(message: str, path: _Path) -> Refused:
    return Refused(Refusal(ErrorCode.INVALID_INPUT, message, path))


def decimal(value: object, path: _Path, *, most: Decimal = _LARGEST_PRICE) -> Decimal:
    """A number from 0 to ``most`` with at most four decimals (OCPI number)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise _invalid('A price is a decimal number written as a string, such as "0.49".', path)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _invalid(f'{str(value)[:40]!r} is not a decimal number; write it like "0.49".', path) from None
    if not number.is_finite() or number < 0 or number > most:
        raise _invalid(f"This number lies between 0 and {most}.", path)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4:
        raise _invalid("A price has at most four decimals (OCPI number).", path)
    return number


def _object(raw: object, known: set[str], path: _Path, what: str) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(raw) - known:
        raise _invalid(f"{what} is an object with the fields {', '.join(sorted(known))}.", path)
    return raw


def _list(raw: object, most: int, path: _Path) -> list[Any]:
    if not isinstance(raw, list) or len(raw) > most:
        raise _invalid(f"This is a list of at most {most}.", path)
    return raw


def parse_elements(raw: object) -> tuple[TariffElement, ...]:
    """Elements from their JSON form. Raises `Refused` (INVALID_INPUT) naming the field that is wrong.

    Shape: ``[{"components": [{"type": "ENERGY", "price": "0.49", "stepSize": 1, "vatPercent": "19"}],
    "restrictions": {"startTime": "08:00", "dayOfWeek": ["MONDAY"]}}]``.
    """
    found = _list(raw, _ELEMENTS_MAX, ("elements",))
    if not found:
        raise _invalid("A tariff has at least one element.", ("elements",))
    return tuple(_element(one, ("elements", str(index))) for index, one in enumerate(found))


def _element(raw: object, path: _Path) -> TariffElement:
    said = _object(raw, {"components", "restrictions"}, path, "An element")
    components = _list(said.get("components"), _COMPONENTS_MAX, (*path, "components"))
    if not components:
        raise _invalid("An element has at least one price component.", (*path, "components"))
    restrictions = said.get("restrictions")
    return TariffElement(
        tuple(_component(part, (*path, "components", str(at))) for at, part in enumerate(components)),
        ALWAYS if restrictions is None else parse_restriction(restrictions, (*path, "restrictions")),
    )


def _component(raw: object, path: _Path) -> PriceComponent:
    said = _object(raw, {"type", "price", "stepSize", "vatPercent", "taxes"}, path, "A component")
    try:
        dimension = Dimension(str(said.get("type")))
    except ValueError:
        raise _invalid(f"A component's type is one of {', '.join(Dimension)}.", (*path, "type")) from None
    step = said.get("stepSize", 1)
    if isinstance(step, bool) or not isinstance(step, int) or not 1 <= step <= _LARGEST_STEP:
        raise _invalid(f"stepSize is a whole number from 1 to {_LARGEST_STEP}.", (*path, "stepSize"))
    return PriceComponent(dimension, decimal(said.get("price"), (*path, "price")), step, _taxes(said, path))


def _taxes(said: dict[str, Any], path: _Path) -> tuple[Tax, ...]:
    vat, others = said.get("vatPercent"), said.get("taxes")
    if others and vat is not None:
        raise _invalid("A price states vatPercent or taxes, not both.", (*path, "taxes"))
    if vat is not None:
        return (Tax("VAT", decimal(vat, (*path, "vatPercent"), most=Decimal(100))),)
    found = []
    for index, one in enumerate(_list(others or [], _TAXES_MAX, (*path, "taxes"))):
        at = (*path, "taxes", str(index))
        tax = _object(one, {"name", "percent"}, at, "A tax")
        name = tax.get("name")
        if not isinstance(name, str) or not 1 <= len(name) <= 36 or not name.isprintable():
            raise _invalid("A tax has a name of at most 36 characters.", (*at, "name"))
        found.append(Tax(name, decimal(tax.get("percent"), (*at, "percent"), most=Decimal(100))))
    return tuple(found)


def _time(value: object, path: _Path) -> time:
    if not isinstance(value, str) or not _TIME_OF_DAY.fullmatch(value):
        raise _invalid('A time of day is written like "08:30".', path)
    return time.fromisoformat(value)


def parse_date(value: object, path: _Path) -> date:
    """A day, written as in ISO 8601."""
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _invalid('A day is written like "2026-12-25".', path)


def _seconds(value: object, path: _Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_SECONDS:
        raise _invalid(f"A duration is a whole number of seconds from 0 to {_LARGEST_SECONDS}.", path)
    return value


def _quantity(value: object, path: _Path) -> Decimal:
    return decimal(value, path, most=_LARGEST_QUANTITY)


def _bool(value: object, path: _Path) -> bool:
    if not isinstance(value, bool):
        raise _invalid("This is true or false.", path)
    return value


def _days(value: object, path: _Path) -> tuple[Weekday, ...]:
    try:
        return tuple(Weekday(one) for one in _list(value, 7, path))
    except ValueError:
        raise _invalid(f"A day of the week is one of {', '.join(Weekday)}.", path) from None


def _reservation(value: object, path: _Path) -> ReservationKind:
    try:
        return ReservationKind(str(value))
    except ValueError:
        raise _invalid(f"reservation is one of {', '.join(ReservationKind)}.", path) from None


def _groups(value: object, path: _Path) -> tuple[str, ...]:
    found = _list(value, _GROUPS_MAX, path)
    if not all(isinstance(one, str) and 1 <= len(one) <= 36 and one.isprintable() for one in found):
        raise _invalid("A token group is a text of at most 36 characters.", path)
    return tuple(found)


_READERS: dict[str, Callable[[object, _Path], Any]] = {
    "start_time": _time,
    "end_time": _time,
    "start_date": parse_date,
    "end_date": parse_date,
    "min_duration": _seconds,
    "max_duration": _seconds,
    "min_parking_duration": _seconds,
    "max_parking_duration": _seconds,
    "day_of_week": _days,
    "reservation": _reservation,
    "public_holiday": _bool,
    "token_groups": _groups,
}  # everything else is a quantity


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


_FIELDS = {camel(entry.name): entry.name for entry in fields(Restriction)}


def parse_restriction(raw: object, path: _Path) -> Restriction:
    """What an element's restrictions say; a field that is null says nothing."""
    said = _object(raw, set(_FIELDS), path, "Restrictions")
    values = {
        _FIELDS[key]: _READERS.get(_FIELDS[key], _quantity)(value, (*path, key))
        for key, value in said.items()
        if value is not None
    }
    return Restriction(**values)


def parse_limit(raw: object, *path: str) -> PriceLimit | None:
    """``{"beforeTaxes": "0.50", "afterTaxes": "0.55"}``, at least one of the two; None for none."""
    if raw is None:
        return None
    said = _object(raw, {"beforeTaxes", "afterTaxes"}, path, "A price limit")
    before, after = (
        None if said.get(name) is None else decimal(said[name], (*path, name), most=_LARGEST_TOTAL)
        for name in ("beforeTaxes", "afterTaxes")
    )
    if before is None and after is None:
        raise _invalid("A price limit says beforeTaxes, afterTaxes or both.", path)
    if before is not None and after is not None and after < before:
        raise _invalid("With taxes a limit is not less than without.", (*path, "afterTaxes"))
    return PriceLimit(before, after)


def parse_discount(raw: object) -> Discount | None:
    """A discount as it is stored."""
    if not isinstance(raw, dict):
        return None
    return Discount(VoucherKind(raw["kind"]), int(raw["worth"]), str(raw["code"]))


def parse_holidays(raw: object, *path: str) -> frozenset[date]:
    """The days that count as public holidays."""
    return frozenset(
        parse_date(one, (*path, str(index))) for index, one in enumerate(_list(raw or [], _HOLIDAYS_MAX, path))
    )


def elements_json(elements: Sequence[TariffElement]) -> list[dict[str, Any]]:
    """The JSON form that `parse_elements` reads."""
    return [
        {"components": [_component_json(component) for component in element.components]}
        | ({} if element.restriction.is_none else {"restrictions": restriction_json(element.restriction)})
        for element in elements
    ]


def _component_json(component: PriceComponent) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": component.type.value,
        "price": str(component.price),
        "stepSize": component.step_size,
        "vatPercent": None,
    }
    if len(component.taxes) == 1 and component.taxes[0].name == "VAT":
        return made | {"vatPercent": str(component.taxes[0].percent)}
    if component.taxes:
        made["taxes"] = [{"name": tax.name, "percent": str(tax.percent)} for tax in component.taxes]
    return made


def restriction_json(restriction: Restriction) -> dict[str, Any]:
    """The JSON form that `parse_restriction` reads."""
    return {camel(name): _plain(value) for name, value in restriction.said().items()}


def _plain(value: object) -> Any:
    if isinstance(value, time):
        # Seconds and zones are kept as said, so that reading them refuses them.
        return f"{value:%H:%M}" if value == time(value.hour, value.minute) else value.isoformat()
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return value if isinstance(value, bool | int) else str(value)


def limit_json(limit: PriceLimit | None) -> dict[str, str | None] | None:
    """The JSON form that `parse_limit` reads."""
    if limit is None:
        return None
    values = {"beforeTaxes": limit.before_taxes, "afterTaxes": limit.after_taxes}
    return {name: None if value is None else str(value) for name, value in values.items()}


def holidays_json(holidays: frozenset[date]) -> list[str]:
    """The JSON form that `parse_holidays` reads."""
    return [day.isoformat() for day in sorted(holidays)]
