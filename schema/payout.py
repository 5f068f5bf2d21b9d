"""What the payment provider sent to the bank, and of what it was made."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import payout as values
from app.domain.ids import Prefix
from app.domain.payout import PayoutLineKind, PayoutStatus
from app.domain.scope import Permission
from app.queries import payouts
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.hold import Hold, Refund
from schema.overview import Money
from schema.page import After, Connection, First, connection
from schema.scalars import Long

if TYPE_CHECKING:
    from schema.session import Session

described(
    PayoutLineKind,
    "What a line of the provider's is about.",
    "Money taken of a hold.",
    "Money given back.",
    "A repayment that failed after it had succeeded: the money came back.",
    "What the provider keeps for itself, apart from what it keeps of a charge.",
    "What a bank took back, or returned after a dispute was won.",
    "Anything else.",
    "The payout itself.",
)
described(
    PayoutStatus,
    "How far a payout is.",
    "Not on its way yet.",
    "On its way to the bank.",
    "At the bank.",
    "The bank could not take it; what it carried waits for the next one.",
    "Taken back before it was sent.",
)


@strawberry.type(description="A line of the balance at the provider. What adds to the balance is positive.")
class PayoutLine:
    value: strawberry.Private[values.PayoutLine]
    id: strawberry.ID = strawberry.field(description="Its id.")
    kind: PayoutLineKind = strawberry.field(description="What it is about.")
    amount: Money = strawberry.field(description="What it moved, before fees.")
    fee: Money = strawberry.field(description="All that was kept of it.")
    application_fee: Money = strawberry.field(description="The installation's part of what was kept.")
    net: Money = strawberry.field(description="What it added to the balance.")
    at: datetime = strawberry.field(description="When.")
    provider_reference: str = strawberry.field(description="Its name at the provider.")
    provider_source: str | None = strawberry.field(description="The provider's name of what it is about.")
    matched: bool = strawberry.field(description="Whether a capture, repayment, fee or dispute of ours explains it.")

    @classmethod
    def of(cls, value: values.PayoutLine) -> "PayoutLine":
        line = value.line

        def money(amount_minor: int) -> Money:
            return Money(amount_minor=Long(amount_minor), currency=line.currency)

        return cls(
            value=value,
            id=ids.shown(Prefix.PAYOUT_LINE, value.uuid),
            kind=line.kind,
            amount=money(line.amount_minor),
            fee=money(line.fee_minor),
            application_fee=money(line.application_fee_minor),
            net=money(line.amount_minor - line.fee_minor),
            at=line.at,
            provider_reference=line.reference,
            provider_source=line.source,
            matched=value.is_matched,
        )

    @resolved("The hold behind it; null where there is none of ours.")
    async def hold(self, info: Info) -> Hold | None:
        if self.value.hold_key is None:
            return None
        found = await info.context.loaders.hold_by_key.load(self.value.hold_key)
        return None if found is None else Hold.of(found)

    @resolved("The repayment that it is; null where there is none of ours.")
    async def refund(self, info: Info) -> Refund | None:
        if self.value.hold_key is None or self.value.refund_id is None:
            return None
        found = await info.context.loaders.hold_by_key.load(self.value.hold_key)
        repaid = () if found is None else found.refunds
        return next(
            (Refund.of(one, self.value.line.currency) for one in repaid if one.uuid == self.value.refund_id), None
        )

    @resolved("The session that was paid; null without one, and without sessions:read.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        from schema.session import Session  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)


@strawberry.type(description="What the provider sent to the operator's bank.")
class Payout:
    value: strawberry.Private[values.Payout]
    id: strawberry.ID = strawberry.field(description="Its id.")
    amount: Money = strawberry.field(description="What was sent; negative: taken from the bank.")
    status: PayoutStatus = strawberry.field(description="How far it is.")
    automatic: bool = strawberry.field(
        description="Whether the provider made it by its schedule; of another it does not say what it took."
    )
    failure: str | None = strawberry.field(description="Why it failed, as the provider says.")
    created_at: datetime = strawberry.field(description="When it was made.")
    arrives_at: datetime = strawberry.field(description="When it is, or was, expected at the bank.")
    provider_reference: str = strawberry.field(description="Its name at the provider.")
    provider_account: str | None = strawberry.field(
        description="The account at the provider; null: the installation's."
    )
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Payout) -> "Payout":
        facts = value.facts
        return cls(
            value=value,
            id=ids.shown(Prefix.PAYOUT, value.uuid),
            amount=Money(amount_minor=Long(facts.amount_minor), currency=facts.currency),
            status=facts.status,
            automatic=facts.automatic,
            failure=facts.failure,
            created_at=facts.created_at,
            arrives_at=facts.arrives_at,
            provider_reference=facts.reference,
            provider_account=value.account,
            version=Long(value.version),
        )

    @resolved("What it took, newest first; its own line is among them.")
    async def lines(self, info: Info, first: First = 50, after: After = None) -> Connection[PayoutLine]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"payoutLines:{key}",
            first=first,
            after=after,
            read=lambda page: payouts.lines(scope=context.scope, database=context.database, payout_key=key, page=page),
            show=PayoutLine.of,
        )


@strawberry.type(description="Reading payouts.")
class PayoutQuery:
    @resolved("Payouts, newest first. Needs payments:read and access to every location.")
    async def payouts(self, info: Info, first: First = 50, after: After = None) -> Connection[Payout]:
        context = info.context
        return await connection(
            context,
            binding="payouts",
            first=first,
            after=after,
            read=lambda page: payouts.search(scope=context.scope, database=context.database, page=page),
            show=Payout.of,
        )
