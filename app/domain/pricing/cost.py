"""What something costs, line by line, with the reason of each."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class LineKind(StrEnum):
    """What a line is for: OCPI's dimensions, a reservation's, and what lifts or lowers the total."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"
    RESERVATION_TIME = "RESERVATION_TIME"
    RESERVATION_FLAT = "RESERVATION_FLAT"
    MIN_PRICE = "MIN_PRICE"
    MAX_PRICE = "MAX_PRICE"
    VOUCHER = "VOUCHER"


@dataclass(frozen=True, slots=True)
class TaxShare:
    """One tax's part of an amount, in minor units."""

    name: str
    percent: Decimal
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CostLine:
    """One price over one stretch. Amounts in minor units; ``quantity`` in ``unit``, as billed.

    ``element`` counts from 0 and is None for a line that is the tariff's as a whole. ``rule`` says in words which price
    applied and why. Only lines of MAX_PRICE and VOUCHER are negative.
    """

    dimension: LineKind
    quantity: Decimal
    unit: str
    unit_price: Decimal
    before_taxes_minor: int
    tax_minor: int
    total_minor: int
    taxes: tuple[TaxShare, ...]
    element: int | None
    rule: str
    start: datetime | None
    end: datetime | None
    first_reading_at: datetime | None
    last_reading_at: datetime | None

    @property
    def vat_percent(self) -> Decimal | None:
        """All its taxes together; None: none stated."""
        return sum((tax.percent for tax in self.taxes), Decimal(0)) if self.taxes else None


@dataclass(frozen=True, slots=True)
class Price:
    """A priced usage: the totals are the sums of the lines, to the cent.

    The exact amounts are in major units, before the one rounding, minimum and maximum price applied (an OCPI CDR
    states them to four decimals).
    """

    currency: str
    before_taxes_minor: int
    tax_minor: int
    total_minor: int
    lines: tuple[CostLine, ...]
    exact_before_taxes: Fraction
    exact_total: Fraction
