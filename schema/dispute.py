"""Disputes: what drivers' banks took back, and what is said against it."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain import dispute as values
from app.domain.dispute import DisputeStatus, DisputeWish
from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.queries import disputes
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.overview import Money
from schema.page import After, Connection, First, connection
from schema.scalars import Long

described(
    DisputeStatus,
    "Where a dispute is.",
    "The bank asks; no money was taken yet.",
    "The bank took the money, and waits for evidence.",
    "The evidence was given; the bank decides.",
    "The bank asked no further.",
    "The money came back.",
    "The money is gone.",
)
described(
    DisputeWish,
    "What is about to be done at the provider.",
    "The evidence is sent.",
    "The driver's bank keeps the money.",
)


@strawberry.type(description="A driver's bank wants captured money back.")
class Dispute:
    value: strawberry.Private[values.Dispute]
    id: strawberry.ID = strawberry.field(description="Its id.")
    amount: Money = strawberry.field(description="How much.")
    status: DisputeStatus = strawberry.field(description="Where it is.")
    reason: str = strawberry.field(description="Why, in the provider's words.")
    evidence_due_by: datetime | None = strawberry.field(
        description="Until when evidence is taken; two days before that it is sent by itself."
    )
    evidence_submitted_at: datetime | None = strawberry.field(description="When our evidence was taken.")
    wish: DisputeWish | None = strawberry.field(description="What is about to be done; null: nothing.")
    failure: str | None = strawberry.field(description="Why the last attempt at that failed, as the provider says.")
    created_at: datetime = strawberry.field(description="Since when.")
    provider_reference: str = strawberry.field(description="Its name at the provider.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Dispute) -> "Dispute":
        facts = value.facts
        return cls(
            value=value,
            id=ids.shown(Prefix.DISPUTE, value.uuid),
            amount=Money(amount_minor=Long(facts.amount_minor), currency=facts.currency),
            status=facts.status,
            reason=facts.reason,
            evidence_due_by=facts.evidence_due_by,
            evidence_submitted_at=value.submitted_at,
            wish=value.wish,
            failure=value.failure,
            created_at=facts.created_at,
            provider_reference=facts.reference,
            version=Long(value.version),
        )


@strawberry.type(description="What a hold has to do with a dispute.")
class HoldDisputeFields:
    @resolved("The newest dispute of the capture; null without one, and without payments:read.")
    async def dispute(self, info: Info) -> Dispute | None:
        if not info.context.may(Permission.PAYMENTS_READ):
            return None
        found = await info.context.loaders.dispute.load(self.value.key)  # type: ignore[attr-defined]
        return None if found is None else Dispute.of(found)


@strawberry.type(description="What a session has to do with a dispute.")
class SessionDisputeFields:
    @resolved("The newest dispute of its payment; null without one, and without payments:read.")
    async def dispute(self, info: Info) -> Dispute | None:
        if not info.context.may(Permission.PAYMENTS_READ):
            return None
        hold = await info.context.loaders.hold.load(self.value.key)  # type: ignore[attr-defined]
        found = None if hold is None else await info.context.loaders.dispute.load(hold.key)
        return None if found is None else Dispute.of(found)


@strawberry.type(description="Reading disputes.")
class DisputeQuery:
    @resolved("Disputes, newest first. Needs payments:read and access to every location.")
    async def disputes(
        self,
        info: Info,
        open: Annotated[
            bool | None, strawberry.argument(description="Undecided (true), decided (false), or both (null).")
        ] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Dispute]:
        context = info.context
        return await connection(
            context,
            binding=f"disputes:{open}",
            first=first,
            after=after,
            read=lambda page: disputes.search(scope=context.scope, database=context.database, open=open, page=page),
            show=Dispute.of,
        )
