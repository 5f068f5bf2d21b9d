"""What reconciliation found."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import reconciliation as values
from app.domain.ids import Prefix
from app.domain.reconciliation import Correction, MismatchCause
from app.domain.scope import Permission
from app.queries import ledger
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.hold import Hold
from schema.overview import Money
from schema.page import After, Connection, First, connection
from schema.payout import PayoutLine
from schema.scalars import Long

if TYPE_CHECKING:
    from schema.session import Session

described(
    MismatchCause,
    "What does not agree.",
    "More energy than the EVSE can deliver in the time, such as a lifetime register's.",
    "Settled by a tariff, and no charge detail record was written.",
    "The record that counts and the session say different amounts or energies.",
    "The record's tariff makes another amount of the session's readings.",
    "The record has no tax where the place has one, and its tariff states none.",
    "The bill is written, a card was held, and nothing was taken, waived or owed.",
    "The provider shows a capture that we did not make, above the bill.",
    "What was taken, waived and owed is not the bill, or not what we asked for.",
    "What was taken above the bill, or what a credit note promises, was not given back.",
    "A paid session has no receipt, or a repayment no credit note.",
    "The books say something else than the facts.",
    "The payment provider shows something that no capture, repayment or dispute of ours explains, or another amount.",
    "No payout of the provider's has a capture two weeks after it was made.",
    "What a terminal at a station took is not the bill.",
)
described(
    Correction,
    "What `mismatchResolve` does about a mismatch.",
    "Bills the session anew, by the energy that you say or by what the meter says.",
    "Bills the session anew by the newest published version of its tariff that states a tax.",
    "Asks the hold what it owes: it captures, repays or becomes a debt.",
    "Gives back what was taken too much.",
    "Issues the document.",
    "Posts what is missing.",
    "Looks at the hold that the line names; one that names nothing of ours is booked as it is, as waived.",
    "Reads the provider's balance anew from the capture on.",
    "Lets go what the terminal took too little, or keeps what it took too much.",
)


@strawberry.type(description="Two sources that say different things about a session's energy or money.")
class Mismatch:
    value: strawberry.Private[values.Mismatch]
    id: strawberry.ID = strawberry.field(description="Its id.")
    day: date = strawberry.field(description="The day that was reconciled.")
    cause: MismatchCause = strawberry.field(description="What does not agree.")
    correction: Correction = strawberry.field(description="What `mismatchResolve` does about it.")
    expected: Money | None = strawberry.field(description="What it should be; null where it is about energy.")
    found: Money | None = strawberry.field(description="What it is; null where it is about energy.")
    expected_energy_wh: Long | None = strawberry.field(description="At most, in Wh; null where it is about money.")
    found_energy_wh: Long | None = strawberry.field(description="In Wh; null where it is about money.")
    accepted: bool = strawberry.field(description="Whether somebody said that it is right as it is.")
    found_at: datetime = strawberry.field(description="When it was found first.")
    last_found_at: datetime = strawberry.field(description="When it was found last.")
    resolved_at: datetime | None = strawberry.field(description="When it was resolved; null while it is open.")
    resolved_by: str | None = strawberry.field(description="By whom; system:reconciliation: it agreed by itself.")
    reason: str | None = strawberry.field(description="Why it was resolved.")

    @classmethod
    def of(cls, value: values.Mismatch) -> "Mismatch":
        money = value.currency is not None

        def amount(minor: int) -> Money | None:
            return None if value.currency is None else Money(amount_minor=Long(minor), currency=value.currency)

        return cls(
            value=value,
            id=ids.shown(Prefix.MISMATCH, value.uuid),
            day=value.day,
            cause=value.cause,
            correction=value.correction,
            expected=amount(value.expected),
            found=amount(value.found),
            expected_energy_wh=None if money else Long(value.expected),
            found_energy_wh=None if money else Long(value.found),
            accepted=value.accepted,
            found_at=value.found_at,
            last_found_at=value.last_found_at,
            resolved_at=value.resolved_at,
            resolved_by=value.resolved_by,
            reason=value.reason,
        )

    @resolved("Of which session; null for a hold without one, and without sessions:read.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        from schema.session import Session  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)

    @resolved("The hold that it is about, or that pays its session; null without one.")
    async def hold(self, info: Info) -> Hold | None:
        loaders = info.context.loaders
        if self.value.hold_key is not None:
            found = await loaders.hold_by_key.load(self.value.hold_key)
        elif self.value.session_key is not None:
            found = await loaders.hold.load(self.value.session_key)
        else:
            return None
        return None if found is None else Hold.of(found)

    @resolved("The line of the provider's that it is about; null where it is about none.")
    async def payout_line(self, info: Info) -> PayoutLine | None:
        if self.value.payout_line_key is None:
            return None
        found = await info.context.loaders.payout_line.load(self.value.payout_line_key)
        return None if found is None else PayoutLine.of(found)


@strawberry.type(description="Looking for mismatches.")
class MismatchQuery:
    @resolved("What reconciliation found, newest first. Needs payments:read and access to every location.")
    async def mismatches(
        self,
        info: Info,
        day: Annotated[date | None, strawberry.argument(description="Of this day; null: of all.")] = None,
        open: Annotated[
            bool | None, strawberry.argument(description="Open (true), resolved (false), or both (null).")
        ] = True,
        first: First = 50,
        after: After = None,
    ) -> Connection[Mismatch]:
        context = info.context
        return await connection(
            context,
            binding=f"mismatches:{day}:{open}",
            first=first,
            after=after,
            read=lambda page: ledger.mismatches(
                scope=context.scope, database=context.database, day=day, open=open, page=page
            ),
            show=Mismatch.of,
        )
