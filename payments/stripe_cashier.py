"""Stripe as the cashier: manual capture, direct charges on the operator's account, keys from our own rows.

The SDK does not retry: an unanswered call stays owed in our row and is made again under the same key.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

import stripe
from stripe import StripeClient

from app.domain.charge_limits import from_provider, to_provider
from app.domain.hold import IntentFacts, IntentState, PayWay, RefundStatus
from app.ports.cashier import (
    Call,
    CardDraft,
    CardFacts,
    CashierUnavailable,
    Declined,
    DisputeFacts,
    EventFacts,
    EvidencePack,
    IntentDraft,
    KeyPoisoned,
    Reference,
    RefundFacts,
)

TIMEOUT_S = 15.0
HOLD_KEY, REFUND_KEY, ACCOUNT_KEY = "voltgraph_hold", "voltgraph_refund", "voltgraph_account"
_FIND_WINDOW = timedelta(hours=2)  # a lost create was made within this time after its row
_PAGES_MAX = 20  # of 100 objects each
_INTENT_EXPAND = ["latest_charge"]
_CHECKOUT_EXPAND = ["payment_intent.latest_charge"]

_STATES = {
    "requires_payment_method": IntentState.UNPAID,
    "requires_confirmation": IntentState.UNPAID,
    "requires_action": IntentState.ACTION_REQUIRED,
    "processing": IntentState.ACTION_REQUIRED,
    "requires_capture": IntentState.CAPTURABLE,
    "succeeded": IntentState.CAPTURED,
    "canceled": IntentState.CANCELLED,
}
_REFUND_STATES = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
# What the SDK calls an error, and what it means for the call. Subclasses come before what they descend from.
_UNSURE = (stripe.APIConnectionError, stripe.RateLimitError)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def raise_ours(error: stripe.StripeError) -> NoReturn:
    """Says what an error of the SDK means for the call. Raises `Declined`, `CashierUnavailable` or `KeyPoisoned`."""
    if isinstance(error, _UNSURE) or error.http_status == 409 or error.code in ("lock_timeout", "rate_limit"):
        raise CashierUnavailable(str(error)) from error
    if isinstance(error, stripe.IdempotencyError):
        raise KeyPoisoned(str(error)) from error
    if error.http_status is None or error.http_status >= 500:
        # A failure of theirs is kept under the key and would come back for a day; one of a proxy would not.
        kept = isinstance(error.json_body, Mapping) and "error" in error.json_body
        raise (KeyPoisoned if kept else CashierUnavailable)(str(error)) from error
    code = error.code or type(error).__name__
    raise Declined(code, error.user_message or str(error)) from error


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise_ours(error)


async def _answered(call: Awaitable[Any]) -> dict[str, Any]:
    async with _translated():
        found: dict[str, Any] = (await call).to_dict(recursive=True)
    return found


def intent_facts(intent: Mapping[str, Any], checkout: Mapping[str, Any] | None = None) -> IntentFacts:
    """Of a PaymentIntent with its latest charge expanded, as plain values."""
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    currency = str(intent["currency"]).upper()
    state = _STATES[intent["status"]]
    error = intent.get("last_payment_error") or {}
    held = intent["amount"] if charge.get("paid") or state in (IntentState.CAPTURABLE, IntentState.CAPTURED) else 0
    capture_before = _moment(card.get("capture_before"))
    cancelled_at = _moment(intent.get("canceled_at"))
    lapsed = capture_before is not None and cancelled_at is not None and cancelled_at >= capture_before
    return IntentFacts(
        reference=intent["id"],
        state=state,
        currency=currency,
        held_minor=from_provider(held, currency),
        captured_minor=from_provider(intent["amount_received"], currency),
        refunded_minor=from_provider(charge.get("amount_refunded") or 0, currency) if charge.get("captured") else 0,
        capture_before=capture_before,
        may_increment=(card.get("incremental_authorization") or {}).get("status") == "available",
        expired=state is IntentState.CANCELLED and lapsed,
        attempted_at=_moment(charge.get("created")),
        failure=error.get("decline_code") or error.get("code"),
        checkout_reference=None if checkout is None else checkout["id"],
        checkout_url=None if checkout is None else checkout.get("url"),
        client_secret=intent.get("client_secret"),
    )


def _checkout_facts(page: Mapping[str, Any]) -> IntentFacts:
    """Of a Checkout Session: its intent is made when the driver pays, so a page may end without one."""
    intent = page.get("payment_intent")
    if isinstance(intent, Mapping):
        return intent_facts(intent, page)
    over = page.get("status") == "expired"
    return IntentFacts(
        reference=None,
        state=IntentState.CANCELLED if over else IntentState.UNPAID,
        currency=str(page["currency"]).upper(),
        checkout_reference=page["id"],
        checkout_url=page.get("url"),
    )


def _refund_facts(refund: Mapping[str, Any]) -> RefundFacts:
    currency = str(refund["currency"]).upper()
    status = _REFUND_STATES.get(refund.get("status") or "pending", RefundStatus.PENDING)
    return RefundFacts(refund["id"], from_provider(refund["amount"], currency), status, refund.get("failure_reason"))


def _dispute_facts(dispute: Mapping[str, Any]) -> DisputeFacts:
    currency = str(dispute["currency"]).upper()
    return DisputeFacts(
        dispute["id"],
        dispute.get("payment_intent"),
        from_provider(dispute["amount"], currency),
        currency,
        dispute["status"],
        dispute["reason"],
        _moment(dispute["evidence_details"].get("due_by")),
    )


def _mark(text: object) -> UUID | None:
    """Anybody may write anything into metadata."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _id(value: object) -> str | None:
    return value if isinstance(value, str) else None


def event_facts(event: Mapping[str, Any]) -> EventFacts:
    """Which object an event is about. Raises KeyError and TypeError for what is no event."""
    subject = event["data"]["object"]
    metadata = subject.get("metadata") or {}
    created = _moment(event["created"])
    assert created is not None
    return EventFacts(
        event["id"],
        event.get("account"),
        event["type"],
        str(subject.get("object")),
        str(subject.get("id")),
        _mark(metadata.get(HOLD_KEY)),
        subject["id"] if subject.get("object") == "payment_intent" else _id(subject.get("payment_intent")),
        created,
    )


class StripeCashier:
    """One installation's Stripe. ``url`` points at another server than Stripe's: the double's."""

    def __init__(
        self, api_key: str, *, url: str | None = None, simulated: bool = False, http: stripe.HTTPClient | None = None
    ) -> None:
        self.simulated = simulated
        self._http = http or stripe.HTTPXClient(timeout=TIMEOUT_S, allow_sync_methods=False)
        self._stripe = StripeClient(
            api_key,
            http_client=self._http,
            max_network_retries=0,
            base_addresses=None if url is None else {"api": url.rstrip("/")},
        )

    @staticmethod
    def _options(call: Call) -> Any:
        options = {}
        if call.account is not None:
            options["stripe_account"] = call.account
        if call.key:
            options["idempotency_key"] = call.key
        return options

    async def create(self, call: Call, draft: IntentDraft) -> IntentFacts:
        """An intent, or for a driver who pays on Stripe's page that page."""
        amount = to_provider(draft.amount_minor, draft.currency)
        metadata = {HOLD_KEY: str(draft.hold_id)}
        card: dict[str, Any] = {"card": {"request_incremental_authorization": "if_available"}}
        if draft.way is PayWay.CHECKOUT:
            params = _page_params(draft, amount, metadata)
            pages = self._stripe.v1.checkout.sessions
            return _checkout_facts(await _answered(pages.create_async(params, self._options(call))))
        intent: dict[str, Any] = {
            "amount": amount,
            "currency": draft.currency.lower(),
            "capture_method": "manual",
            "payment_method_types": ["card"],
            "payment_method_options": card,
            "description": draft.description,
            "metadata": metadata,
            "expand": _INTENT_EXPAND,
        }
        if draft.contact is not None:
            intent["receipt_email"] = draft.contact
        if draft.way is PayWay.SAVED_CARD:
            intent |= {
                "customer": draft.customer,
                "payment_method": draft.payment_method,
                "off_session": True,
                "confirm": True,
            }
        intents = self._stripe.v1.payment_intents
        return intent_facts(await _answered(intents.create_async(intent, self._options(call))))  # type: ignore[arg-type]

    async def read(self, call: Call, reference: Reference) -> IntentFacts:
        options = self._options(call)
        if reference.intent is not None:
            intents = self._stripe.v1.payment_intents
            read = intents.retrieve_async(reference.intent, {"expand": _INTENT_EXPAND}, options)
            return intent_facts(await _answered(read))
        assert reference.checkout is not None
        pages = self._stripe.v1.checkout.sessions
        return _checkout_facts(
            await _answered(pages.retrieve_async(reference.checkout, {"expand": _CHECKOUT_EXPAND}, options))
        )

    async def find(self, call: Call, hold_id: UUID, *, made_after: datetime) -> IntentFacts | None:
        """By the mark on the object. Lists, because Stripe's search lags behind by up to a minute."""
        after = int(made_after.timestamp()) - 60
        window = {"created": {"gte": after, "lte": after + int(_FIND_WINDOW.total_seconds())}, "limit": 100}
        v1 = self._stripe.v1
        intents = await self._marked(
            v1.payment_intents.list_async, window | {"expand": ["data.latest_charge"]}, call, HOLD_KEY, hold_id
        )
        pages = await self._marked(v1.checkout.sessions.list_async, window, call, HOLD_KEY, hold_id)
        if pages is not None:
            return await self.read(call, Reference(None, pages["id"], str(pages["currency"]).upper()))
        return None if intents is None else intent_facts(intents)

    async def _marked(
        self, listed: Any, params: dict[str, Any], call: Call, mark: str, uuid: UUID
    ) -> dict[str, Any] | None:
        options = {key: value for key, value in self._options(call).items() if key != "idempotency_key"}
        for _ in range(_PAGES_MAX):
            page = await _answered(listed(params, options))
            for found in page["data"]:
                if (found.get("metadata") or {}).get(mark) == str(uuid):
                    return dict(found)
            if not page["has_more"]:
                return None
            params = params | {"starting_after": page["data"][-1]["id"]}
        raise CashierUnavailable("more objects than we look through; narrow the window")

    async def increment(self, call: Call, reference: Reference, amount_minor: int) -> IntentFacts:
        intents = self._stripe.v1.payment_intents
        amount = to_provider(amount_minor, reference.currency)
        await _answered(
            intents.increment_authorization_async(_intent(reference), {"amount": amount}, self._options(call))
        )
        return await self.read(Call(call.account), reference)

    async def capture(self, call: Call, reference: Reference, amount_minor: int, fee_minor: int) -> IntentFacts:
        """At most what is held; the rest is given back by Stripe. The fee is known only now."""
        amount = to_provider(amount_minor, reference.currency)
        params: dict[str, Any] = {"amount_to_capture": amount, "expand": _INTENT_EXPAND}
        if fee_minor and call.account is not None:
            params["application_fee_amount"] = min(to_provider(fee_minor, reference.currency), amount)
        intents = self._stripe.v1.payment_intents
        captured = intents.capture_async(_intent(reference), params, self._options(call))  # type: ignore[arg-type]
        return intent_facts(await _answered(captured))

    async def cancel(self, call: Call, reference: Reference) -> IntentFacts:
        """Gives back what is held; of a page that nobody paid on, ends the page."""
        if reference.intent is None:
            assert reference.checkout is not None
            pages = self._stripe.v1.checkout.sessions
            expire = pages.expire_async(reference.checkout, {"expand": _CHECKOUT_EXPAND}, self._options(call))
            return _checkout_facts(await _answered(expire))
        intents = self._stripe.v1.payment_intents
        cancel = intents.cancel_async(reference.intent, {"expand": _INTENT_EXPAND}, self._options(call))
        return intent_facts(await _answered(cancel))

    async def refund(self, call: Call, reference: Reference, amount_minor: int, refund_id: UUID) -> RefundFacts:
        params: dict[str, Any] = {
            "payment_intent": _intent(reference),
            "amount": to_provider(amount_minor, reference.currency),
            "reason": "requested_by_customer",
            "metadata": {REFUND_KEY: str(refund_id)},
        }
        refunds = self._stripe.v1.refunds
        return _refund_facts(await _answered(refunds.create_async(params, self._options(call))))  # type: ignore[arg-type]

    async def find_refund(self, call: Call, reference: Reference, refund_id: UUID) -> RefundFacts | None:
        params = {"payment_intent": _intent(reference), "limit": 100}
        found = await self._marked(self._stripe.v1.refunds.list_async, params, call, REFUND_KEY, refund_id)
        return None if found is None else _refund_facts(found)

    async def events_since(self, call: Call, since: datetime) -> tuple[EventFacts, ...]:
        """Oldest first; Stripe keeps thirty days."""
        params: dict[str, Any] = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        found: list[EventFacts] = []
        for _ in range(_PAGES_MAX):
            page = await _answered(self._stripe.v1.events.list_async(params, self._options(call)))  # type: ignore[arg-type]
            found += [event_facts(event) for event in page["data"]]
            if not page["has_more"]:
                break
            params["starting_after"] = page["data"][-1]["id"]
        return tuple(reversed(found))

    async def save_card(self, call: Call, draft: CardDraft) -> CardFacts:
        params: dict[str, Any] = {
            "mode": "setup",
            "currency": "eur",
            "customer_creation": "always",
            "success_url": draft.return_url,
            "payment_method_types": ["card"],
            "metadata": {ACCOUNT_KEY: str(draft.account_id)},
        }
        if draft.contact is not None:
            params["customer_email"] = draft.contact
        if draft.expires_at is not None:
            params["expires_at"] = int(draft.expires_at.timestamp())
        pages = self._stripe.v1.checkout.sessions
        return _card_facts(await _answered(pages.create_async(params, self._options(call))))  # type: ignore[arg-type]

    async def read_card(self, call: Call, reference: str) -> CardFacts:
        pages = self._stripe.v1.checkout.sessions
        read = pages.retrieve_async(reference, {"expand": ["setup_intent.payment_method"]}, self._options(call))
        return _card_facts(await _answered(read))

    async def forget_card(self, call: Call, payment_method: str) -> None:
        """A card that was detached can never be charged again."""
        await _answered(self._stripe.v1.payment_methods.detach_async(payment_method, {}, self._options(call)))

    async def dispute(self, call: Call, reference: str) -> DisputeFacts:
        disputes = self._stripe.v1.disputes
        return _dispute_facts(await _answered(disputes.retrieve_async(reference, {}, self._options(call))))

    async def give_evidence(self, call: Call, reference: str, pack: EvidencePack) -> DisputeFacts:
        params: dict[str, Any] = {
            "evidence": {
                "product_description": pack.service,
                "access_activity_log": pack.access_log,
                "uncategorized_text": pack.receipt,
            },
            "submit": pack.submit,
        }
        disputes = self._stripe.v1.disputes
        return _dispute_facts(await _answered(disputes.update_async(reference, params, self._options(call))))  # type: ignore[arg-type]

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]


def _intent(reference: Reference) -> str:
    assert reference.intent is not None, "a hold that is captured has an intent"
    return reference.intent


def _page_params(draft: IntentDraft, amount: int, metadata: dict[str, str]) -> Any:
    card = {"request_incremental_authorization": "if_available"}
    params: dict[str, Any] = {
        "mode": "payment",
        "success_url": draft.return_url,
        "cancel_url": draft.return_url,
        "payment_method_types": ["card"],
        "payment_method_options": {"card": card},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": draft.currency.lower(),
                    "unit_amount": amount,
                    "product_data": {"name": draft.description},
                },
            }
        ],
        "payment_intent_data": {
            "capture_method": "manual",
            "description": draft.description,
            "metadata": metadata,
        },
        "metadata": metadata,
    }
    if draft.contact is not None:
        params["customer_email"] = draft.contact
    if draft.expires_at is not None:
        params["expires_at"] = int(draft.expires_at.timestamp())
    return params


def _card_facts(page: Mapping[str, Any]) -> CardFacts:
    setup = page.get("setup_intent")
    if not isinstance(setup, Mapping) or setup.get("status") != "succeeded":
        return CardFacts(page["id"], page.get("url"))
    method = setup["payment_method"]
    card = method["card"]
    return CardFacts(page["id"], None, page["customer"], method["id"], card["brand"], card["last4"])
