"""The real SDK against the simulated Stripe: what the port promises of each call."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from app.domain.dispute import DisputeStatus
from app.domain.hold import IntentFacts, IntentState, PayWay, RefundStatus
from app.ports.cashier import (
    Call,
    CardDraft,
    CashierUnavailable,
    Declined,
    EvidencePack,
    IntentDraft,
    KeyPoisoned,
    Reference,
)
from payments.double import RunningDouble
from payments.double.http import Fault
from payments.stripe_cashier import StripeCashier
from tests.payments.conftest import HandSeconds

ACCOUNT = "acct_one"


def draft(way: PayWay = PayWay.ELEMENT, amount: int = 2000, hold: UUID | None = None, **values: object) -> IntentDraft:
    return IntentDraft(
        hold or uuid4(),
        amount,
        "EUR",
        way,
        "Charging",
        "https://pay.example/back",
        **values,  # type: ignore[arg-type]
    )


def named(facts: IntentFacts) -> Reference:
    return Reference(facts.reference, facts.checkout_reference, facts.currency)


async def pay(browser: httpx.AsyncClient, facts: IntentFacts, card: str = "pm_card_visa") -> None:
    """The driver confirms in our page's form, as Stripe's script does."""
    answer = await browser.post(
        f"/v1/payment_intents/{facts.reference}/confirm",
        data={"payment_method": card},
        headers={"stripe-account": ACCOUNT},
    )
    assert answer.status_code in (200, 402)


async def held(
    cashier: StripeCashier, browser: httpx.AsyncClient, card: str = "pm_card_visa", amount: int = 2000
) -> IntentFacts:
    made = await cashier.create(Call(ACCOUNT, str(uuid4())), draft(amount=amount))
    await pay(browser, made, card)
    return await cashier.read(Call(ACCOUNT), named(made))


async def test_a_hold_is_created_paid_captured_in_part_and_refunded(
    cashier: StripeCashier, browser: httpx.AsyncClient, seconds: HandSeconds
) -> None:
    made = await cashier.create(Call(ACCOUNT, "k1"), draft())
    assert (made.state, made.held_minor, made.capture_before) == (IntentState.UNPAID, 0, None)
    assert made.client_secret is not None
    await pay(browser, made)
    facts = await cashier.read(Call(ACCOUNT), named(made))
    assert (facts.state, facts.held_minor) == (IntentState.CAPTURABLE, 2000)
    assert facts.capture_before == datetime.fromtimestamp(seconds.at, UTC) + timedelta(days=7)
    captured = await cashier.capture(Call(ACCOUNT, "k2"), named(made), 1160, 58)
    assert (captured.state, captured.captured_minor) == (IntentState.CAPTURED, 1160)
    refund = await cashier.refund(Call(ACCOUNT, "k3"), named(made), 420, uuid4())
    assert (refund.status, refund.amount_minor) == (RefundStatus.SUCCEEDED, 420)
    assert (await cashier.read(Call(ACCOUNT), named(made))).refunded_minor == 420
    with pytest.raises(Declined):
        await cashier.refund(Call(ACCOUNT, "k4"), named(made), 800, uuid4())


async def test_on_stripes_page_the_intent_exists_once_the_driver_pays(
    cashier: StripeCashier, browser: httpx.AsyncClient
) -> None:
    made = await cashier.create(Call(ACCOUNT, "k"), draft(PayWay.CHECKOUT))
    assert (made.reference, made.state) == (None, IntentState.UNPAID)
    assert made.checkout_url is not None
    page = await browser.get(made.checkout_url)
    assert "no money moves" in page.text
    assert page.headers["x-voltgraph-simulated"]
    refused = await browser.post(made.checkout_url, data={"card": "pm_card_visa_chargeDeclined"})
    assert "declined" in refused.text
    declined = await cashier.read(Call(ACCOUNT), named(made))
    assert (declined.state, declined.failure) == (IntentState.UNPAID, "generic_decline")
    paid = await browser.post(made.checkout_url, data={"card": "pm_card_visa"})
    assert paid.headers["location"] == "https://pay.example/back"
    facts = await cashier.read(Call(ACCOUNT), named(made))
    assert (facts.state, facts.held_minor) == (IntentState.CAPTURABLE, 2000)
    assert facts.reference is not None


async def test_a_page_that_nobody_paid_on_is_closed(cashier: StripeCashier, browser: httpx.AsyncClient) -> None:
    made = await cashier.create(Call(ACCOUNT, "k"), draft(PayWay.CHECKOUT))
    closed = await cashier.cancel(Call(ACCOUNT, "c"), named(made))
    assert closed.state is IntentState.CANCELLED
    assert not closed.expired
    assert made.checkout_url is not None
    assert "expired" in (await browser.get(made.checkout_url)).text


async def test_the_bank_asks_for_its_customer_and_the_answer_decides(
    cashier: StripeCashier, browser: httpx.AsyncClient
) -> None:
    made = await cashier.create(Call(ACCOUNT, "k"), draft(PayWay.CHECKOUT))
    assert made.checkout_url is not None
    sent = await browser.post(made.checkout_url, data={"card": "pm_card_threeDSecure2Required"})
    bank = sent.headers["location"]
    assert (await cashier.read(Call(ACCOUNT), named(made))).state is IntentState.ACTION_REQUIRED
    await browser.post(bank, data={"agree": "false"})
    assert (await cashier.read(Call(ACCOUNT), named(made))).state is IntentState.UNPAID
    await browser.post(made.checkout_url, data={"card": "pm_card_threeDSecure2Required"})
    await browser.post(bank, data={"agree": "true"})
    assert (await cashier.read(Call(ACCOUNT), named(made))).state is IntentState.CAPTURABLE


async def test_the_same_key_gives_the_same_intent_and_other_parameters_are_refused(
    cashier: StripeCashier, running: RunningDouble
) -> None:
    hold = uuid4()
    first = await cashier.create(Call(ACCOUNT, "k"), draft(hold=hold))
    again = await cashier.create(Call(ACCOUNT, "k"), draft(hold=hold))
    assert first == again
    assert len(list(running.double.book.account(ACCOUNT).of_kind("payment_intent"))) == 1
    with pytest.raises(KeyPoisoned):
        await cashier.create(Call(ACCOUNT, "k"), draft(hold=hold, amount=2001))


async def test_a_failure_of_theirs_is_kept_under_its_key_and_a_new_key_works(
    cashier: StripeCashier, browser: httpx.AsyncClient, running: RunningDouble
) -> None:
    facts = await held(cashier, browser)
    running.double.faults.append(Fault("capture", "error"))
    for _ in range(2):
        with pytest.raises(KeyPoisoned):
            await cashier.capture(Call(ACCOUNT, "poisoned"), named(facts), 500, 0)
    assert (await cashier.capture(Call(ACCOUNT, "new"), named(facts), 500, 0)).captured_minor == 500


async def test_a_lost_answer_is_unsure_and_the_same_key_brings_it_back(
    cashier: StripeCashier, browser: httpx.AsyncClient, running: RunningDouble
) -> None:
    facts = await held(cashier, browser)
    running.double.faults.append(Fault("capture", "lost"))
    with pytest.raises(CashierUnavailable):
        await cashier.capture(Call(ACCOUNT, "k"), named(facts), 500, 0)
    assert (await cashier.capture(Call(ACCOUNT, "k"), named(facts), 500, 0)).captured_minor == 500
    events = running.double.book.account(ACCOUNT).events
    assert [event["type"] for event in events].count("charge.captured") == 1


async def test_a_provider_that_is_away_is_unsure(running: RunningDouble, cashier: StripeCashier) -> None:
    running.double.faults.append(Fault("payment_intents", "away"))
    with pytest.raises(CashierUnavailable):
        await cashier.create(Call(ACCOUNT, "k"), draft())
    await running.stop()
    with pytest.raises(CashierUnavailable):
        await cashier.create(Call(ACCOUNT, "k"), draft())


async def test_an_intent_whose_answer_was_lost_is_found_by_its_mark(
    cashier: StripeCashier, running: RunningDouble, seconds: HandSeconds
) -> None:
    began, marks = datetime.fromtimestamp(seconds.at, UTC), [uuid4(), uuid4()]
    for hold, way in zip(marks, (PayWay.ELEMENT, PayWay.CHECKOUT), strict=True):
        running.double.faults.append(Fault("POST", "lost"))
        with pytest.raises(CashierUnavailable):
            await cashier.create(Call(ACCOUNT, str(hold)), draft(way, hold=hold))
        found = await cashier.find(Call(ACCOUNT), hold, made_after=began)
        assert found is not None
        assert (found.reference is None) == (way is PayWay.CHECKOUT)
    assert await cashier.find(Call(ACCOUNT), uuid4(), made_after=began) is None
    assert await cashier.find(Call("acct_two"), marks[0], made_after=began) is None


async def test_more_is_held_only_where_the_charge_allows_it(cashier: StripeCashier, browser: httpx.AsyncClient) -> None:
    plain = await held(cashier, browser)
    assert not plain.may_increment
    with pytest.raises(Declined):
        await cashier.increment(Call(ACCOUNT, "i1"), named(plain), 3000)
    growing = await held(cashier, browser, "pm_card_discover")
    assert growing.may_increment
    assert (await cashier.increment(Call(ACCOUNT, "i2"), named(growing), 3000)).held_minor == 3000
    with pytest.raises(Declined) as refused:
        await cashier.increment(Call(ACCOUNT, "i3"), named(growing), 9000)
    assert refused.value.code == "card_declined"
    assert (await cashier.capture(Call(ACCOUNT, "c"), named(growing), 3000, 0)).captured_minor == 3000


@pytest.mark.parametrize(("card", "days"), [("pm_card_visa", 7), ("pm_card_mastercard", 7)], ids=["visa", "mastercard"])
async def test_an_uncaptured_hold_expires_by_the_clock(
    cashier: StripeCashier, browser: httpx.AsyncClient, running: RunningDouble, card: str, days: int
) -> None:
    facts = await held(cashier, browser, card)
    running.double.book.advance(days * 86_400 - 1)
    assert (await cashier.read(Call(ACCOUNT), named(facts))).state is IntentState.CAPTURABLE
    await browser.post("/double/clock", data={"seconds": "1"})
    gone = await cashier.read(Call(ACCOUNT), named(facts))
    assert (gone.state, gone.expired) == (IntentState.CANCELLED, True)
    with pytest.raises(Declined) as refused:
        await cashier.capture(Call(ACCOUNT, "late"), named(facts), 500, 0)
    assert refused.value.code == "payment_intent_unexpected_state"


async def test_capture_never_exceeds_the_hold(cashier: StripeCashier, browser: httpx.AsyncClient) -> None:
    facts = await held(cashier, browser)
    for amount in (0, 2001):
        with pytest.raises(Declined):
            await cashier.capture(Call(ACCOUNT, f"k{amount}"), named(facts), amount, 0)
    assert (await cashier.capture(Call(ACCOUNT, "k0"), named(facts), 2000, 0)).captured_minor == 2000


async def test_another_account_does_not_find_the_hold(cashier: StripeCashier, browser: httpx.AsyncClient) -> None:
    facts = await held(cashier, browser)
    for account in ("acct_two", None):
        with pytest.raises(Declined) as refused:
            await cashier.capture(Call(account, "theirs"), named(facts), 500, 0)
        assert refused.value.code == "resource_missing"


async def test_a_saved_card_holds_off_session_unless_its_bank_wants_to_see_the_driver(
    cashier: StripeCashier, browser: httpx.AsyncClient, seconds: HandSeconds
) -> None:
    for card, refusal in (("pm_card_visa", None), ("pm_card_authenticationRequired", "authentication_required")):
        page = await cashier.save_card(
            Call(ACCOUNT, f"s{card}"), CardDraft(uuid4(), "driver@example.com", "https://pay.example/saved")
        )
        assert page.url is not None
        assert page.customer is None
        await browser.post(page.url, data={"card": card})
        saved = await cashier.read_card(Call(ACCOUNT), page.reference)
        assert saved.customer is not None
        assert saved.payment_method is not None
        made = draft(PayWay.SAVED_CARD, customer=saved.customer, payment_method=saved.payment_method)
        if refusal is None:
            facts = await cashier.create(Call(ACCOUNT, f"c{card}"), made)
            assert facts.state is IntentState.CAPTURABLE
            unattended = timedelta(days=4, hours=18)
            assert facts.capture_before == datetime.fromtimestamp(seconds.at, UTC) + unattended
        else:
            with pytest.raises(Declined) as refused:
                await cashier.create(Call(ACCOUNT, f"c{card}"), made)
            assert refused.value.code == refusal


async def test_a_dispute_is_read_and_answered(
    cashier: StripeCashier, browser: httpx.AsyncClient, running: RunningDouble
) -> None:
    facts = await held(cashier, browser, "pm_card_createDispute")
    await cashier.capture(Call(ACCOUNT, "c"), named(facts), 900, 0)
    event = next(
        found
        for found in await cashier.events_since(Call(ACCOUNT), datetime.fromtimestamp(0, UTC))
        if found.type == "charge.dispute.created"
    )
    dispute = await cashier.dispute(Call(ACCOUNT), event.object_id)
    assert (dispute.intent, dispute.amount_minor, dispute.status) == (
        facts.reference,
        900,
        DisputeStatus.NEEDS_RESPONSE,
    )
    pack = EvidencePack("Charging 12 kWh", "start 10:00, stop 11:00", "receipt", submit=True)
    answered = await cashier.give_evidence(Call(ACCOUNT, "e"), dispute.reference, pack)
    assert answered.status is DisputeStatus.UNDER_REVIEW


async def test_events_are_listed_oldest_first_past_a_page(
    cashier: StripeCashier, running: RunningDouble, seconds: HandSeconds
) -> None:
    holds = [uuid4() for _ in range(130)]
    for number, hold in enumerate(holds):
        await cashier.create(Call(ACCOUNT, f"k{number}"), draft(hold=hold))
    found = await cashier.events_since(Call(ACCOUNT), datetime.fromtimestamp(seconds.at, UTC))
    assert [event.hold_id for event in found] == holds
    assert {event.account for event in found} == {ACCOUNT}
    later = datetime.fromtimestamp(seconds.at + 1, UTC)
    assert await cashier.events_since(Call(ACCOUNT), later) == ()
