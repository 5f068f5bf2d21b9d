"""What the simulated Stripe does that a kinder double would not: it forgets nothing, and its post is unreliable."""

from typing import Any

import httpx
import pytest
import stripe

from payments.double import DoubleStripe, Post, RunningDouble
from payments.double.book import Book
from payments.double.forms import parse_form
from payments.double.http import Fault
from payments.double.post import signature
from tests.payments.conftest import HandSeconds

INTENT = {"amount": "1000", "currency": "eur", "capture_method": "manual"}


def test_forms_nest_as_stripes_do() -> None:
    body = "a=1&b[c]=2&b[d][0]=3&b[d][1]=4&e[0][f]=%E2%82%AC&g="
    assert parse_form(body) == {"a": "1", "b": {"c": "2", "d": ["3", "4"]}, "e": [{"f": "€"}], "g": ""}


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"amount": "49"}, "amount"),
        ({"amount": "100000000"}, "amount"),
        ({"amount": "10.5"}, "amount"),
        ({"currency": "xxx"}, "currency"),
        ({"capture_method": "automatic"}, "capture_method"),
    ],
)
async def test_a_validation_failure_is_not_kept_under_the_key(
    browser: httpx.AsyncClient, form: dict[str, str], param: str
) -> None:
    headers = {"idempotency-key": "one"}
    refused = await browser.post("/v1/payment_intents", data=INTENT | form, headers=headers)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    assert (await browser.post("/v1/payment_intents", data=INTENT, headers=headers)).status_code == 200


async def test_a_decline_is_kept_under_the_key(browser: httpx.AsyncClient) -> None:
    made = (await browser.post("/v1/payment_intents", data=INTENT)).json()
    for _ in range(2):
        refused = await browser.post(
            f"/v1/payment_intents/{made['id']}/confirm",
            data={"payment_method": "pm_card_chargeDeclinedExpiredCard"},
            headers={"idempotency-key": "once"},
        )
        assert (refused.status_code, refused.json()["error"]["code"]) == (402, "expired_card")
    charges = [event for event in (await browser.get("/v1/events")).json()["data"] if event["type"] == "charge.failed"]
    assert len(charges) == 1


async def test_a_failure_after_the_deed_hides_that_it_was_done(
    browser: httpx.AsyncClient, running: RunningDouble
) -> None:
    running.double.faults.append(Fault("payment_intents", "error_after"))
    for _ in range(2):
        failed = await browser.post("/v1/payment_intents", data=INTENT, headers={"idempotency-key": "k"})
        assert failed.status_code == 500
    assert len((await browser.get("/v1/payment_intents")).json()["data"]) == 1


async def test_every_answer_says_that_it_is_simulated(browser: httpx.AsyncClient) -> None:
    made = await browser.post("/v1/payment_intents", data=INTENT)
    assert made.headers["x-voltgraph-simulated"]
    assert made.json()["livemode"] is False
    assert "Simulated" in made.json()["description"]


def post_of(seconds: HandSeconds, seed: int, **habits: float) -> tuple[Book, Post]:
    book = Book(clock=seconds)
    post = Post("whsec_double", book.now, seed=seed, **habits)
    book.on_event = post.take
    return book, post


async def delivered(post: Post) -> list[Any]:
    """The events as they arrive, each checked by the SDK as our endpoint will."""
    arrived = []

    async def send(body: bytes, headers: dict[str, str]) -> int:
        stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], "whsec_double", None)
        arrived.append(body)
        return 200

    await post.deliver(send)
    return arrived


def two_captures(book: Book) -> None:
    for _ in range(2):
        account = book.account("acct_one")
        intent = book.create_intent(account, amount=900, currency="eur", metadata={}, description=None, options={})
        book.confirm(account, intent, "pm_card_visa")
        book.capture(account, intent, 900, None)


async def test_post_arrives_shuffled_doubled_and_partly_never_by_its_seed(seconds: HandSeconds) -> None:
    runs = []
    for seed in (1, 1, 2):
        book, post = post_of(seconds, seed, twice=0.5, lost=0.3)
        two_captures(book)
        waiting = [event["id"] for event in post.waiting]
        runs.append((waiting, await delivered(post)))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    waiting, arrived = runs[0]
    assert sorted(set(arrived)) != arrived
    assert len(arrived) > len(set(arrived)) or len(set(arrived)) < len(waiting)


def test_a_signature_of_other_bytes_is_not_the_sdks() -> None:
    header = signature(b"{}", "whsec_double", 1_790_000_000)
    stripe.WebhookSignature.verify_header("{}", header, "whsec_double", None)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header("{ }", header, "whsec_double", None)


def test_what_a_bank_holds_ends_by_the_clock_alone(seconds: HandSeconds) -> None:
    double = DoubleStripe(Book(clock=seconds))
    account = double.book.account(None)
    intent = double.book.create_intent(account, amount=900, currency="eur", metadata={}, description=None, options={})
    double.book.confirm(account, intent, "pm_card_visa")
    double.book.advance(7 * 86_400)
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", "automatic")
    assert [event["type"] for event in account.events][-2:] == ["charge.expired", "payment_intent.canceled"]
