"""A price sign says all that a session may cost: each price in the legal order, then the least and the most."""

from decimal import Decimal

from app.domain.price_sign import price_sign, price_text
from tests.domain.pricing.making import element, limit, tariff_of

FEE = {"type": "FLAT", "price": "1", "vatPercent": "19"}
ENERGY = {"type": "ENERGY", "price": "0.50", "vatPercent": "19"}


def test_a_least_and_a_greatest_price_are_on_the_sign() -> None:
    both = tariff_of([element(FEE, ENERGY)], included=True, least=limit(None, "5"), most=limit("100", None))
    assert [(line.label, line.unit, line.price) for line in price_sign(both, "en")] == [
        ("Energy", "kWh", Decimal("0.5")), ("Session", "session", Decimal(1)),
        ("At least", "session", Decimal(5)), ("At most", "session", Decimal(119)),
    ]  # fmt: skip
    assert [line.label for line in price_sign(both, "de")] == ["Energie", "Ladevorgang", "Mindestens", "Höchstens"]
    assert price_text(both, longest=200).endswith("At least 5 EUR/session; At most 119 EUR/session")
    assert len(price_sign(tariff_of([element(ENERGY)]), "en")) == 1
