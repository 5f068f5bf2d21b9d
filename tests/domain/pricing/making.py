"""Tariffs and usages written shortly."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.pricing import Activity, Period, ReservationUse, Usage
from app.domain.tariff import PriceLimit, Tariff, TariffElement, TariffState
from app.domain.tariff_form import parse_elements

Part = tuple[int, int] | tuple[int, int, Activity] | tuple[int, int, Activity, int]


def component(kind: str, price: str, step: int = 1, vat: str | None = None) -> dict[str, object]:
    return {"type": kind, "price": price, "stepSize": step, "vatPercent": vat}


def element(*components: dict[str, object], **restrictions: object) -> dict[str, object]:
    return {"components": list(components), "restrictions": restrictions or None}


def tariff_of(
    elements: Sequence[dict[str, object]] | tuple[TariffElement, ...],
    *,
    currency: str = "EUR",
    included: bool = False,
    least: PriceLimit | None = None,
    most: PriceLimit | None = None,
    holidays: Sequence[date] = (),
) -> Tariff:
    parsed = elements if isinstance(elements, tuple) else parse_elements(list(elements))
    values: dict[str, Any] = {"min_price": least, "max_price": most, "holidays": frozenset(holidays)}
    return Tariff(
        1, UUID(int=1), 1, "DAY", 3, TariffState.PUBLISHED, currency, included, parsed, None, None, 1, **values
    )


def limit(before: str | None, after: str | None) -> PriceLimit:
    return PriceLimit(None if before is None else Decimal(before), None if after is None else Decimal(after))


def usage_of(
    start: datetime, *parts: Part, zone: str = "UTC", reserved: ReservationUse | None = None, group: str | None = None
) -> Usage:
    """Parts are (minutes, Wh, what the car did, mA)."""
    periods, at = [], start
    for minutes, energy, *more in parts:
        end = at + timedelta(minutes=minutes)
        activity = more[0] if more else Activity.CHARGING
        assert isinstance(activity, Activity)
        current = more[1] if len(more) > 1 else None
        assert not isinstance(current, Activity)
        periods.append(Period(at, end, energy, activity, None, current))
        at = end
    return Usage(tuple(periods), zone, group, reserved)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
