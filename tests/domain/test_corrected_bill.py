"""A bill that was corrected after the card was charged: the difference goes back or is owed, and no more than that."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.hold import Hold, HoldStatus, Refund, RefundStatus
from app.domain.owed import Charging, Deed, owed

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAPTURED = Hold(
    1, UUID(int=1), 1, 1, 1, 1, "EUR", 2000, NOW, NOW, status=HoldStatus.CAPTURED, session_key=1, reference="pi",
    held_minor=1160, captured_minor=1160, held_at=NOW,
)  # fmt: skip


def billed(cost_minor: int) -> Charging:
    return Charging(True, True, True, False, True, cost_minor, "EUR")


def given(amount_minor: int, status: RefundStatus) -> Refund:
    reference = "re" if status is RefundStatus.SUCCEEDED else None
    return Refund(1, UUID(int=2), amount_minor, "x", status, "x", NOW, reference=reference)


@pytest.mark.parametrize(
    ("hold", "cost_minor", "deed", "amount_minor"),
    [
        (CAPTURED, 1160, Deed.NOTHING, 0),
        (CAPTURED, 740, Deed.CORRECT, 420),
        # What was given back out of goodwill counts: nobody is repaid twice.
        (replace(CAPTURED, refunds=(given(420, RefundStatus.SUCCEEDED),), refunded_minor=420), 740, Deed.NOTHING, 0),
        (replace(CAPTURED, refunds=(given(420, RefundStatus.SUCCEEDED),), refunded_minor=420), 700, Deed.CORRECT, 40),
        # Where the provider could not, a person decides: it is not asked for ever.
        (replace(CAPTURED, refunds=(given(420, RefundStatus.FAILED),)), 740, Deed.NOTHING, 0),
        (CAPTURED, 1400, Deed.OWE, 240),
        (replace(CAPTURED, debt_minor=240), 1400, Deed.NOTHING, 0),
        (replace(CAPTURED, debt_minor=240), 1200, Deed.OWE, 40),
        (replace(CAPTURED, debt_minor=240), 1160, Deed.OWE, 0),
    ],
)
def test_what_is_owed_after_a_correction(hold: Hold, cost_minor: int, deed: Deed, amount_minor: int) -> None:
    step = owed(hold, billed(cost_minor), NOW)
    assert (step.deed, step.amount_minor) == (deed, amount_minor)
