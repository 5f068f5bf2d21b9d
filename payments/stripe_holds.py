"""Holds at Stripe: intents with manual capture, the pages they are paid on, and repayments."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.charge_limits import from_provider, to_provider
from app.domain.hold import IntentFacts, IntentState, PayWay, RefundStatus
from app.ports.cashier import Call, Declined, IntentDraft, Reference, RefundFacts
from payments.stripe_calls import StripeCalls, answered, moment

HOLD_KEY, REFUND_KEY = "voltgraph_hold", "voltgraph_refund"
_FIND_WINDOW = timedelta(hours=2)  # a lost create was made within this time after its row
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
_MAY_ASK = frozenset({"terminal_reader_timeout"})  # the reader may have heard us all the same
_AT_READER = {"request_incremental_authorization_support": True, "request_extended_authorization": True}
_REFUND_STATES = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}


def intent_facts(intent: Mapping[str, Any], checkout: Mapping[str, Any] | None = None) -> IntentFacts:
    """Of a PaymentIntent with its latest charge expanded, as plain values."""
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    details = charge.get("payment_method_details") or {}
    card = details.get("card") or details.get("card_present") or {}
    currency = str(intent["currency"]).upper()
    state = _STATES[intent["status"]]
    error = intent.get("last_payment_error") or {}
    held = intent["amount"] if charge.get("paid") or state in (IntentState.CAPTURABLE, IntentState.CAPTURED) else 0
    capture_before = moment(card.get("capture_before"))
    cancelled_at = moment(intent.get("canceled_at"))
    lapsed = capture_before is not None and cancelled_at is not None and cancelled_at >= capture_before
    return IntentFacts(
        reference=intent["id"],
        state=state,
        currency=currency,
        held_minor=from_provider(held, currency),
        captured_minor=from_provider(intent["amount_received"], currency),
        refunded_minor=from_provider(charge.get("amount_refunded") or 0, currency) if charge.get("captured") else 0,
        capture_before=capture_before,
        may_increment=_may_increment(card),
        expired=state is IntentState.CANCELLED and lapsed,
        attempted_at=moment(charge.get("created")),
        failure=error.get("decline_code") or error.get("code"),
        checkout_reference=None if checkout is None else checkout["id"],
        checkout_url=None if checkout is None else checkout.get("url"),
        client_secret=intent.get("client_secret"),
        card_fingerprint=card.get("fingerprint") if state in (IntentState.CAPTURABLE, IntentState.CAPTURED) else None,
    )


def _may_increment(card: Mapping[str, Any]) -> bool:
    """Given on a page the charge says so in one word, at a reader in another."""
    at_reader = card.get("incremental_authorization_supported") is True
    return at_reader or (card.get("incremental_authorization") or {}).get("status") == "available"


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


class StripeHolds(StripeCalls):
    """What a hold needs of Stripe."""

    async def create(self, call: Call, draft: IntentDraft) -> IntentFacts:
        """An intent, or for a driver who pays on Stripe's page that page."""
        amount = to_provider(draft.amount_minor, draft.currency)
        metadata = {HOLD_KEY: str(draft.hold_id)}
        card: dict[str, Any] = {"card": {"request_incremental_authorization": "if_available"}}
        if draft.way is PayWay.CHECKOUT:
            params = _page_params(draft, amount, metadata)
            pages = self.stripe.v1.checkout.sessions
            return _checkout_facts(await answered(pages.create_async(params, self.options(call))))
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
        if draft.reader is not None:
            intent |= {"payment_method_types": ["card_present"], "payment_method_options": {"card_present": _AT_READER}}
        intents = self.stripe.v1.payment_intents
        made = await answered(intents.create_async(intent, self.options(call)))  # type: ignore[arg-type]
        if draft.reader is not None:
            await self._ask_at_reader(call, draft.reader, made["id"])
        return intent_facts(made)

    async def _ask_at_reader(self, call: Call, reader: str, intent: str) -> None:
        """The reader shows the amount. One that is busy or off asks nobody: then the intent is given up at once.

        One that is slow to answer may ask all the same: then it is waited for, as for a driver who takes their time.
        """
        readers = self.stripe.v1.terminal.readers
        options = self.options(Call(call.account, f"{call.key}-reader" if call.key else ""))
        try:
            await answered(readers.process_payment_intent_async(reader, {"payment_intent": intent}, options))
        except Declined as refused:
            if refused.code in _MAY_ASK:
                return
            try:
                await answered(
                    self.stripe.v1.payment_intents.cancel_async(intent, {}, self.options(Call(call.account)))
                )
            except Declined:  # a card was read meanwhile: the hold must know its intent
                return
            raise

    async def read(self, call: Call, reference: Reference) -> IntentFacts:
        options = self.options(call)
        if reference.intent is not None:
            intents = self.stripe.v1.payment_intents
            read = intents.retrieve_async(reference.intent, {"expand": _INTENT_EXPAND}, options)
            facts = intent_facts(await answered(read))
            if reference.reader is None or facts.state is not IntentState.UNPAID or facts.attempted_at is not None:
                return facts
            return await self._read_at_reader(call, reference.reader, facts)
        assert reference.checkout is not None
        pages = self.stripe.v1.checkout.sessions
        return _checkout_facts(
            await answered(pages.retrieve_async(reference.checkout, {"expand": _CHECKOUT_EXPAND}, options))
        )

    async def find(self, call: Call, hold_id: UUID, *, made_after: datetime) -> IntentFacts | None:
        """By the mark on the object. Lists, because Stripe's search lags behind by up to a minute."""
        after = int(made_after.timestamp()) - 60
        window = {"created": {"gte": after, "lte": after + int(_FIND_WINDOW.total_seconds())}, "limit": 100}
        v1 = self.stripe.v1
        intents = await self.marked(
            v1.payment_intents.list_async, window | {"expand": ["data.latest_charge"]}, call, HOLD_KEY, hold_id
        )
        pages = await self.marked(v1.checkout.sessions.list_async, window, call, HOLD_KEY, hold_id)
        if pages is not None:
            return await self.read(call, Reference(None, pages["id"], str(pages["currency"]).upper()))
        return None if intents is None else intent_facts(intents)

    async def increment(self, call: Call, reference: Reference, amount_minor: int) -> IntentFacts:
        intents = self.stripe.v1.payment_intents
        amount = to_provider(amount_minor, reference.currency)
        await answered(
            intents.increment_authorization_async(_intent(reference), {"amount": amount}, self.options(call))
        )
        return await self.read(Call(call.account), reference)

    async def capture(self, call: Call, reference: Reference, amount_minor: int, fee_minor: int) -> IntentFacts:
        """At most what is held; the rest is given back by Stripe. The fee is known only now."""
        amount = to_provider(amount_minor, reference.currency)
        params: dict[str, Any] = {"amount_to_capture": amount, "expand": _INTENT_EXPAND}
        if fee_minor and call.account is not None:
            params["application_fee_amount"] = min(to_provider(fee_minor, reference.currency), amount)
        intents = self.stripe.v1.payment_intents
        captured = intents.capture_async(_intent(reference), params, self.options(call))  # type: ignore[arg-type]
        return intent_facts(await answered(captured))

    async def cancel(self, call: Call, reference: Reference) -> IntentFacts:
        """Gives back what is held; of a page that nobody paid on, ends the page."""
        if reference.intent is None:
            assert reference.checkout is not None
            pages = self.stripe.v1.checkout.sessions
            expire = pages.expire_async(reference.checkout, {"expand": _CHECKOUT_EXPAND}, self.options(call))
            return _checkout_facts(await answered(expire))
        if reference.reader is not None:
            await self._clear_reader(call, reference.reader, reference.intent)
        intents = self.stripe.v1.payment_intents
        cancel = intents.cancel_async(reference.intent, {"expand": _INTENT_EXPAND}, self.options(call))
        return intent_facts(await answered(cancel))

    async def _read_at_reader(self, call: Call, reader: str, facts: IntentFacts) -> IntentFacts:
        """A reader that gave up before any card was charged (cancelled, switched off) says so itself."""
        shown = await self._shown(call, reader)
        if shown is None or shown["payment_intent"] != facts.reference or shown["status"] != "failed":
            return facts
        return replace(facts, attempted_at=datetime.now(UTC), failure=shown["failure_code"] or "reader_failed")

    async def has_reader(self, call: Call, reader: str) -> bool:
        """Whether the account of the call owns it: of another's nothing is found."""
        try:
            found = await answered(self.stripe.v1.terminal.readers.retrieve_async(reader, {}, self.options(call)))
        except Declined:
            return False
        return not found.get("deleted")

    async def _shown(self, call: Call, reader: str) -> dict[str, Any] | None:
        """What it shows, or showed last: of which intent, and how far it is."""
        found = await answered(self.stripe.v1.terminal.readers.retrieve_async(reader, {}, self.options(call)))
        action = found.get("action") or {}
        intent = (action.get("process_payment_intent") or {}).get("payment_intent")
        if intent is None:
            return None
        return {"payment_intent": intent, "status": action["status"], "failure_code": action.get("failure_code")}

    async def _clear_reader(self, call: Call, reader: str, intent: str) -> None:
        """What it shows goes away, if it still shows ours and no card is being read; else its own time ends it."""
        shown = await self._shown(Call(call.account), reader)
        if shown is None or shown["payment_intent"] != intent:
            return
        with suppress(Declined):
            await answered(
                self.stripe.v1.terminal.readers.cancel_action_async(reader, {}, self.options(Call(call.account)))
            )

    async def refund(self, call: Call, reference: Reference, amount_minor: int, refund_id: UUID) -> RefundFacts:
        params: dict[str, Any] = {
            "payment_intent": _intent(reference),
            "amount": to_provider(amount_minor, reference.currency),
            "reason": "requested_by_customer",
            "metadata": {REFUND_KEY: str(refund_id)},
        }
        refunds = self.stripe.v1.refunds
        return _refund_facts(await answered(refunds.create_async(params, self.options(call))))  # type: ignore[arg-type]

    async def refunds(self, call: Call, reference: Reference) -> tuple[RefundFacts, ...]:
        """The newest hundred of the intent: who repays more often than that looks at the provider's own pages."""
        params: dict[str, Any] = {"payment_intent": _intent(reference), "limit": 100}
        page = await answered(self.stripe.v1.refunds.list_async(params, self.options(call)))  # type: ignore[arg-type]
        return tuple(_refund_facts(refund) for refund in page["data"])

    async def find_refund(self, call: Call, reference: Reference, refund_id: UUID) -> RefundFacts | None:
        params = {"payment_intent": _intent(reference), "limit": 100}
        found = await self.marked(self.stripe.v1.refunds.list_async, params, call, REFUND_KEY, refund_id)
        return None if found is None else _refund_facts(found)


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
