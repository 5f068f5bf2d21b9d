"""The ledger: every fact about money moves it between books, and what one book gets another gives.

The database posts with the facts (migration 0014); `lines_of` says the same, and the tests hold one against the other.
Amounts are whole minor units: what comes into a book is positive, what goes out is negative.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.dispute import DisputeStatus
from app.domain.payout import PayoutLineKind, PayoutStatus, provider_fee_minor


class Book(StrEnum):
    """Where money can be, or what it was for."""

    RECEIVABLE = "RECEIVABLE"  # what sessions cost and nobody has paid: open debts; negative: paid in advance
    REVENUE = "REVENUE"  # what was sold, before taxes (negative: it is earned)
    TAX = "TAX"  # what is owed to the state (negative)
    PROVIDER = "PROVIDER"  # what the payment provider has for us
    FEE = "FEE"  # what the installation and the provider keep of it
    WAIVED = "WAIVED"  # what we let go: too little to take, or given back out of goodwill
    PREPAID = "PREPAID"  # what drivers have paid and not used yet (negative: it is theirs)
    BANK = "BANK"  # what came to, or left, the operator's own bank account
    DISPUTED = "DISPUTED"  # what a bank took back from the provider until a dispute is decided
    TERMINAL = "TERMINAL"  # what terminals at stations took: their own providers have it, or have sent it to the bank


class Cause(StrEnum):
    """The kind of fact behind a posting."""

    CDR = "CDR"
    CAPTURE = "CAPTURE"
    APPLICATION_FEE = "APPLICATION_FEE"
    WAIVER = "WAIVER"
    REFUND = "REFUND"
    OUTSIDE_REFUND = "OUTSIDE_REFUND"  # the provider shows more given back than we asked for
    GOODWILL = "GOODWILL"
    ACCOUNT_ENTRY = "ACCOUNT_ENTRY"
    PROVIDER_FEE = "PROVIDER_FEE"
    PAYOUT = "PAYOUT"
    DISPUTE = "DISPUTE"
    UNEXPLAINED = "UNEXPLAINED"  # a line of the provider's that a person had booked as it is
    TERMINAL = "TERMINAL"
    WRITE_OFF = "WRITE_OFF"


Lines = dict[Book, int]


@dataclass(frozen=True, slots=True)
class CdrFact:
    """A record or a credit, whose amounts are negative."""

    before_taxes_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class CaptureFact:
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ApplicationFeeFact:
    amount_minor: int


@dataclass(frozen=True, slots=True)
class WaiverFact:
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundFact:
    """``succeeded``: one that failed gives nothing back, also when it had succeeded before."""

    amount_minor: int
    succeeded: bool


@dataclass(frozen=True, slots=True)
class GoodwillFact:
    """``billed_minor`` None: there is no bill yet, and what is given back is an advance."""

    captured_minor: int
    refunded_minor: int
    billed_minor: int | None

    @property
    def amount_minor(self) -> int:
        if self.billed_minor is None:
            return 0
        return max(self.refunded_minor - max(self.captured_minor - self.billed_minor, 0), 0)


@dataclass(frozen=True, slots=True)
class EntryFact:
    """A change of a prepaid balance: topped up from the bank, or used for a session, or (neither) a gift."""

    amount_minor: int
    top_up: bool
    of_session: bool


@dataclass(frozen=True, slots=True)
class ProviderLineFact:
    """A line of the provider's balance: what the provider keeps of it for itself."""

    kind: PayoutLineKind
    amount_minor: int
    fee_minor: int
    application_fee_minor: int

    @property
    def kept_minor(self) -> int:
        return provider_fee_minor(self.kind, self.amount_minor, self.fee_minor, self.application_fee_minor)


@dataclass(frozen=True, slots=True)
class PayoutFact:
    """Negative: the provider took it from the bank. Only one that was paid has moved anything."""

    amount_minor: int
    status: PayoutStatus


@dataclass(frozen=True, slots=True)
class DisputeFact:
    """An inquiry has taken nothing, one that is won has come back, one that is lost was let go."""

    amount_minor: int
    status: DisputeStatus


@dataclass(frozen=True, slots=True)
class UnexplainedFact:
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TerminalFact:
    """What a terminal at a station took; one that failed took nothing."""

    amount_minor: int
    settled: bool


@dataclass(frozen=True, slots=True)
class WriteOffFact:
    """What a terminal took too little and nobody asks for; negative: too much, and kept."""

    amount_minor: int


Fact = (
    CdrFact
    | CaptureFact
    | ApplicationFeeFact
    | WaiverFact
    | RefundFact
    | GoodwillFact
    | EntryFact
    | ProviderLineFact
    | PayoutFact
    | DisputeFact
    | UnexplainedFact
    | TerminalFact
    | WriteOffFact
)


_Elsewhere = ProviderLineFact | PayoutFact | DisputeFact | UnexplainedFact | TerminalFact | WriteOffFact


def _of_provider(fact: _Elsewhere) -> Lines:
    match fact:
        case TerminalFact(amount, True):
            return {Book.TERMINAL: amount, Book.RECEIVABLE: -amount}
        case WriteOffFact(amount):
            return {Book.WAIVED: amount, Book.RECEIVABLE: -amount}
        case ProviderLineFact():
            return {Book.FEE: fact.kept_minor, Book.PROVIDER: -fact.kept_minor}
        case PayoutFact(amount, PayoutStatus.PAID):
            return {Book.BANK: amount, Book.PROVIDER: -amount}
        case DisputeFact(amount, DisputeStatus.NEEDS_RESPONSE | DisputeStatus.UNDER_REVIEW):
            return {Book.DISPUTED: amount, Book.PROVIDER: -amount}
        case DisputeFact(amount, DisputeStatus.LOST):
            return {Book.WAIVED: amount, Book.PROVIDER: -amount}
        case UnexplainedFact(amount):
            return {Book.PROVIDER: amount, Book.WAIVED: -amount}
    return {}


def lines_of(fact: Fact) -> Lines:
    """What a fact moves: nothing, or lines that sum to zero."""
    match fact:
        case CdrFact(net, tax):
            lines = {Book.RECEIVABLE: net + tax, Book.REVENUE: -net, Book.TAX: -tax}
        case CaptureFact(amount):
            lines = {Book.PROVIDER: amount, Book.RECEIVABLE: -amount}
        case ApplicationFeeFact(amount):
            lines = {Book.FEE: amount, Book.PROVIDER: -amount}
        case WaiverFact(amount):
            lines = {Book.WAIVED: amount, Book.RECEIVABLE: -amount}
        case RefundFact(amount, succeeded):
            lines = {Book.RECEIVABLE: amount, Book.PROVIDER: -amount} if succeeded else {}
        case GoodwillFact():
            lines = {Book.WAIVED: fact.amount_minor, Book.RECEIVABLE: -fact.amount_minor}
        case EntryFact(amount, top_up, of_session):
            other = Book.BANK if top_up else Book.RECEIVABLE if of_session else Book.WAIVED
            lines = {Book.PREPAID: -amount, other: amount}
        case _:
            lines = _of_provider(fact)
    return {book: amount for book, amount in lines.items() if amount}


def summed(many: Iterable[Lines]) -> Lines:
    """Books with what all of these leave in them."""
    found: Lines = {}
    for lines in many:
        for book, amount in lines.items():
            found[book] = found.get(book, 0) + amount
    return {book: amount for book, amount in found.items() if amount}


@dataclass(frozen=True, slots=True)
class Line:
    book: Book
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Posting:
    """A fact in the books. ``turn`` counts from 1: a fact that changes posts the difference."""

    key: int
    uuid: UUID
    currency: str
    cause: Cause
    cause_key: int
    turn: int
    session_key: int | None
    at: datetime
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """What is in a book, in one currency."""

    book: Book
    currency: str
    amount_minor: int
