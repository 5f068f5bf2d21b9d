"""What tax is in an amount that somebody pays: by place and day of the supply, exact to the minor unit.

A price that was shown is what is paid: where a tariff states a tax, that one is in the amount; where it states none,
the standard rate of the place is in it, whatever the tariff says of its other prices. All amounts are integers in minor
units; rates are decimals in percent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from app.domain import vat
from app.domain.money import half_up, minor_digits, shares
from app.domain.vat_rates import EU, NAMES, TaxPlace, country_of, seeded_rate


@dataclass(frozen=True, slots=True)
class OwnRate:
    """An operator's own word on a place's standard rate from a day on; it wins over what we know."""

    country: str
    region: str | None
    name: str
    percent: Decimal
    valid_from: date


class TaxCategory(StrEnum):
    """EN 16931's (UNTDID 5305): standard, zero, reverse charge, outside the scope of VAT."""

    STANDARD = "S"
    ZERO = "Z"
    REVERSE_CHARGE = "AE"
    OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class Rate:
    """The taxes in an amount, beside one another; none: the supply is outside their scope."""

    parts: tuple[tuple[str, Decimal], ...]
    category: TaxCategory = TaxCategory.STANDARD

    @property
    def percent(self) -> Decimal:
        return sum((percent for _, percent in self.parts), Decimal(0))


@dataclass(frozen=True, slots=True)
class Amount:
    """What is paid for something, and the taxes that its price states: None, it states none."""

    gross_minor: int
    stated: tuple[tuple[str, Decimal], ...] | None = None


@dataclass(frozen=True, slots=True)
class Taxed:
    """``net_minor + tax_minor == gross_minor``, always."""

    net_minor: int
    tax_minor: int
    gross_minor: int
    rate: Rate


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """All of a document that has one rate; ``name`` and ``percent`` of one of its taxes."""

    name: str
    percent: Decimal
    category: TaxCategory
    net_minor: int
    tax_minor: int


class RateUnknown(Exception):
    """Nobody has said what tax there is at a place: the document must wait."""


def standard_rate(place: TaxPlace, on: date, own: Iterable[OwnRate] = ()) -> Rate:
    """The operator's own rate of the place, the newest that holds; else what we know. Raises `RateUnknown`."""
    said = [
        rate for rate in own if (rate.country, rate.region) == (place.country, place.region) and rate.valid_from <= on
    ]
    if said:
        newest = max(said, key=lambda rate: rate.valid_from)
        return _rate(((newest.name, newest.percent),))
    known = seeded_rate(place, on)
    if known is None:
        where = place.country if place.region is None else f"{place.country} {place.region}"
        raise RateUnknown(f"No tax rate is known for {where} on {on}. Set one with taxRateSet.")
    return _rate(((NAMES.get((place.country, place.region), "VAT"), known),))


def _rate(parts: tuple[tuple[str, Decimal], ...]) -> Rate:
    rate = Rate(parts)
    return rate if rate.percent else Rate(parts, TaxCategory.ZERO)


def taxed(amounts: Sequence[Amount], unstated: Rate) -> list[Taxed]:
    """Tax is computed once for each rate, on the sum (EN 16931 BR-CO-17), and shared out to the lines exactly."""
    rates = [unstated if amount.stated is None else _rate(amount.stated) for amount in amounts]
    made: dict[int, Taxed] = {}
    for rate in dict.fromkeys(rates):
        members = [index for index, other in enumerate(rates) if other == rate]
        for index, net in zip(members, _nets([amounts[n].gross_minor for n in members], rate), strict=True):
            gross = amounts[index].gross_minor
            made[index] = Taxed(net, gross - net, gross, rate)
    return [made[index] for index in range(len(amounts))]


def _nets(gross: Sequence[int], rate: Rate) -> list[int]:
    factor = 1 + Fraction(rate.percent) / 100
    exact = [Fraction(amount) / factor for amount in gross]
    return shares(exact, _rounded(sum(exact, Fraction(0))))


def _rounded(amount: Fraction) -> int:
    """To the nearest, a half away from zero, so that a credit mirrors what it credits."""
    return half_up(amount) if amount >= 0 else -half_up(-amount)


def reverse_charged(lines: Iterable[Taxed]) -> list[Taxed]:
    """The same without tax: the buyer owes it. What is left to pay is the net amount."""
    free = Rate((("VAT", Decimal(0)),), TaxCategory.REVERSE_CHARGE)
    return [Taxed(line.net_minor, 0, line.net_minor, free) for line in lines]


def groups(lines: Iterable[Taxed]) -> tuple[TaxGroup, ...]:
    """One for each tax of each rate, in the order in which they come; taxes beside one another share the net amount."""
    by_rate: dict[Rate, list[Taxed]] = {}
    for line in lines:
        by_rate.setdefault(line.rate, []).append(line)
    made = []
    for rate, members in by_rate.items():
        net, tax = sum(line.net_minor for line in members), sum(line.tax_minor for line in members)
        parts = rate.parts or (("", Decimal(0)),)
        whole = Fraction(rate.percent)
        split = shares([Fraction(percent) * tax / whole for _, percent in parts], tax) if whole else [0] * len(parts)
        made += [
            TaxGroup(name, percent, rate.category, net, part)
            for (name, percent), part in zip(parts, split, strict=True)
        ]
    return tuple(made)


def discounts(amounts: Sequence[Amount], discount_minor: int) -> list[Amount]:
    """A discount before tax, spread over the rates in proportion: amounts to append, one for each rate."""
    total = sum(amount.gross_minor for amount in amounts)
    stated = list(dict.fromkeys(amount.stated for amount in amounts))
    sums = [sum(amount.gross_minor for amount in amounts if amount.stated == one) for one in stated]
    if not total:
        return []
    parts = shares([Fraction(part) * discount_minor / total for part in sums], discount_minor)
    return [Amount(-part, one) for one, part in zip(stated, parts, strict=True) if part]


@dataclass(frozen=True, slots=True)
class Trader:
    """Somebody on a document: the country of residence, the VAT number, and whether it buys electricity to resell."""

    country: str
    vat_number: str | None = None
    taxable_dealer: bool = False


class BadEvidence(ValueError):
    """A VAT number that cannot be one: nobody may be spared tax by it."""


@dataclass(frozen=True, slots=True)
class ReverseCharge:
    """That the buyer owes the tax, with what proves it, as it stands on the document."""

    clause: str
    note: str
    seller_vat_number: str
    buyer_vat_number: str


_DEALER = "Articles 38 and 195 of Directive 2006/112/EC"
_ELSEWHERE = "Articles 39 and 195 of Directive 2006/112/EC"


def reverse_charge(seller: Trader, buyer: Trader, place: TaxPlace) -> ReverseCharge | None:
    """Electricity for a car is goods (CJEU C-282/22, C-60/23): a dealer's is supplied where the dealer is, anybody
    else's where it flows. None where the seller owes the tax. Raises `BadEvidence`.
    """
    if buyer.vat_number is None:
        return None
    if not vat.plausible(buyer.vat_number):
        raise BadEvidence(f"{buyer.vat_number} cannot be a VAT number. Check it, or leave it out.")
    if seller.vat_number is None or not vat.plausible(seller.vat_number):
        return None
    theirs, ours = (country_of(vat.normalised(number)[:2]) for number in (buyer.vat_number, seller.vat_number))
    if theirs not in EU or ours not in EU or theirs == ours:
        return None
    if buyer.taxable_dealer:
        clause = _DEALER
    elif place.country == theirs and country_of(seller.country) != theirs:
        clause = _ELSEWHERE
    else:
        return None
    return ReverseCharge(
        clause=clause,
        note=f"Reverse charge: the recipient is liable for the VAT ({clause}).",
        seller_vat_number=vat.normalised(seller.vat_number),
        buyer_vat_number=vat.normalised(buyer.vat_number),
    )


def converted(amount_minor: int, currency: str, own: str, rate: Decimal) -> int:
    """An amount in another currency: ``rate`` is how much of ``own`` one of ``currency`` is worth."""
    exact = Fraction(amount_minor) * Fraction(rate) * Fraction(10) ** (minor_digits(own) - minor_digits(currency))
    return _rounded(exact)
