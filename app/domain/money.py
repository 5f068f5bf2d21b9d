"""Amounts in a currency's minor units: how many decimals it has, rounding once, and shares that sum to the whole."""

from collections.abc import Sequence
from fractions import Fraction

# ISO 4217: the currencies in use, by how many decimals they have.
_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
        "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP "
        "MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
        "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS "
        "VES WST XCD YER ZAR ZMW"
    ),
}
_DIGITS = {currency: digits for digits, names in _BY_DIGITS.items() for currency in names.split()}


def is_currency(code: str) -> bool:
    """Whether it is a currency that people pay with."""
    return code in _DIGITS


def minor_digits(currency: str) -> int:
    """How many decimals a currency has; 2 for one we do not know."""
    return _DIGITS.get(currency, 2)


def half_up(amount: Fraction) -> int:
    """The nearest whole number; a half goes up. ``amount`` is not negative."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def shares(amounts: Sequence[Fraction], total: int) -> list[int]:
    """Whole parts that sum to ``total``; the largest remainders get the difference.

    ``total`` is the amounts' exact sum rounded either way, so no part is further from its amount than one.
    """
    whole = [amount.numerator // amount.denominator for amount in amounts]
    missing = total - sum(whole)
    if missing:
        by_remainder = sorted(range(len(amounts)), key=lambda index: (whole[index] - amounts[index], index))
        for index in by_remainder[:missing]:
            whole[index] += 1
    return whole
