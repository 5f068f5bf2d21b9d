"""A price sign as clients see it."""

from decimal import Decimal

import strawberry

from app.domain import price_sign as signs
from app.domain.tariff import Tariff


@strawberry.type(description="A line of a price sign, in the legal order: kWh, minute, session; reservations last.")
class PriceLine:
    label: str = strawberry.field(description="What is priced, in the reader's language.")
    unit: str = strawberry.field(description="Per what: kWh, min, or the reader's word for a session.")
    price: Decimal = strawberry.field(description="In major units, taxes included.")
    currency: str = strawberry.field(description="ISO 4217.")
    condition: str | None = strawberry.field(description="When it applies, in English; null: always.")


def price_sign(tariff: Tariff, locale: str | None) -> list[PriceLine]:
    """Every price once, with taxes; English for a language we do not speak."""
    return [
        PriceLine(label=line.label, unit=line.unit, price=line.price, currency=line.currency, condition=line.condition)
        for line in signs.price_sign(tariff, locale)
    ]
