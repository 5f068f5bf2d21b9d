"""Disputes in the double."""

from payments.double import shapes
from payments.double.accounts import Account, invalid
from payments.double.cards import DAY_S
from payments.double.payouts import Payouts
from payments.double.shapes import Json

_EVIDENCE_S = 14 * DAY_S
_REVIEW_S = DAY_S
_FEE = 1500


class Disputes(Payouts):
    """What drivers' banks take back, and what may be said against it."""

    def dispute(self, account: Account, charge: Json) -> Json:
        """The driver's bank takes the money back until somebody shows why it should not."""
        made = shapes.dispute(id=self.new_id("du"), charge_=charge, created=self.now(), due_by=self.now() + _EVIDENCE_S)
        account.objects[made["id"]] = made
        charge["disputed"] = True
        taken = self.move(
            account, made, "adjustment", "dispute", -made["amount"], fees={"stripe_fee": _FEE}
        )  # fmt: skip
        made["balance_transactions"] = [taken]
        self.tell(account, "charge.dispute.created", made)
        self.tell(account, "charge.dispute.funds_withdrawn", made)
        return made

    def give_evidence(self, account: Account, dispute: Json, evidence: Json, *, submit: bool) -> Json:
        if dispute["status"] not in ("needs_response", "warning_needs_response"):
            raise invalid("This dispute is closed or under review.", "dispute_closed")
        dispute["evidence"] |= evidence
        dispute["evidence_details"]["has_evidence"] = True
        if submit:
            dispute["evidence_details"]["submission_count"] += 1
            dispute["status"] = "under_review"
            dispute["_decided_at"] = self.now() + _REVIEW_S
        self.tell(account, "charge.dispute.updated", dispute)
        return dispute

    def accept_dispute(self, account: Account, dispute: Json) -> Json:
        if dispute["status"] not in ("needs_response", "warning_needs_response"):
            raise invalid("This dispute is closed or under review.", "dispute_closed")
        return self._decide(account, dispute, "lost")

    def decide_disputes(self, account: Account) -> None:
        """By the evidence a while after it was given; against whoever gave none in time."""
        for dispute in list(account.of_kind("dispute")):
            if dispute["status"] == "under_review" and dispute["_decided_at"] <= self.now():
                self._decide(account, dispute, "won" if _says_enough(dispute["evidence"]) else "lost")
            elif dispute["status"] == "needs_response" and dispute["evidence_details"]["due_by"] <= self.now():
                dispute["evidence_details"]["past_due"] = True
                self._decide(account, dispute, "lost")

    def _decide(self, account: Account, dispute: Json, status: str) -> Json:
        dispute["status"] = status
        if status == "won":
            returned = self.move(account, dispute, "adjustment", "dispute_reversal", dispute["amount"])
            dispute["balance_transactions"].append(returned)
            self.tell(account, "charge.dispute.funds_reinstated", dispute)
        self.tell(account, "charge.dispute.closed", dispute)
        return dispute


def _says_enough(evidence: Json) -> bool:
    """Stripe's own test words decide; else a bank wants to know what was served, when, and to read it."""
    text = evidence.get("uncategorized_text", "")
    if "losing_evidence" in text or "winning_evidence" in text:
        return "losing_evidence" not in text
    wanted = ("product_description", "access_activity_log", "service_date", "uncategorized_text", "uncategorized_file")
    return all(evidence.get(name) for name in wanted)
