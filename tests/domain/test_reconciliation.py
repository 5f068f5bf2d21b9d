"""What does not agree about a session's money is found once, by its cause; what agrees is not."""

from dataclasses import replace

import pytest

from app.domain.hold import HoldStatus
from app.domain.reconciliation import CORRECTIONS, Billed, MismatchCause, Paid, Trace, deliverable_wh, findings

BILLED = Billed(500, True, 10_000, 500)
PAID = Paid(HoldStatus.CAPTURED, 500, 500, 0, 0, 0, provisional=False, repaying=False)
RIGHT = Trace(
    "EUR", settled=True, energy_wh=10_000, cost_minor=500, deliverable_wh=20_000, tax_expected_minor=80, billed=BILLED,
    paid=PAID,
)  # fmt: skip


def paid(**values: object) -> Trace:
    """With the books as that payment leaves them."""
    hold = replace(PAID, **values)  # type: ignore[arg-type]
    gift = max(hold.given_minor - max(hold.captured_minor - 500, 0), 0)
    open_ = 500 - hold.captured_minor - hold.waived_minor + hold.given_minor - gift
    return replace(RIGHT, paid=hold, receivable_minor=open_)


WRONG: list[tuple[MismatchCause, Trace, int, int]] = [
    (MismatchCause.ENERGY_IMPLAUSIBLE, replace(RIGHT, energy_wh=910_000), 20_000, 910_000),
    (MismatchCause.SETTLED_WITHOUT_CDR, replace(RIGHT, billed=None, paid=None), 500, 0),
    (MismatchCause.CDR_DIFFERS_FROM_SESSION, replace(RIGHT, cost_minor=501), 501, 500),
    (MismatchCause.CDR_DIFFERS_FROM_SESSION, replace(RIGHT, energy_wh=10_011), 10_011, 10_000),
    (MismatchCause.PRICE_NOT_REPRODUCED, replace(RIGHT, billed=replace(BILLED, reproduced_minor=499)), 499, 500),
    (MismatchCause.TAX_MISSING, replace(RIGHT, billed=replace(BILLED, taxed=False)), 80, 0),
    (MismatchCause.CAPTURE_MISSING, paid(captured_minor=0, asked_minor=None, status=HoldStatus.HELD), 500, 0),
    (MismatchCause.CAPTURED_OUTSIDE, paid(captured_minor=900, asked_minor=None), 500, 900),
    (MismatchCause.CAPTURED_DIFFERS, paid(captured_minor=700), 500, 700),
    (MismatchCause.CAPTURED_DIFFERS, paid(captured_minor=400, asked_minor=400), 500, 400),
    (MismatchCause.REFUND_MISSING, paid(captured_minor=900, asked_minor=900, given_minor=100), 400, 100),
    (MismatchCause.TERMINAL_DIFFERS, replace(RIGHT, paid=None, terminal_minor=400, receivable_minor=100), 500, 400),
    (MismatchCause.DOCUMENT_MISSING, replace(RIGHT, paper_minor=500), 500, 0),
    (MismatchCause.LEDGER_DIFFERS, replace(RIGHT, receivable_minor=500), 0, 500),
]


def test_what_agrees_is_not_found() -> None:
    assert findings(RIGHT) == []
    assert findings(replace(RIGHT, energy_wh=10_010)) == []  # within 10 Wh
    assert findings(paid(captured_minor=400, asked_minor=400, debt_minor=100)) == []
    assert findings(paid(captured_minor=900, asked_minor=900, given_minor=400)) == []
    assert findings(paid(given_minor=200)) == []  # a gift
    assert findings(paid(captured_minor=900, asked_minor=900, repaying=True)) == []
    assert findings(replace(paid(captured_minor=0, asked_minor=None, status=HoldStatus.HELD), due=False)) == []


def test_what_a_card_cannot_pay_so_finely_is_no_mismatch() -> None:
    """Whole tens only: of 1005 fils 1000 are taken and 5 stay open; of a bill that sank to 986 not 14 go back but 10."""
    card = replace(PAID, captured_minor=1000, asked_minor=1000, debt_minor=5)
    bill = Billed(1005, True, 10_000, 1005)
    taken = replace(RIGHT, currency="KWD", cost_minor=1005, billed=bill, paid=card, receivable_minor=5)
    assert findings(taken) == []
    sunk = replace(taken, cost_minor=986, billed=Billed(986, True, 10_000, 986), receivable_minor=-4)
    assert findings(replace(sunk, paid=replace(card, given_minor=10, debt_minor=0))) == []
    (missing, *_) = findings(replace(sunk, paid=replace(card, debt_minor=0), receivable_minor=-14))
    assert (missing.cause, missing.expected, missing.found) == (MismatchCause.REFUND_MISSING, 10, 0)


@pytest.mark.parametrize(("cause", "trace", "expected", "found"), WRONG)
def test_each_fault_is_one_finding(cause: MismatchCause, trace: Trace, expected: int, found: int) -> None:
    if cause is MismatchCause.SETTLED_WITHOUT_CDR:
        trace = replace(trace, receivable_minor=0)
    if cause is not MismatchCause.LEDGER_DIFFERS and trace.paid is not None:
        assert [one.cause for one in findings(trace)] == [cause]
    (first, *_) = findings(trace)
    assert (first.cause, first.expected, first.found) == (cause, expected, found)


def test_a_repayment_that_failed_after_its_credit_note_is_owed_still() -> None:
    """Case 33: the document says that it was given back, and the provider that it was not."""
    (found,) = findings(replace(paid(given_minor=0), credited_minor=200))
    assert (found.cause, found.expected, found.found) == (MismatchCause.REFUND_MISSING, 200, 0)
    assert findings(replace(paid(given_minor=200), credited_minor=200)) == []


@pytest.mark.parametrize(
    ("hold", "prepaid", "terminal", "expected"),
    [
        (PAID, 0, 500, 0),  # both took all of it
        (None, 500, 500, 0),  # the balance and the terminal
        (None, 200, 500, 300),
        (replace(PAID, captured_minor=300, asked_minor=300, debt_minor=200), 0, 200, None),  # a debt, paid there
        (replace(PAID, captured_minor=300, asked_minor=300, debt_minor=200), 0, 500, 200),
        (replace(PAID, captured_minor=300, asked_minor=300, debt_minor=200), 0, 100, 200),
        (replace(PAID, given_minor=500), 0, 500, None),  # the card was paid back for it
        (replace(PAID, given_minor=100), 0, 0, None),  # a gift
        (replace(PAID, captured_minor=900, asked_minor=900, given_minor=400), 0, 0, None),
        (None, 0, 500, None),
    ],
)
def test_a_terminal_takes_what_card_and_balance_leave(
    hold: Paid | None, prepaid: int, terminal: int, expected: int | None
) -> None:
    found = findings(replace(RIGHT, paid=hold, prepaid_minor=prepaid, terminal_minor=terminal))
    said = [(one.expected, one.found) for one in found if one.cause is MismatchCause.TERMINAL_DIFFERS]
    assert said == ([] if expected is None else [(expected, terminal)])


def test_every_cause_has_a_correction_and_a_fault_that_shows_it() -> None:
    assert set(CORRECTIONS) == set(MismatchCause)
    # What is held against the provider's own books is told by tests.ledger.test_payouts.
    provider = {MismatchCause.PAYOUT_UNMATCHED, MismatchCause.PAYOUT_MISSING}
    assert {cause for cause, *_ in WRONG} == set(MismatchCause) - provider


def test_what_an_evse_can_deliver() -> None:
    assert deliverable_wh(22_000, 3_600) == 26_200
