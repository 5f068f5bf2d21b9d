"""Holds on drivers' cards. Card data never comes here: the provider has it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import filter as filters
from app.domain import hold as values
from app.domain.hold import UNPAID, HoldStatus, PayWay, RefundStatus
from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.queries import holds
from schema import ids
from schema.context import Info
from schema.dispute import HoldDisputeFields
from schema.enums import described
from schema.field import resolved
from schema.filter import TimeRange, time_range
from schema.moves import HoldMoveFields
from schema.overview import Money
from schema.page import After, Connection, First, Node, connection
from schema.scalars import Long, Url
from schema.target import SessionTarget

if TYPE_CHECKING:
    from schema.session import Session

described(
    HoldStatus,
    "Where a hold is in its life.",
    "Waits for the driver to pay.",
    "Waits for the driver to identify to the bank.",
    "The bank holds the amount for us.",
    "Money was taken; the rest was given back.",
    "All was given back.",
    "The bank let go before anything was taken.",
    "The card was refused.",
)
described(
    PayWay,
    "How the driver gives the card.",
    "On the provider's page.",
    "In a form of your page, with the client secret.",
    "A card saved before.",
    "At a card reader of the location, which shows the amount and asks for the card.",
)
described(
    RefundStatus,
    "How far a repayment is.",
    "Not at the provider yet.",
    "Under way.",
    "Done.",
    "Refused; the money is still ours.",
)


@strawberry.type(description="Captured money that is given back.")
class Refund:
    id: strawberry.ID = strawberry.field(description="Its id.")
    amount: Money = strawberry.field(description="How much.")
    reason: str = strawberry.field(description="Why.")
    status: RefundStatus = strawberry.field(description="How far it is.")
    failure: str | None = strawberry.field(description="Why it failed, as the provider says.")
    created_by: str = strawberry.field(description="Who asked for it.")
    created_at: datetime = strawberry.field(description="When it was asked for.")

    @classmethod
    def of(cls, value: values.Refund, currency: str) -> "Refund":
        return cls(
            id=ids.shown(Prefix.REFUND, value.uuid),
            amount=Money(amount_minor=Long(value.amount_minor), currency=currency),
            reason=value.reason,
            status=value.status,
            failure=value.failure,
            created_by=value.created_by,
            created_at=value.created_at,
        )


@strawberry.type(description="An amount that a driver's bank holds for a session.")
class Hold(HoldDisputeFields, HoldMoveFields, Node):
    value: strawberry.Private[values.Hold]
    status: HoldStatus = strawberry.field(description="Where it is in its life.")
    way: PayWay = strawberry.field(description="How the driver gives the card.")
    wanted: Money = strawberry.field(description="What the quote says to hold.")
    amount: Money = strawberry.field(description="What the bank holds, or held.")
    captured: Money = strawberry.field(description="What was taken of it.")
    refunded: Money = strawberry.field(description="What was given back after that.")
    fee: Money = strawberry.field(description="What the installation keeps of the capture.")
    debt: Money = strawberry.field(description="What the session cost beyond the capture: owed, and not taken.")
    waived: Money = strawberry.field(description="What was too little to be taken.")
    provisional: bool = strawberry.field(description="Whether it was captured before the final cost was known.")
    capture_before: datetime | None = strawberry.field(description="When the bank lets go.")
    pay_by: datetime = strawberry.field(description="Until when the driver may pay.")
    held_at: datetime | None = strawberry.field(description="Since when the bank holds it.")
    warned_at: datetime | None = strawberry.field(description="When the cost came near the hold.")
    lowered_at: datetime | None = strawberry.field(description="When power was lowered because of it.")
    stop_asked_at: datetime | None = strawberry.field(description="When charging was stopped because of it.")
    failure: str | None = strawberry.field(description="Why the last attempt to pay failed, as the provider says.")
    release_reason: str | None = strawberry.field(description="Why it was given back.")
    provider_reference: str | None = strawberry.field(description="Its name at the provider.")
    provider_account: str | None = strawberry.field(
        description="The account at the provider; null: the installation's."
    )
    refunds: list[Refund] = strawberry.field(description="What was given back, oldest first.")
    target: SessionTarget | None = strawberry.field(description="What the driver wants at most; null: no such wish.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Hold) -> "Hold":
        def money(amount_minor: int) -> Money:
            return Money(amount_minor=Long(amount_minor), currency=value.currency)

        return cls(
            value=value,
            id=ids.shown(Prefix.HOLD, value.uuid),
            status=value.status,
            way=value.way,
            wanted=money(value.wanted_minor),
            amount=money(value.held_minor),
            captured=money(value.captured_minor),
            refunded=money(value.refunded_minor),
            fee=money(value.fee_minor),
            debt=money(value.debt_minor),
            waived=money(value.waived_minor),
            provisional=value.provisional,
            capture_before=value.capture_before,
            pay_by=value.pay_by,
            held_at=value.held_at,
            warned_at=value.warned_at,
            lowered_at=value.lowered_at,
            stop_asked_at=value.stop_asked_at,
            failure=value.failure,
            release_reason=value.release_wanted,
            provider_reference=value.reference or value.checkout_reference,
            provider_account=value.account,
            refunds=[Refund.of(refund, value.currency) for refund in value.refunds],
            target=SessionTarget.of(value.target, value.currency),
            created_at=value.created_at,
            version=Long(value.version),
        )

    @resolved("The session it pays; null before one is promised, or without sessions:read.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        return await self.session_of(info)

    async def session_of(self, info: Info) -> "Session | None":
        from schema.session import Session  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)

    @resolved("Where the driver pays; null once paid, and without payments:write.")
    def checkout_url(self, info: Info) -> Url | None:
        own = info.context.scope.hold_key is not None or info.context.scope.driver_key is not None
        shown = self.value.status in UNPAID and (own or info.context.may(Permission.PAYMENTS_WRITE))
        return Url(self.value.checkout_url) if shown and self.value.checkout_url else None

    @resolved("What a form of your page pays with; null once paid, and without payments:write.")
    def client_secret(self, info: Info) -> str | None:
        shown = self.value.status in UNPAID and info.context.may(Permission.PAYMENTS_WRITE)
        return self.value.client_secret if shown else None


@strawberry.input(description="Which holds.")
class HoldFilter:
    status: list[HoldStatus] | None = strawberry.field(default=None, description="In these states.")
    capture_before: TimeRange | None = strawberry.field(default=None, description="Whose banks let go then.")
    location_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At these locations.")

    def value(self) -> filters.HoldFilter:
        places = self.location_ids
        return filters.HoldFilter(
            status=None if self.status is None else tuple(self.status),
            capture_before=time_range(self.capture_before),
            location_ids=None
            if places is None
            else tuple(ids.read(Prefix.LOCATION, place, "filter", "locationIds") for place in places),
        )


@strawberry.type(description="Looking for holds.")
class HoldQuery:
    @resolved("Holds on drivers' cards, newest first. Needs payments:read.")
    async def holds(
        self,
        info: Info,
        filter: Annotated[HoldFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Hold]:
        context = info.context
        wanted = filters.HoldFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"holds:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: holds.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Hold.of,
        )


@strawberry.type(description="What a session has to do with a card.")
class SessionHoldFields:
    @resolved("The hold that pays it; null without one, or without payments:read.")
    async def hold(self, info: Info) -> Hold | None:
        if not info.context.may(Permission.PAYMENTS_READ):
            return None
        found = await info.context.loaders.hold.load(self.value.key)  # type: ignore[attr-defined]
        return None if found is None else Hold.of(found)
