"""The ledger: double entry, by operator and currency."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import ledger as values
from app.domain.filter import LedgerFilter
from app.domain.ids import Prefix
from app.domain.ledger import Book, Cause
from app.domain.scope import Permission
from app.queries import ledger
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.filter import TimeRange, time_range
from schema.overview import Money
from schema.page import After, Connection, First, connection
from schema.scalars import Long

if TYPE_CHECKING:
    from schema.session import Session

described(
    Book,
    "Where money can be, or what it was for. What comes into a book is positive.",
    "What sessions cost and nobody has paid yet; negative: paid in advance.",
    "What was sold, before taxes: negative, because it is earned.",
    "What is owed to the state: negative.",
    "What the payment provider has for the operator.",
    "What the installation and the payment provider keep.",
    "What was let go: too little to take, or given back out of goodwill.",
    "What drivers have paid and not used yet: negative, because it is theirs.",
    "What came to the operator's own bank account, or left it.",
    "What a bank has taken back until a dispute is decided.",
    "What terminals at stations took: their own payment provider has it, or has sent it on.",
)
described(
    Cause,
    "The kind of fact behind a posting.",
    "A charge detail record, or a credit of one.",
    "Money taken of a hold.",
    "What the installation keeps of it.",
    "What was too little to be taken.",
    "A repayment; one that fails after all posts itself back.",
    "More given back at the provider than was asked for here.",
    "A repayment although the bill stands.",
    "A change of a prepaid balance.",
    "What the payment provider keeps for itself.",
    "What the provider sent to the bank; one that fails after all posts itself back.",
    "What a bank took back; it comes back when the dispute is won, and is waived when it is lost.",
    "A line of the provider's that nothing explains, booked as it is.",
    "Money that a terminal at a station took.",
    "What a terminal took too little, or too much, and was let go.",
)


@strawberry.type(description="An amount in or out of a book.")
class LedgerLine:
    book: Book = strawberry.field(description="Which book.")
    amount: Money = strawberry.field(description="What came in (positive) or went out (negative).")


@strawberry.type(description="A fact in the books; its lines sum to zero. It is never changed.")
class LedgerPosting:
    value: strawberry.Private[values.Posting]
    id: strawberry.ID = strawberry.field(description="Its id.")
    cause: Cause = strawberry.field(description="The kind of fact.")
    turn: int = strawberry.field(description="Counts from 1: a fact that changes posts the difference.")
    at: datetime = strawberry.field(description="When the fact was written.")
    lines: list[LedgerLine] = strawberry.field(description="What it moved.")

    @classmethod
    def of(cls, value: values.Posting) -> "LedgerPosting":
        return cls(
            value=value,
            id=ids.shown(Prefix.POSTING, value.uuid),
            cause=value.cause,
            turn=value.turn,
            at=value.at,
            lines=[
                LedgerLine(book=line.book, amount=Money(amount_minor=Long(line.amount_minor), currency=value.currency))
                for line in value.lines
            ],
        )

    @resolved("Of which session; null for a prepaid balance's own, and without sessions:read.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        from schema.session import Session  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)


@strawberry.type(description="What is in a book.")
class LedgerBalance:
    book: Book = strawberry.field(description="Which book.")
    amount: Money = strawberry.field(description="What the postings chosen leave in it.")


@strawberry.type(description="The books in a time.")
class Ledger:
    wanted: strawberry.Private[LedgerFilter]

    @resolved("Books by currency; all books of a currency sum to zero.")
    async def balances(self, info: Info) -> list[LedgerBalance]:
        context = info.context
        found = await ledger.balances(scope=context.scope, database=context.database, filter=self.wanted)
        return [
            LedgerBalance(book=one.book, amount=Money(amount_minor=Long(one.amount_minor), currency=one.currency))
            for one in found
        ]

    @resolved("What was posted, newest first.")
    async def postings(self, info: Info, first: First = 50, after: After = None) -> Connection[LedgerPosting]:
        context = info.context
        return await connection(
            context,
            binding=f"ledger:{self.wanted!r}",
            first=first,
            after=after,
            read=lambda page: ledger.postings(
                scope=context.scope, database=context.database, filter=self.wanted, page=page
            ),
            show=LedgerPosting.of,
        )


@strawberry.type(description="Reading the books.")
class LedgerQuery:
    @resolved("The books of a time, or of all times. Needs payments:read and access to every location.")
    def ledger(
        self,
        period: Annotated[TimeRange | None, strawberry.argument(description="Posted then.")] = None,
        book: Annotated[Book | None, strawberry.argument(description="Only what touches this book.")] = None,
        session_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Only of these sessions.")
        ] = None,
    ) -> Ledger:
        sessions = ids.read_all(Prefix.SESSION, session_ids, "sessionIds")
        return Ledger(wanted=LedgerFilter(time_range(period), book, sessions))
