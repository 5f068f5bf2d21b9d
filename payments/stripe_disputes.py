"""Disputes at Stripe, and what is said in them."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from app.domain.charge_limits import from_provider
from app.domain.dispute import DisputeFacts, DisputeStatus
from app.ports.cashier import Call, EvidencePack, Reference
from payments.stripe_calls import StripeCalls, answered, moment

_STATUSES = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.CLOSED,
    "needs_response": DisputeStatus.NEEDS_RESPONSE,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "prevented": DisputeStatus.CLOSED,
}


def _dispute_facts(dispute: Mapping[str, Any]) -> DisputeFacts:
    currency = str(dispute["currency"]).upper()
    created = moment(dispute["created"])
    assert created is not None
    return DisputeFacts(
        dispute["id"],
        dispute.get("payment_intent"),
        from_provider(dispute["amount"], currency),
        currency,
        _STATUSES.get(dispute["status"], DisputeStatus.NEEDS_RESPONSE),
        dispute["reason"],
        moment(dispute["evidence_details"].get("due_by")),
        created,
    )


class StripeDisputes(StripeCalls):
    """What a dispute needs of Stripe."""

    async def dispute(self, call: Call, reference: str) -> DisputeFacts:
        disputes = self.stripe.v1.disputes
        return _dispute_facts(await answered(disputes.retrieve_async(reference, {}, self.options(call))))

    async def disputes(self, call: Call, reference: Reference) -> tuple[DisputeFacts, ...]:
        """All of an intent's; there is seldom a second."""
        assert reference.intent is not None, "what is disputed was captured"
        params: dict[str, Any] = {"payment_intent": reference.intent, "limit": 100}
        page = await answered(self.stripe.v1.disputes.list_async(params, self.options(call)))  # type: ignore[arg-type]
        return tuple(_dispute_facts(dispute) for dispute in page["data"])

    async def give_evidence(self, call: Call, reference: str, pack: EvidencePack) -> DisputeFacts:
        """The text, and the file, which is sent first under a key of its own."""
        evidence: dict[str, Any] = {
            "product_description": pack.service,
            "access_activity_log": pack.access_log,
            "uncategorized_text": pack.receipt,
        }
        if pack.served_on is not None:
            evidence["service_date"] = pack.served_on
        if pack.file is not None:
            sent = BytesIO(pack.file)
            sent.name = "evidence.pdf"
            own = Call(call.account, f"{call.key}-file" if call.key else "")
            upload: dict[str, Any] = {"purpose": "dispute_evidence", "file": sent}
            made = await answered(self.stripe.v1.files.create_async(upload, self.options(own)))  # type: ignore[arg-type]
            evidence["uncategorized_file"] = made["id"]
        params: dict[str, Any] = {"evidence": evidence, "submit": pack.submit}
        disputes = self.stripe.v1.disputes
        return _dispute_facts(await answered(disputes.update_async(reference, params, self.options(call))))  # type: ignore[arg-type]

    async def accept(self, call: Call, reference: str) -> DisputeFacts:
        """Gives in, for good."""
        disputes = self.stripe.v1.disputes
        return _dispute_facts(await answered(disputes.close_async(reference, {}, self.options(call))))
