"""The real SDK against the double's balances: what each deed adds or takes, and what midnight sends to the bank."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from app.domain.hold import RefundStatus
from app.domain.payout import PayoutLineKind, PayoutStatus
from app.ports.cashier import BalanceWanted, Call
from payments.double import RunningDouble
from payments.stripe_cashier import StripeCashier
from tests.payments.conftest import HandSeconds
from tests.payments.test_cashier import ACCOUNT, held, named

_DAY = 24 * 3600


def since(seconds: HandSeconds) -> datetime:
    return datetime.fromtimestamp(seconds.at, UTC) - timedelta(days=30)


async def test_a_capture_is_paid_out_less_what_was_kept(
    cashier: StripeCashier, browser: httpx.AsyncClient, seconds: HandSeconds
) -> None:
    began = since(seconds)
    hold = named(await held(cashier, browser))
    await cashier.capture(Call(ACCOUNT, "c"), hold, 1000, 50)
    seconds.at += 5 * _DAY
    page = await cashier.payouts(Call(ACCOUNT), began, None)
    (payout,) = page.payouts
    assert (payout.amount_minor, payout.status, payout.complete) == (1000 - 40 - 50, PayoutStatus.PAID, True)
    taken = await cashier.balance(Call(ACCOUNT), BalanceWanted(payout=payout.reference), None)
    own, charge = taken.lines
    assert (own.kind, own.amount_minor, own.source) == (PayoutLineKind.PAYOUT, -910, payout.reference)
    assert (charge.kind, charge.amount_minor, charge.intent) == (PayoutLineKind.CHARGE, 1000, hold.intent)
    assert (charge.fee_minor, charge.application_fee_minor) == (90, 50)
    assert (await cashier.payouts(Call("acct_other"), began, None)).payouts == ()


async def test_what_is_given_back_after_the_payout_is_taken_from_the_bank(
    cashier: StripeCashier, browser: httpx.AsyncClient, seconds: HandSeconds
) -> None:
    """Case 33: the balance is empty, so the next payout is negative."""
    began = since(seconds)
    hold = named(await held(cashier, browser))
    await cashier.capture(Call(ACCOUNT, "c"), hold, 1000, 0)
    seconds.at += 5 * _DAY
    await cashier.refund(Call(ACCOUNT, "r"), hold, 600, uuid4())
    seconds.at += 3 * _DAY
    newest, first = (await cashier.payouts(Call(ACCOUNT), began, None)).payouts
    assert (newest.amount_minor, newest.status) == (-600, PayoutStatus.PAID)
    assert first.amount_minor == 960


async def test_a_refund_that_fails_days_later_comes_back(
    cashier: StripeCashier, browser: httpx.AsyncClient, running: RunningDouble, seconds: HandSeconds
) -> None:
    hold = named(await held(cashier, browser))
    await cashier.capture(Call(ACCOUNT, "c"), hold, 1000, 0)
    made = await cashier.refund(Call(ACCOUNT, "r"), hold, 600, uuid4())
    account = running.double.book.account(ACCOUNT)
    running.double.book.fail_refund(account, account.objects[made.reference])
    (found,) = await cashier.refunds(Call(ACCOUNT), hold)
    assert (found.reference, found.status, found.failure) == (
        made.reference,
        RefundStatus.FAILED,
        "lost_or_stolen_card",
    )
    now = datetime.fromtimestamp(seconds.at, UTC)
    wanted = BalanceWanted(now - timedelta(hours=1), now + timedelta(hours=1))
    lines = (await cashier.balance(Call(ACCOUNT), wanted, None)).lines
    assert [(line.kind, line.amount_minor) for line in lines] == [
        (PayoutLineKind.REFUND_FAILURE, 600), (PayoutLineKind.REFUND, -600), (PayoutLineKind.CHARGE, 1000),
    ]  # fmt: skip
    assert {line.intent for line in lines} == {hold.intent}
    again = await cashier.refund(Call(ACCOUNT, "r2"), hold, 1000, uuid4())
    assert again.status is RefundStatus.SUCCEEDED


async def test_a_long_balance_is_read_page_by_page(cashier: StripeCashier, running: RunningDouble) -> None:
    book = running.double.book
    account = book.account(ACCOUNT)
    made = [book.adjust(account, number, "eur")["id"] for number in range(1, 206)]
    now = datetime.fromtimestamp(book.now(), UTC)
    wanted = BalanceWanted(now - timedelta(hours=1), now + timedelta(hours=1))
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = await cashier.balance(Call(ACCOUNT), wanted, after)
        seen += [line.reference for line in page.lines]
        assert {line.kind for line in page.lines} == {PayoutLineKind.ADJUSTMENT}
        after = page.after
    assert after is None
    assert seen == made[::-1]
    early = BalanceWanted(now - timedelta(hours=2), now)
    assert (await cashier.balance(Call(ACCOUNT), early, None)).lines == ()  # before the end, not at it
