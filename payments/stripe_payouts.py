"""An account's balance at Stripe, line by line, and what Stripe sent to its bank."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.domain.charge_limits import from_provider
from app.domain.payout import BalanceLine, PayoutFacts, PayoutLineKind, PayoutStatus
from app.ports.cashier import BalancePage, BalanceWanted, Call, PayoutPage
from payments.stripe_calls import StripeCalls, answered

_KINDS = {
    "charge": PayoutLineKind.CHARGE,
    "refund": PayoutLineKind.REFUND,
    "refund_failure": PayoutLineKind.REFUND_FAILURE,
    "fee": PayoutLineKind.PROVIDER_FEE,
    "network_cost": PayoutLineKind.PROVIDER_FEE,
    "dispute": PayoutLineKind.DISPUTE,
    "dispute_reversal": PayoutLineKind.DISPUTE,
    "payout": PayoutLineKind.PAYOUT,
    "payout_reversal": PayoutLineKind.PAYOUT,
}
_STATUSES = {
    "pending": PayoutStatus.PENDING,
    "in_transit": PayoutStatus.IN_TRANSIT,
    "paid": PayoutStatus.PAID,
    "failed": PayoutStatus.FAILED,
    "canceled": PayoutStatus.CANCELED,
}


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def balance_line(line: Mapping[str, Any]) -> BalanceLine:
    """Of a balance transaction with its source expanded."""
    currency = str(line["currency"]).upper()
    source = line.get("source")
    named = source if isinstance(source, Mapping) else {"id": source}
    ours = sum(part["amount"] for part in line["fee_details"] if part["type"] == "application_fee")
    intent = named.get("payment_intent")
    return BalanceLine(
        reference=line["id"],
        kind=_KINDS.get(line["reporting_category"], PayoutLineKind.ADJUSTMENT),
        currency=currency,
        amount_minor=from_provider(line["amount"], currency),
        fee_minor=from_provider(line["fee"], currency),
        application_fee_minor=from_provider(ours, currency),
        at=_at(line["created"]),
        source=named.get("id"),
        intent=intent if isinstance(intent, str) else None,
    )


def payout_facts(payout: Mapping[str, Any]) -> PayoutFacts:
    currency = str(payout["currency"]).upper()
    return PayoutFacts(
        reference=payout["id"],
        amount_minor=from_provider(payout["amount"], currency),
        currency=currency,
        status=_STATUSES.get(payout["status"], PayoutStatus.PENDING),
        automatic=payout["automatic"],
        complete=payout["automatic"] and payout["reconciliation_status"] == "completed",
        created_at=_at(payout["created"]),
        arrives_at=_at(payout["arrival_date"]),
        failure=payout.get("failure_code"),
    )


class StripePayouts(StripeCalls):
    """What the books need of Stripe."""

    async def balance(self, call: Call, wanted: BalanceWanted, after: str | None) -> BalancePage:
        params: dict[str, Any] = {"limit": 100, "expand": ["data.source"]}
        if wanted.payout is not None:
            params["payout"] = wanted.payout
        if wanted.start is not None and wanted.end is not None:
            params["created"] = {"gte": int(wanted.start.timestamp()), "lt": int(wanted.end.timestamp())}
        if after is not None:
            params["starting_after"] = after
        listed = self.stripe.v1.balance_transactions.list_async(params, self.options(call))  # type: ignore[arg-type]
        page = await answered(listed)
        return BalancePage(tuple(balance_line(line) for line in page["data"]), _next(page))

    async def payouts(self, call: Call, since: datetime, after: str | None) -> PayoutPage:
        params: dict[str, Any] = {"limit": 100, "created": {"gte": int(since.timestamp())}}
        if after is not None:
            params["starting_after"] = after
        listed = self.stripe.v1.payouts.list_async(params, self.options(call))  # type: ignore[arg-type]
        page = await answered(listed)
        return PayoutPage(tuple(payout_facts(payout) for payout in page["data"]), _next(page))


def _next(page: Mapping[str, Any]) -> str | None:
    return page["data"][-1]["id"] if page["has_more"] and page["data"] else None
