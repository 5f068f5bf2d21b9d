"""What the provider takes at least and at most in one charge, and how it writes a currency's amounts.

Stripe: docs.stripe.com/currencies. Amounts are in our minor units (`app.domain.money`); where the provider counts in
others, `to_provider` and `from_provider` translate.
"""

from app.domain.money import minor_digits

# Stripe, "Minimum and maximum charge amounts"; for a currency that has none of its own the settlement currency's
# counts, which is at most about half a euro.
_LEAST = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 200_000, "CZK": 1500, "DKK": 250,
    "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300,
    "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
_LEAST_BY_DIGITS = {0: 100, 2: 100, 3: 200}
_MOST = 99_999_999  # eight digits

# Counted by ISO without decimals, by the provider as if it had two.
_AS_IF_TWO = frozenset({"ISK", "UGX"})
# Three decimals, of which the provider takes only whole tens.
_TENS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
# Two decimals by ISO, none at the provider.
_AS_IF_NONE = frozenset({"MGA"})


def chargeable(amount_minor: int, currency: str) -> int:
    """As much of it as a card can pay, and can be paid back: never more than the bill, at most a step less."""
    step = 10 if currency in _TENS else 100 if currency in _AS_IF_NONE else 1
    return amount_minor - amount_minor % step


class BadAmount(ValueError):
    """The provider would refuse the amount; the message says what it takes."""


def least_charge(currency: str) -> int:
    """Less than this cannot be charged."""
    return _LEAST.get(currency, _LEAST_BY_DIGITS[minor_digits(currency)])


def check_charge(amount_minor: int, currency: str) -> None:
    """Raises `BadAmount` for what cannot be held or captured."""
    least = least_charge(currency)
    if amount_minor < least:
        raise BadAmount(f"At least {least} minor units of {currency} can be held.")
    if to_provider(amount_minor, currency) > _MOST:
        raise BadAmount(f"At most {from_provider(_MOST, currency)} minor units of {currency} can be held.")


def to_provider(amount_minor: int, currency: str) -> int:
    """Our minor units in the provider's; three-decimal amounts are rounded to the nearest ten, a five upwards."""
    if currency in _AS_IF_TWO:
        return amount_minor * 100
    if currency in _AS_IF_NONE:
        return amount_minor // 100
    if currency in _TENS:
        return (amount_minor + 5) // 10 * 10
    return amount_minor


def from_provider(amount: int, currency: str) -> int:
    if currency in _AS_IF_TWO:
        return amount // 100
    if currency in _AS_IF_NONE:
        return amount * 100
    return amount
