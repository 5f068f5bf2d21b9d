"""Cards saved at Stripe for later."""

from collections.abc import Mapping
from typing import Any

from app.ports.cashier import Call, CardDraft, CardFacts
from payments.stripe_calls import StripeCalls, answered

ACCOUNT_KEY = "voltgraph_account"


def _card_facts(page: Mapping[str, Any]) -> CardFacts:
    setup = page.get("setup_intent")
    if not isinstance(setup, Mapping) or setup.get("status") != "succeeded":
        return CardFacts(page["id"], page.get("url"))
    method = setup["payment_method"]
    card = method["card"]
    return CardFacts(page["id"], None, page["customer"], method["id"], card["brand"], card["last4"])


class StripeCards(StripeCalls):
    """What a saved card needs of Stripe."""

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
        pages = self.stripe.v1.checkout.sessions
        return _card_facts(await answered(pages.create_async(params, self.options(call))))  # type: ignore[arg-type]

    async def read_card(self, call: Call, reference: str) -> CardFacts:
        pages = self.stripe.v1.checkout.sessions
        read = pages.retrieve_async(reference, {"expand": ["setup_intent.payment_method"]}, self.options(call))
        return _card_facts(await answered(read))

    async def forget_card(self, call: Call, payment_method: str) -> None:
        """A card that was detached can never be charged again."""
        await answered(self.stripe.v1.payment_methods.detach_async(payment_method, {}, self.options(call)))
