"""Receipts, invoices, credit notes and statements: numbered without gaps, never changed.

Amounts are integers in minor units. A credit note's are positive: its kind says that they are given back.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from app.domain.tax import TaxCategory, TaxGroup


class DocumentKind(StrEnum):
    RECEIPT = "RECEIPT"
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    STATEMENT = "STATEMENT"


class DocumentFormat(StrEnum):
    """XML is EN 16931's, and needs a buyer."""

    PDF = "PDF"
    CSV = "CSV"
    XML = "XML"


_SERIES = {
    DocumentKind.RECEIPT: "R",
    DocumentKind.INVOICE: "I",
    DocumentKind.CREDIT_NOTE: "C",
    DocumentKind.STATEMENT: "S",
}


@dataclass(frozen=True, slots=True)
class Party:
    """Who buys, as it stood when the document was issued. ``taxable_dealer``: buys electricity to sell it on."""

    name: str
    address: str
    city: str
    country: str
    postal_code: str | None = None
    vat_number: str | None = None
    email: str | None = None
    taxable_dealer: bool = False


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, with what the law wants on a document."""

    name: str
    address: str
    city: str
    country: str
    postal_code: str | None = None
    vat_number: str | None = None
    tax_number: str | None = None
    register: str | None = None
    footer: str | None = None
    iban: str | None = None
    bic: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One price of one session, or one session of a statement. ``unit_price`` is the tariff's, in major units."""

    text: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    net_minor: int
    tax_minor: int
    total_minor: int
    taxes: tuple[tuple[str, Decimal], ...]
    category: TaxCategory
    cdr_key: int
    rule: str = ""
    start: datetime | None = None
    end: datetime | None = None
    first_reading_at: datetime | None = None
    last_reading_at: datetime | None = None
    cost_centre: str | None = None

    @property
    def percent(self) -> Decimal:
        """All its taxes together."""
        return sum((percent for _, percent in self.taxes), Decimal(0))


@dataclass(frozen=True, slots=True)
class OwnTax:
    """The tax in the operator's own currency, by the rate of ``day``."""

    currency: str
    tax_minor: int
    rate: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it has a number. ``parts``: how much of it each record is, by the record's key."""

    kind: DocumentKind
    currency: str
    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxGroup, ...]
    supply_from: datetime
    supply_to: datetime
    parts: tuple[tuple[int, int], ...]
    buyer: Party | None = None
    notes: tuple[str, ...] = ()
    location_key: int | None = None
    session_key: int | None = None
    hold_key: int | None = None
    account_key: int | None = None
    credit_of: int | None = None

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class Document:
    """As issued."""

    key: int
    uuid: UUID
    operator_key: int
    kind: DocumentKind
    number: str
    issued_at: datetime
    supply_from: datetime
    supply_to: datetime
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    seller: Seller
    buyer: Party | None
    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxGroup, ...]
    notes: tuple[str, ...]
    own_tax: OwnTax | None
    credit_of: int | None
    session_key: int | None
    hold_key: int | None
    credited_number: str | None = None
    account_key: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentWait:
    """Why a session's document is not issued yet."""

    code: str
    message: str
    since: datetime


class Waits(Exception):
    """A document cannot be issued before somebody has said something; the message says what."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def series_of(kind: DocumentKind, year: int) -> str:
    return f"{_SERIES[kind]}{year}"


def number_of(series: str, sequence: int) -> str:
    return f"{series}-{sequence:06d}"
