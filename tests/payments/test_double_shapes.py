"""Everything the double sends is an object of the SDK's: no attribute it does not know, none missing that is promised."""

from typing import Any

import httpx
import pytest
import stripe

from payments.double import RunningDouble
from payments.double.http import expanded

KINDS: dict[str, type] = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "checkout.session": stripe.checkout.Session,
    "setup_intent": stripe.SetupIntent,
    "customer": stripe.Customer,
    "payment_method": stripe.PaymentMethod,
    "dispute": stripe.Dispute,
    "balance_transaction": stripe.BalanceTransaction,
    "payout": stripe.Payout,
    "file": stripe.File,
    "terminal.reader": stripe.terminal.Reader,
    "event": stripe.Event,
}


def annotations_of(kind: type) -> dict[str, str]:
    return {name: str(found) for name, found in kind.__annotations__.items() if name != "OBJECT_NAME"}


def faults_of(sent: dict[str, Any]) -> list[str]:
    """What the SDK's type and an object disagree on."""
    known = annotations_of(KINDS[sent["object"]])
    faults = [f"{sent['object']} has no {name}" for name in sent if name not in known]
    for name, annotation in known.items():
        if "NotRequired[" in annotation or "Optional[" in annotation or "NoneType" in annotation:
            continue
        if sent.get(name) is None:
            faults.append(f"{sent['object']} lacks {name}")
    return faults


async def every_object(running: RunningDouble, browser: httpx.AsyncClient) -> list[dict[str, Any]]:
    account = running.double.book.account(None)
    book = running.double.book
    cards = ("pm_card_createDispute", "pm_card_threeDSecure2Required", "pm_card_visa_chargeDeclined", "pm_card_visa")
    for card in cards:
        made = (
            await browser.post(
                "/v1/payment_intents", data={"amount": "1000", "currency": "eur", "capture_method": "manual"}
            )
        ).json()
        await browser.post(f"/v1/payment_intents/{made['id']}/confirm", data={"payment_method": card})
    held = [found for found in account.of_kind("payment_intent") if found["status"] == "requires_capture"]
    for paid in reversed(held):  # the disputed one first
        book.capture(account, paid, 700, None)
    book.refund(account, paid, 100, None, {})
    await browser.post("/v1/files", content=b"%PDF-")
    reader = book.register(account, "Kiosk")
    tapped = book.create_intent(
        account, amount=900, currency="eur", metadata={}, description=None, options={}, types=["card_present"]
    )
    book.process(account, reader, tapped)
    book.present(account, reader, "4242424242424242")
    book.advance(5 * 24 * 3600)
    price = {"line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "eur"}
    await browser.post(
        "/v1/checkout/sessions", data={"mode": "payment", "line_items[0][price_data][unit_amount]": "900"} | price
    )
    setup = (await browser.post("/v1/checkout/sessions", data={"mode": "setup", "currency": "eur"})).json()
    book.pay_page(account, account.objects[setup["id"]], "pm_card_visa")
    sent = [*account.objects.values(), *account.events]
    return [expanded(account, found, []) for found in sent]


async def test_every_object_is_one_of_the_sdks(running: RunningDouble, browser: httpx.AsyncClient) -> None:
    sent = await every_object(running, browser)
    assert {found["object"] for found in sent} == set(KINDS)
    assert [fault for found in sent for fault in faults_of(found)] == []
    for found in sent:
        if found["object"] == "event":
            assert faults_of(found["data"]["object"]) == []
        assert found.get("livemode", False) is False


async def test_nested_card_details_are_the_sdks(running: RunningDouble, browser: httpx.AsyncClient) -> None:
    sent = await every_object(running, browser)
    details = stripe.Charge.PaymentMethodDetails
    known = {"card": details.Card.__annotations__, "card_present": details.CardPresent.__annotations__}
    charges = [found for found in sent if found["object"] == "charge"]
    assert charges
    for charge in charges:
        kind = charge["payment_method_details"]["type"]
        assert set(charge["payment_method_details"][kind]) <= set(known[kind])


@pytest.mark.parametrize("drop", ["amount", "client_secret_of_nobody"])
async def test_the_check_sees_a_wrong_shape(running: RunningDouble, browser: httpx.AsyncClient, drop: str) -> None:
    intent = next(found for found in await every_object(running, browser) if found["object"] == "payment_intent")
    if drop in intent:
        del intent[drop]
    else:
        intent[drop] = 1
    assert len(faults_of(intent)) == 1
