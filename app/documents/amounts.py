"""Amounts and rates as people and programs read them."""

from decimal import Decimal

from app.domain.money import minor_digits


def major(amount_minor: int, currency: str) -> Decimal:
    """In major units, with the currency's decimals."""
    return Decimal(amount_minor).scaleb(-minor_digits(currency))


def shown(amount_minor: int, currency: str) -> str:
    return f"{major(amount_minor, currency):,.{minor_digits(currency)}f}"


def plain(number: Decimal) -> str:
    """Without an exponent and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
