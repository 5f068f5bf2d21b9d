"""Tariffs in OCPI's shape: elements of price components; versions are dated and immutable once published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID

from app.domain.refusal import ErrorCode, Refusal, Refused


class TariffState(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


class Dimension(StrEnum):
    """OCPI TariffDimensionType, as far as prices are made today."""

    ENERGY = "ENERGY"  # per kWh
    TIME = "TIME"  # per hour of the session
    FLAT = "FLAT"  # per session


# Minor-unit digits that differ from 2 (ISO 4217).
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "HUF": 2, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
_LARGEST_PRICE = Decimal(100_000)
_LARGEST_STEP = 1_000_000


def minor_digits(currency: str) -> int:
    """How many decimals a currency has."""
    return _MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """``price`` in major units per kWh, hour or session; ``step_size`` in Wh, seconds or 1 (OCPI 11.4.2)."""

    type: Dimension
    price: Decimal
    step_size: int = 1
    vat_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TariffElement:
    components: tuple[PriceComponent, ...]


@dataclass(frozen=True, slots=True)
class TariffAssignment:
    """Tariff ``code`` applies from ``valid_from`` at an EVSE, a location or (both None) the whole operator.

    With ``token_group_id`` it applies only to tokens of that group; from ``valid_until`` on it applies no more.
    """

    code: str
    location_key: int | None
    evse_key: int | None
    token_group_id: str | None
    valid_from: datetime
    valid_until: datetime | None = None
    uuid: UUID | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a tariff; ``valid_from`` is a draft's proposal, and None for a draft that was retired."""

    key: int
    uuid: UUID
    operator_key: int
    code: str
    version_number: int
    state: TariffState
    currency: str
    tax_included: bool
    elements: tuple[TariffElement, ...]
    hold_amount_minor: int | None
    valid_from: datetime | None
    version: int
    retired_at: datetime | None = None


def _invalid(message: str, *path: str) -> Refused:
    return Refused(Refusal(ErrorCode.INVALID_INPUT, message, ("elements", *path)))


def _decimal(value: object, *path: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _invalid('A price is a decimal number written as a string, such as "0.49".', *path)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _invalid(f'{str(value)[:40]!r} is not a decimal number; write it like "0.49".', *path) from None
    if not number.is_finite() or number < 0 or number > _LARGEST_PRICE:
        raise _invalid(f"A price lies between 0 and {_LARGEST_PRICE}.", *path)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4:
        raise _invalid("A price has at most four decimals (OCPI number).", *path)
    return number


def parse_elements(raw: object) -> tuple[TariffElement, ...]:
    """Elements from their JSON form. Raises `Refused` (INVALID_INPUT) naming the field that is wrong.

    Shape: ``[{"components": [{"type": "ENERGY", "price": "0.49", "stepSize": 1, "vatPercent": "19"}]}]``.
    """
    if not isinstance(raw, list) or not raw:
        raise _invalid("A tariff has at least one element.")
    if len(raw) > 32:
        raise _invalid("A tariff has at most 32 elements.")
    elements = []
    for index, element in enumerate(raw):
        if not isinstance(element, dict) or set(element) - {"components"}:
            raise _invalid('An element is an object with the one field "components".', str(index))
        components = element.get("components")
        if not isinstance(components, list) or not components:
            raise _invalid("An element has at least one price component.", str(index), "components")
        elements.append(
            TariffElement(tuple(_component(part, str(index), str(at)) for at, part in enumerate(components)))
        )
    seen = [component.type for element in elements for component in element.components]
    for dimension in set(seen):
        if seen.count(dimension) > 1:
            raise _invalid(f"{dimension} is priced twice; without restrictions only the first would ever apply.")
    return tuple(elements)


def _component(raw: object, element: str, at: str) -> PriceComponent:
    path = (element, "components", at)
    if not isinstance(raw, dict) or set(raw) - {"type", "price", "stepSize", "vatPercent"}:
        raise _invalid("A component has type, price, stepSize and vatPercent.", *path)
    try:
        dimension = Dimension(str(raw.get("type")))
    except ValueError:
        raise _invalid(f"A component's type is one of {', '.join(Dimension)}.", *path, "type") from None
    step = raw.get("stepSize", 1)
    if isinstance(step, bool) or not isinstance(step, int) or not 1 <= step <= _LARGEST_STEP:
        raise _invalid(f"stepSize is a whole number from 1 to {_LARGEST_STEP}.", *path, "stepSize")
    vat = raw.get("vatPercent")
    percent = None if vat is None else _decimal(vat, *path, "vatPercent")
    if percent is not None and percent > 100:
        raise _invalid("vatPercent lies between 0 and 100.", *path, "vatPercent")
    return PriceComponent(dimension, _decimal(raw.get("price"), *path, "price"), step, percent)


def elements_json(elements: tuple[TariffElement, ...]) -> list[dict[str, list[dict[str, str | int | None]]]]:
    """The JSON form that `parse_elements` reads."""
    return [
        {
            "components": [
                {
                    "type": component.type.value,
                    "price": str(component.price),
                    "stepSize": component.step_size,
                    "vatPercent": None if component.vat_percent is None else str(component.vat_percent),
                }
                for component in element.components
            ]
        }
        for element in elements
    ]


def _matches(
    assignment: TariffAssignment, *, at: datetime, location_key: int, evse_key: int | None, token_group_id: str | None
) -> bool:
    return (
        assignment.valid_from <= at
        and (assignment.valid_until is None or at < assignment.valid_until)
        and assignment.location_key in (None, location_key)
        and assignment.evse_key in (None, evse_key)
        and assignment.token_group_id in (None, token_group_id)
    )


def _specificity(assignment: TariffAssignment) -> tuple[bool, bool, bool, datetime]:
    return (
        assignment.token_group_id is not None,
        assignment.evse_key is not None,
        assignment.location_key is not None,
        assignment.valid_from,
    )


def version_at(versions: Iterable[Tariff], code: str, at: datetime) -> Tariff | None:
    """The newest version of ``code`` that was published and is valid at a moment.

    None when that one was retired by then: retiring a price does not bring back the price before it.
    """
    dated = [
        (version.valid_from, version.version_number, version)
        for version in versions
        if version.code == code
        and version.state is not TariffState.DRAFT
        and version.valid_from is not None
        and version.valid_from <= at
    ]
    if not dated:
        return None
    newest = max(dated, key=lambda entry: entry[:2])[2]
    return newest if newest.retired_at is None or at < newest.retired_at else None


def applicable(
    assignments: Iterable[TariffAssignment],
    versions: Iterable[Tariff],
    *,
    at: datetime,
    location_key: int,
    evse_key: int | None,
    token_group_id: str | None = None,
) -> Tariff | None:
    """The tariff version that a session beginning at ``at`` pays; None when nothing is assigned.

    The most specific assignment wins (token group, then EVSE, location, operator; the later of two equals). One whose
    code has no valid version yet is passed over, so that an assignment made early changes nothing.
    """
    known = tuple(versions)
    matching = [
        assignment
        for assignment in assignments
        if _matches(assignment, at=at, location_key=location_key, evse_key=evse_key, token_group_id=token_group_id)
    ]
    for assignment in sorted(matching, key=_specificity, reverse=True):
        found = version_at(known, assignment.code, at)
        if found is not None:
            return found
    return None
