"""What explains a line of the provider's, kind by kind."""

from datetime import UTC, datetime

import pytest

from app.domain.hold import RefundStatus
from app.domain.payout import BalanceLine, Ours, PayoutLineKind, explained_minor

NOTHING = Ours()
KIND = PayoutLineKind


@pytest.mark.parametrize(
    ("kind", "amount", "ours", "explained"),
    [
        (KIND.CHARGE, 500, NOTHING, None),
        (KIND.CHARGE, 500, Ours(captured_minor=500), 500),
        (KIND.CHARGE, 500, Ours(captured_minor=0), 0),
        (KIND.CHARGE, 550, Ours(captured_minor=500, same_currency=False), 550),
        (KIND.REFUND, -100, Ours(captured_minor=500, refund_minor=100), -100),
        (KIND.REFUND, -120, Ours(captured_minor=500), None),
        (KIND.REFUND, -120, Ours(captured_minor=500, outside_refund_minor=120), -120),
        (KIND.REFUND_FAILURE, 100, Ours(refund_minor=100, refund_status=RefundStatus.SUCCEEDED), None),
        (KIND.REFUND_FAILURE, 100, Ours(refund_minor=100, refund_status=RefundStatus.FAILED), 100),
        (KIND.DISPUTE, -500, NOTHING, None),
        (KIND.DISPUTE, -500, Ours(disputed_minor=500), -500),
        (KIND.DISPUTE, 500, Ours(disputed_minor=500), 500),
        (KIND.PROVIDER_FEE, -30, NOTHING, -30),
        (KIND.PAYOUT, -470, NOTHING, -470),
        (KIND.ADJUSTMENT, -70, Ours(captured_minor=500), None),
        (KIND.ADJUSTMENT, -70, Ours(booked=True), -70),
    ],
)
def test_what_explains_a_line(kind: PayoutLineKind, amount: int, ours: Ours, explained: int | None) -> None:
    line = BalanceLine("txn_1", kind, "EUR", amount, 0, 0, datetime(2026, 11, 21, tzinfo=UTC))
    assert explained_minor(line, ours) == explained
