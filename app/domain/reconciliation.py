"""Reconciliation: meter, session, price, record, capture, document and books of one session, held against each other.

Money agrees to the minor unit; energy within 10 Wh or a thousandth. Every cause has one correction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domain.charge_limits import chargeable
from app.domain.hold import HoldStatus

ENERGY_TOLERANCE_WH = 10
ENERGY_TOLERANCE_PARTS = 1000
_DELIVERY_MARGIN_PERCENT = 110  # readings are taken at slightly different moments than they are stamped
_DELIVERY_ALLOWANCE_WH = 2_000


class MismatchCause(StrEnum):
    """What does not agree. `CORRECTIONS` says what `mismatchResolve` does about it."""

    ENERGY_IMPLAUSIBLE = "ENERGY_IMPLAUSIBLE"
    SETTLED_WITHOUT_CDR = "SETTLED_WITHOUT_CDR"
    CDR_DIFFERS_FROM_SESSION = "CDR_DIFFERS_FROM_SESSION"
    PRICE_NOT_REPRODUCED = "PRICE_NOT_REPRODUCED"
    TAX_MISSING = "TAX_MISSING"
    CAPTURE_MISSING = "CAPTURE_MISSING"
    CAPTURED_OUTSIDE = "CAPTURED_OUTSIDE"
    CAPTURED_DIFFERS = "CAPTURED_DIFFERS"
    REFUND_MISSING = "REFUND_MISSING"
    DOCUMENT_MISSING = "DOCUMENT_MISSING"
    LEDGER_DIFFERS = "LEDGER_DIFFERS"
    PAYOUT_UNMATCHED = "PAYOUT_UNMATCHED"
    PAYOUT_MISSING = "PAYOUT_MISSING"
    TERMINAL_DIFFERS = "TERMINAL_DIFFERS"


class Correction(StrEnum):
    """What is done about a mismatch."""

    RERATE = "RERATE"
    RERATE_WITH_TAX = "RERATE_WITH_TAX"
    ADVANCE_HOLD = "ADVANCE_HOLD"
    REFUND = "REFUND"
    ISSUE_DOCUMENT = "ISSUE_DOCUMENT"
    REBOOK = "REBOOK"
    MATCH_LINE = "MATCH_LINE"
    READ_BALANCE = "READ_BALANCE"
    WRITE_OFF = "WRITE_OFF"


CORRECTIONS: dict[MismatchCause, Correction] = {
    MismatchCause.ENERGY_IMPLAUSIBLE: Correction.RERATE,
    MismatchCause.SETTLED_WITHOUT_CDR: Correction.RERATE,
    MismatchCause.CDR_DIFFERS_FROM_SESSION: Correction.RERATE,
    MismatchCause.PRICE_NOT_REPRODUCED: Correction.RERATE,
    MismatchCause.TAX_MISSING: Correction.RERATE_WITH_TAX,
    MismatchCause.CAPTURE_MISSING: Correction.ADVANCE_HOLD,
    MismatchCause.CAPTURED_OUTSIDE: Correction.REFUND,
    MismatchCause.CAPTURED_DIFFERS: Correction.ADVANCE_HOLD,
    MismatchCause.REFUND_MISSING: Correction.REFUND,
    MismatchCause.DOCUMENT_MISSING: Correction.ISSUE_DOCUMENT,
    MismatchCause.LEDGER_DIFFERS: Correction.REBOOK,
    MismatchCause.PAYOUT_UNMATCHED: Correction.MATCH_LINE,
    MismatchCause.PAYOUT_MISSING: Correction.READ_BALANCE,
    MismatchCause.TERMINAL_DIFFERS: Correction.WRITE_OFF,
}


@dataclass(frozen=True, slots=True)
class Billed:
    """The record that counts. ``reproduced_minor`` is what its tariff makes of the session; None: cannot be said."""

    total_minor: int
    taxed: bool  # a rate was stated, if only of 0
    energy_wh: int
    reproduced_minor: int | None


@dataclass(frozen=True, slots=True)
class Paid:
    """A hold. ``asked_minor`` is what our own capture took, None without one; ``given_minor`` what was repaid."""

    status: HoldStatus
    captured_minor: int
    asked_minor: int | None
    given_minor: int
    waived_minor: int
    debt_minor: int
    provisional: bool
    repaying: bool  # a repayment is under way


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is known of one session's, or of one lone hold's, money. ``deliverable_wh`` None: nobody can say.

    ``due``: settled long enough ago that money and papers must have followed.
    """

    currency: str
    settled: bool = False
    due: bool = True
    priced: bool = True  # a tariff applied
    energy_wh: int = 0
    cost_minor: int = 0
    deliverable_wh: int | None = None
    tax_expected_minor: int = 0  # what the place's standard rate would take of the total
    billed: Billed | None = None
    paid: Paid | None = None
    credited_minor: int = 0  # by credit notes on the bill that counts
    paper_minor: int | None = None  # of a document that is owed
    prepaid_minor: int = 0
    receivable_minor: int = 0
    terminal_minor: int | None = None  # taken at a terminal, and written off; None: it was not to be paid there


@dataclass(frozen=True, slots=True)
class Finding:
    """``currency`` None: the numbers are Wh."""

    cause: MismatchCause
    expected: int
    found: int
    currency: str | None


def deliverable_wh(max_power_w: int, seconds: float) -> int:
    """What an EVSE can deliver in a time, generously."""
    return int(max_power_w * seconds * _DELIVERY_MARGIN_PERCENT / 360_000) + _DELIVERY_ALLOWANCE_WH


def _energy_agrees(one: int, other: int) -> bool:
    return abs(one - other) <= max(ENERGY_TOLERANCE_WH, max(one, other) // ENERGY_TOLERANCE_PARTS)


def _energy(trace: Trace) -> Finding | None:
    if trace.deliverable_wh is None or trace.energy_wh <= trace.deliverable_wh:
        return None
    return Finding(MismatchCause.ENERGY_IMPLAUSIBLE, trace.deliverable_wh, trace.energy_wh, None)


def _record(trace: Trace) -> Finding | None:
    if not trace.settled or not trace.priced or trace.billed is not None:
        return None
    return Finding(MismatchCause.SETTLED_WITHOUT_CDR, trace.cost_minor, 0, trace.currency)


def _agreement(trace: Trace) -> Finding | None:
    billed = trace.billed
    if billed is None:
        return None
    if billed.total_minor != trace.cost_minor:
        cause = MismatchCause.CDR_DIFFERS_FROM_SESSION
        return Finding(cause, trace.cost_minor, billed.total_minor, trace.currency)
    if not _energy_agrees(trace.energy_wh, billed.energy_wh):
        return Finding(MismatchCause.CDR_DIFFERS_FROM_SESSION, trace.energy_wh, billed.energy_wh, None)
    if billed.reproduced_minor not in (None, billed.total_minor):
        assert billed.reproduced_minor is not None
        cause = MismatchCause.PRICE_NOT_REPRODUCED
        return Finding(cause, billed.reproduced_minor, billed.total_minor, trace.currency)
    return None


def _tax(trace: Trace) -> Finding | None:
    billed = trace.billed
    if billed is None or billed.taxed or trace.tax_expected_minor <= 0:
        return None
    return Finding(MismatchCause.TAX_MISSING, trace.tax_expected_minor, 0, trace.currency)


def _total(trace: Trace) -> int:
    return 0 if trace.billed is None else trace.billed.total_minor


def _capture(trace: Trace) -> Finding | None:
    paid, total = trace.paid, _total(trace)
    if paid is None or paid.repaying or paid.provisional:
        return None
    kept = paid.captured_minor - paid.given_minor
    if paid.captured_minor and paid.asked_minor is None and kept > total:
        return Finding(MismatchCause.CAPTURED_OUTSIDE, total, kept, trace.currency)
    if not trace.settled or trace.billed is None:
        return None
    if total > 0 and paid.captured_minor + paid.waived_minor + paid.debt_minor == 0:
        return Finding(MismatchCause.CAPTURE_MISSING, total, 0, trace.currency)
    if paid.asked_minor not in (None, paid.captured_minor):
        assert paid.asked_minor is not None
        return Finding(MismatchCause.CAPTURED_DIFFERS, paid.asked_minor, paid.captured_minor, trace.currency)
    covered = paid.captured_minor + paid.waived_minor + paid.debt_minor
    if covered < total:
        return Finding(MismatchCause.CAPTURED_DIFFERS, total, covered, trace.currency)
    return _refund(trace, paid, total)


def _refund(trace: Trace, paid: Paid, total: int) -> Finding | None:
    """What was taken above the bill, and what credit notes promise, has been given back."""
    owed = chargeable(max(paid.captured_minor - total, 0) + trace.credited_minor, trace.currency)
    if paid.captured_minor and owed > paid.given_minor:
        return Finding(MismatchCause.REFUND_MISSING, owed, paid.given_minor, trace.currency)
    return None


def _terminal(trace: Trace) -> Finding | None:
    """A terminal takes what the bill leaves after card and balance: what comes on top has been paid twice.

    What a card was given back beyond the bill may be a gift, or in return for the terminal's payment.
    """
    taken, paid = trace.terminal_minor, trace.paid
    if taken is None or trace.billed is None:
        return None
    least = most = _total(trace) - trace.prepaid_minor
    if paid is not None:
        least -= paid.captured_minor + paid.waived_minor
        most = least + paid.given_minor
    expected = min(max(taken, least, 0), max(most, 0))
    return None if taken == expected else Finding(MismatchCause.TERMINAL_DIFFERS, expected, taken, trace.currency)


def _paper(trace: Trace) -> Finding | None:
    if trace.paper_minor is None:
        return None
    return Finding(MismatchCause.DOCUMENT_MISSING, trace.paper_minor, 0, trace.currency)


def _books(trace: Trace) -> Finding | None:
    """What the books say is open is what the record, the card and the balance leave open."""
    open_ = _total(trace) - trace.prepaid_minor - (trace.terminal_minor or 0)
    if trace.paid is not None:
        paid = trace.paid
        gift = 0
        if trace.billed is not None:
            gift = max(paid.given_minor - max(paid.captured_minor - _total(trace), 0), 0)
        open_ += paid.given_minor - paid.captured_minor - paid.waived_minor - gift
    if open_ == trace.receivable_minor:
        return None
    return Finding(MismatchCause.LEDGER_DIFFERS, open_, trace.receivable_minor, trace.currency)


# Of the bill the first that applies: what follows from a wrong bill is no second fault.
_BILL: tuple[Callable[[Trace], Finding | None], ...] = (_energy, _record, _agreement, _tax)
_MONEY: tuple[Callable[[Trace], Finding | None], ...] = (_capture, _terminal, _paper)


def findings(trace: Trace) -> list[Finding]:
    """At most one of the bill or, if that is right, of its payment; and one of the books."""
    bill = next((found for rule in _BILL if (found := rule(trace)) is not None), None)
    money = None
    if bill is None and trace.due:
        money = next((found for rule in _MONEY if (found := rule(trace)) is not None), None)
    return [found for found in (bill, money, _books(trace)) if found is not None]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A finding as it is kept. ``currency`` None: expected and found are Wh."""

    key: int
    uuid: UUID
    day: date
    cause: MismatchCause
    session_key: int | None
    hold_key: int | None
    payout_line_key: int | None
    currency: str | None
    expected: int
    found: int
    accepted: bool
    found_at: datetime
    last_found_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    reason: str | None

    @property
    def correction(self) -> Correction:
        return CORRECTIONS[self.cause]
