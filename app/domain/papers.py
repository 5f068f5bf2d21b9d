"""Which document a paid session owes now: one pure question, asked again until nothing is owed.

What the documents of a session say together is what its driver has paid for it in the end: the record that counts, less
what was given back out of goodwill.
"""

from dataclasses import dataclass

from app.domain.document import DocumentKind

BILLS = frozenset({DocumentKind.RECEIPT, DocumentKind.INVOICE})


@dataclass(frozen=True, slots=True)
class Bill:
    """A receipt or invoice as far as it is about one record: so much of it, and so much credited since."""

    document_key: int
    kind: DocumentKind
    cdr_key: int
    total_minor: int
    credited_minor: int = 0

    @property
    def left_minor(self) -> int:
        return self.total_minor - self.credited_minor


@dataclass(frozen=True, slots=True)
class Trail:
    """What happened to a session's money. Provisional captures and open holds are paid later: ``paid`` is False."""

    cdr_key: int
    total_minor: int
    paid: bool
    captured_minor: int
    refunded_minor: int
    waived_minor: int
    bills: tuple[Bill, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """``bill`` is what a credit note credits; ``like`` the credited bill whose place a new one takes."""

    kind: DocumentKind
    amount_minor: int
    bill: Bill | None = None
    like: Bill | None = None


def next_paper(trail: Trail) -> Paper | None:
    current = next((bill for bill in trail.bills if bill.cdr_key == trail.cdr_key), None)
    for bill in trail.bills:
        if bill is not current and bill.left_minor > 0:
            return Paper(DocumentKind.CREDIT_NOTE, bill.left_minor, bill)
    former = next((bill for bill in reversed(trail.bills) if bill is not current), None)
    invoiced = former is not None and former.kind is DocumentKind.INVOICE
    if current is None:
        if trail.total_minor <= 0 or not (trail.paid or invoiced):
            return None
        kind = DocumentKind.RECEIPT if former is None else former.kind
        return Paper(kind, trail.total_minor, like=former)
    goodwill = trail.refunded_minor - max(0, trail.captured_minor - trail.total_minor)
    missing = min(max(goodwill, 0), current.total_minor) - current.credited_minor
    return Paper(DocumentKind.CREDIT_NOTE, missing, current) if missing > 0 else None
