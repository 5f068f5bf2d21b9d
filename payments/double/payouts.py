"""Balances in the double: what each deed adds or takes, and the payout of every midnight."""

from payments.double import shapes
from payments.double.accounts import Account, Accounts
from payments.double.cards import DAY_S
from payments.double.shapes import Json

_AVAILABLE_AFTER_S = 2 * DAY_S
_ARRIVES_AFTER_S = DAY_S
_FEE_PER_MILLE, _FEE_FIXED = 15, 25


class Payouts(Accounts):
    """What accounts have here, and what is sent to their banks."""

    def charged(self, account: Account, charge: Json, application_fee: int | None) -> None:
        amount = charge["amount_captured"]
        fees = {
            "stripe_fee": amount * _FEE_PER_MILLE // 1000 + _FEE_FIXED,
            "application_fee": application_fee or 0,
        }
        made = self.move(account, charge, "charge", "charge", amount, fees=fees, after_s=_AVAILABLE_AFTER_S)
        charge["balance_transaction"] = made["id"]

    def given_back(self, account: Account, refund: Json) -> None:
        refund["balance_transaction"] = self.move(account, refund, "refund", "refund", -refund["amount"])["id"]

    def came_back(self, account: Account, refund: Json) -> None:
        made = self.move(account, refund, "refund_failure", "refund_failure", refund["amount"])
        refund["failure_balance_transaction"] = made["id"]

    def adjust(self, account: Account, amount: int, currency: str) -> Json:
        """Something that nobody asked for."""
        return self.move(account, {"id": None, "currency": currency}, "adjustment", "other_adjustment", amount)

    def move(
        self,
        account: Account,
        source: Json,
        type: str,
        category: str,
        amount: int,
        *,
        fees: Json | None = None,
        after_s: int = 0,
        at: int | None = None,
    ) -> Json:
        """A line of the account's balance."""
        now = self.now() if at is None else at
        made = shapes.balance_transaction(
            id=self.new_id("txn"), type=type, category=category, amount=amount, currency=source["currency"],
            fees=fees or {}, source=source["id"], created=now, available_on=now + after_s,
        )  # fmt: skip
        made["_payout"] = None
        account.objects[made["id"]] = made
        if account.pays_out_at is None:
            account.pays_out_at = (now // DAY_S + 1) * DAY_S
        return made

    def pay_out(self, account: Account) -> None:
        """At every midnight that has passed: what is available, per currency; a balance below zero is collected."""
        while account.pays_out_at is not None and account.pays_out_at <= self.now():
            midnight = account.pays_out_at
            self._arrive(account, midnight)
            waiting = [line for line in account.of_kind("balance_transaction") if line["_payout"] is None]
            ready = [line for line in waiting if line["available_on"] <= midnight]
            for currency in sorted({line["currency"] for line in ready}):
                self._pay(account, [line for line in ready if line["currency"] == currency], midnight)
            under_way = any(found["status"] == "in_transit" for found in account.of_kind("payout"))
            still = under_way or any(line["_payout"] is None for line in account.of_kind("balance_transaction"))
            account.pays_out_at = midnight + DAY_S if still else None

    def _pay(self, account: Account, lines: list[Json], midnight: int) -> None:
        total = sum(line["net"] for line in lines)
        if total == 0:
            return
        made = shapes.payout(
            id=self.new_id("po"), amount=total, currency=lines[0]["currency"], created=midnight,
            arrival_date=midnight + _ARRIVES_AFTER_S,
        )  # fmt: skip
        account.objects[made["id"]] = made
        own = self.move(account, made, "payout", "payout", -total, at=midnight)
        made["balance_transaction"] = own["id"]
        for line in (*lines, own):
            line |= {"_payout": made["id"], "status": "available"}
        self.tell(account, "payout.created", made)

    def _arrive(self, account: Account, midnight: int) -> None:
        for payout in list(account.of_kind("payout")):
            if payout["status"] == "in_transit" and payout["arrival_date"] <= midnight:
                payout["status"] = "paid"
                self.tell(account, "payout.paid", payout)

    def fail_payout(self, account: Account, payout: Json) -> Json:
        """The bank sends it back, also after it was paid: its amount waits for the next one."""
        payout |= {"status": "failed", "failure_code": "account_closed", "failure_message": "The account is closed."}
        made = self.move(account, payout, "payout_failure", "payout_reversal", payout["amount"])
        payout["failure_balance_transaction"] = made["id"]
        self.tell(account, "payout.failed", payout)
        return payout
