"""Disputes in the double."""

from payments.double import shapes
from payments.double.accounts import Account, invalid
from payments.double.cards import DAY_S
from payments.double.payouts import Payouts
from payments.double.shapes import Json

_EVIDENCE_S = 14 * DAY_S


class Disputes(Payouts):
    """What drivers' banks take back, and what may be said against it."""

    def dispute(self, account: Account, charge: Json) -> Json:
        """The driver's bank takes the money back until somebody shows why it should not."""
        made = shapes.dispute(id=self.new_id("du"), charge_=charge, created=self.now(), due_by=self.now() + _EVIDENCE_S)
        account.objects[made["id"]] = made
        charge["disputed"] = True
        self.tell(account, "charge.dispute.created", made)
        return made

    def give_evidence(self, account: Account, dispute: Json, evidence: Json, *, submit: bool) -> Json:
        if dispute["status"] not in ("needs_response", "warning_needs_response"):
            raise invalid("This dispute is closed or under review.", "dispute_closed")
        dispute["evidence"] |= evidence
        dispute["evidence_details"]["has_evidence"] = True
        if submit:
            dispute["evidence_details"]["submission_count"] += 1
            dispute["status"] = "under_review"
        self.tell(account, "charge.dispute.updated", dispute)
        return dispute
