"""Single answers of the one question, where a review once found a wrong one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.domain.hold import Hold, HoldStatus, Refund, RefundStatus
from app.domain.owed import LAST_CALL, SHORTEST_WINDOW, STOP_AGAIN, Charging, Deed, FeeRule, owed

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
HELD = Hold(
    1, uuid4(), 1, 1, 1, 1, "EUR", 1000, AT - timedelta(hours=1), AT, status=HoldStatus.HELD, session_key=1,
    reference="pi_1", held_minor=1000, held_at=AT - timedelta(hours=1),
)  # fmt: skip
CAPTURED = replace(HELD, status=HoldStatus.CAPTURED, captured_minor=1000)


def charging(cost_minor: int, *, final: bool = False, online: bool = True) -> Charging:
    return Charging(True, final, final, False, online, cost_minor, "EUR")


def given(amount_minor: int) -> Refund:
    return Refund(1, uuid4(), amount_minor, "asked", RefundStatus.SUCCEEDED, "member", AT, reference="re_1")


def test_a_fee_is_kept_only_from_an_account_that_can_be_charged_one() -> None:
    fee = FeeRule(1000, 0)
    assert owed(HELD, charging(500, final=True), AT, fee).fee_minor == 0
    assert owed(replace(HELD, account="acct_1"), charging(500, final=True), AT, fee).fee_minor == 50


def test_what_people_gave_back_already_is_not_given_back_again() -> None:
    """After a provisional capture, and after a bill that was corrected; also what was given on the provider's pages."""
    provisional = replace(CAPTURED, provisional=True, refunds=(given(400),), refunded_minor=400)
    assert owed(provisional, charging(700, final=True), AT).amount_minor == 0
    assert owed(provisional, charging(500, final=True), AT).amount_minor == 100
    outside = replace(CAPTURED, refunded_minor=200)
    assert owed(outside, charging(500, final=True), AT).amount_minor == 300
    both = replace(outside, refunds=(given(300),), refunded_minor=500)
    assert owed(both, charging(500, final=True), AT).deed is not Deed.CORRECT


def test_a_hold_without_a_word_of_its_end_gets_a_last_call_before_the_shortest_one() -> None:
    silent = charging(700, online=False)
    assert HELD.capture_before is None and HELD.held_at is not None
    last = HELD.held_at + SHORTEST_WINDOW - LAST_CALL
    asked = owed(replace(HELD, warned_at=AT), silent, last - timedelta(minutes=1))
    assert (asked.deed, asked.until) == (Deed.WAIT, last)
    taken = owed(HELD, silent, last)
    assert (taken.deed, taken.amount_minor, taken.provisional) == (Deed.CAPTURE, 700, True)
    longer = replace(HELD, warned_at=AT, capture_before=HELD.held_at + timedelta(days=7))
    assert owed(longer, silent, last).deed is Deed.WAIT


def test_a_car_that_does_not_stop_is_asked_again_while_its_charger_hears_us() -> None:
    asked = replace(HELD, stop_asked_at=AT)
    spent = charging(990)
    soon = owed(asked, spent, AT + timedelta(minutes=1))
    assert soon.deed in (Deed.WARN, Deed.WAIT)
    late = replace(asked, warned_at=AT)
    assert owed(late, spent, AT + STOP_AGAIN).deed is Deed.STOP
    assert owed(late, charging(990, online=False), AT + STOP_AGAIN).deed is Deed.WAIT
