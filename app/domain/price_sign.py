"""A price sign: what a tariff costs, in the order that the law wants, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import minor_digits
from app.domain.pricing.rule import conditions
from app.domain.restriction import ReservationKind, Restriction
from app.domain.tariff import Dimension, PriceComponent, PriceLimit, Tariff

# The legal order of display (AFIR Art. 5): per kWh, per minute, per session. A driver is told minutes, not hours.
_ORDER: dict[Dimension, tuple[str, Decimal]] = {
    Dimension.ENERGY: ("kWh", Decimal(1)),
    Dimension.TIME: ("min", Decimal(60)),
    Dimension.PARKING_TIME: ("min", Decimal(60)),
    Dimension.FLAT: ("session", Decimal(1)),
}
_ENGLISH = {
    "ENERGY": "Energy", "TIME": "Time", "PARKING_TIME": "Parking", "FLAT": "Session", "RESERVED": "Reservation",
    "MIN_PRICE": "At least", "MAX_PRICE": "At most", "session": "session",
}  # fmt: skip
_LABELS: Mapping[str, Mapping[str, str]] = {
    "en": _ENGLISH,
    "de": {
        "ENERGY": "Energie", "TIME": "Ladezeit", "PARKING_TIME": "Standzeit", "FLAT": "Ladevorgang",
        "RESERVED": "Reservierung", "MIN_PRICE": "Mindestens", "MAX_PRICE": "Höchstens", "session": "Ladevorgang",
    },
    "fr": {
        "ENERGY": "Énergie", "TIME": "Temps de charge", "PARKING_TIME": "Stationnement", "FLAT": "Session",
        "RESERVED": "Réservation", "MIN_PRICE": "Au moins", "MAX_PRICE": "Au plus", "session": "session",
    },
    "nl": {
        "ENERGY": "Energie", "TIME": "Laadtijd", "PARKING_TIME": "Parkeertijd", "FLAT": "Laadsessie",
        "RESERVED": "Reservering", "MIN_PRICE": "Ten minste", "MAX_PRICE": "Ten hoogste", "session": "laadsessie",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PriceLine:
    """``price`` in major units per ``unit``, taxes included; ``condition`` says in English when it applies."""

    label: str
    unit: str
    price: Decimal
    currency: str
    condition: str | None

    def __str__(self) -> str:
        said = f"{self.label} {self.price:f} {self.currency}/{self.unit}"
        return said if self.condition is None else f"{said} ({self.condition})"


def price_sign(tariff: Tariff, locale: str | None) -> list[PriceLine]:
    """Every price once, with taxes; English for a language we do not speak."""
    labels = _LABELS.get((locale or "en")[:2].lower(), _ENGLISH)
    parts = [(element.restriction, component) for element in tariff.elements for component in element.components]
    parts.sort(key=lambda part: (part[0].reservation is not None, list(_ORDER).index(part[1].type)))
    lines = [_line(tariff, restriction, component, labels) for restriction, component in parts]
    limits = (("MIN_PRICE", tariff.min_price), ("MAX_PRICE", tariff.max_price))
    return lines + [_limit(tariff, limit, labels[name], labels) for name, limit in limits if limit is not None]


def price_text(tariff: Tariff, *, longest: int, locale: str | None = None) -> str:
    """The sign in one line for a display; what does not fit is left out from the end, and said to be."""
    lines = [str(line) for line in price_sign(tariff, locale)]
    whole = "; ".join(lines)
    while len(whole) > longest and lines:
        lines.pop()
        whole = "; ".join([*lines, "…"])
    return whole


def _limit(tariff: Tariff, limit: PriceLimit, label: str, labels: Mapping[str, str]) -> PriceLine:
    """With the highest tax of the tariff's prices where only an amount before taxes is said."""
    gross = limit.after_taxes
    if gross is None:
        taxes = (component.tax_percent or Decimal(0) for element in tariff.elements for component in element.components)
        gross = (limit.before_taxes or Decimal(0)) * (1 + max(taxes, default=Decimal(0)) / 100)
    digits = Decimal(1).scaleb(-minor_digits(tariff.currency) - 2)
    return PriceLine(label, labels["session"], gross.quantize(digits).normalize() + 0, tariff.currency, None)


def _line(tariff: Tariff, restriction: Restriction, part: PriceComponent, labels: Mapping[str, str]) -> PriceLine:
    unit, divisor = _ORDER[part.type]
    gross = part.price if tariff.tax_included else part.price * (1 + (part.tax_percent or 0) / Decimal(100))
    digits = Decimal(1).scaleb(-minor_digits(tariff.currency) - 2)
    when = conditions(restriction)
    if restriction.reservation is ReservationKind.RESERVATION_EXPIRES:
        when = ", ".join(text for text in ("when it expires", when) if text)
    return PriceLine(
        label=labels["RESERVED" if restriction.reservation is not None else part.type.value],
        unit=labels.get(unit, unit),
        price=(gross / divisor).quantize(digits).normalize() + 0,
        currency=tariff.currency,
        condition=when or None,
    )
