"""Disputes at Stripe, and what is said in them."""

from collections.abc import Mapping
from typing import Any

from app.domain.charge_limits import from_provider
from app.ports.cashier import Call, DisputeFacts, EvidencePack
from payments.stripe_calls import StripeCalls, answered, moment


def _dispute_facts(dispute: Mapping[str, Any]) -> DisputeFacts:
    currency = str(dispute["currency"]).upper()
    return DisputeFacts(
        dispute["id"],
        dispute.get("payment_intent"),
        from_provider(dispute["amount"], currency),
        currency,
        dispute["status"],
        dispute["reason"],
        moment(dispute["evidence_details"].get("due_by")),
    )


class StripeDisputes(StripeCalls):
    """What a dispute needs of Stripe."""

    async def dispute(self, call: Call, reference: str) -> DisputeFacts:
        disputes = self.stripe.v1.disputes
        return _dispute_facts(await answered(disputes.retrieve_async(reference, {}, self.options(call))))

    async def give_evidence(self, call: Call, reference: str, pack: EvidencePack) -> DisputeFacts:
        params: dict[str, Any] = {
            "evidence": {
                "product_description": pack.service,
                "access_activity_log": pack.access_log,
                "uncategorized_text": pack.receipt,
            },
            "submit": pack.submit,
        }
        disputes = self.stripe.v1.disputes
        return _dispute_facts(await answered(disputes.update_async(reference, params, self.options(call))))  # type: ignore[arg-type]
