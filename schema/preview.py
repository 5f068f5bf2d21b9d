"""Trying a tariff on past sessions before it is published."""

from typing import Annotated

import strawberry

from app.domain import filter as values
from app.domain.ids import Prefix
from app.queries import previews
from schema import ids
from schema.context import Info
from schema.field import resolved
from schema.filter import SessionFilter
from schema.overview import Money
from schema.page import After, Connection, First, connection
from schema.scalars import Long
from schema.session import Session

TariffId = Annotated[strawberry.ID, strawberry.argument(description="Which version; a draft, too.")]
Sessions = Annotated[
    SessionFilter | None, strawberry.argument(description="Which sessions; those that are over by default.")
]


def _money(minor: int, currency: str) -> Money:
    return Money(amount_minor=Long(minor), currency=currency)


@strawberry.type(description="A past session by another tariff.")
class TariffPreview:
    session: Session = strawberry.field(description="The session.")
    before: Money | None = strawberry.field(description="What it cost; null without a price in the tariff's currency.")
    after: Money = strawberry.field(description="What it would have cost.")
    difference: Money | None = strawberry.field(description="By how much more; negative when it is less.")

    @classmethod
    def of(cls, value: previews.Preview) -> "TariffPreview":
        before, currency = value.before_minor, value.currency
        return cls(
            session=Session.of(value.session),
            before=None if before is None else _money(before, currency),
            after=_money(value.after_minor, currency),
            difference=None if before is None else _money(value.after_minor - before, currency),
        )


@strawberry.type(description="Past sessions by another tariff, in sum.")
class TariffPreviewTotal:
    sessions: int = strawberry.field(description="How many were summed.")
    others: int = strawberry.field(description="How many were not: they had no price, or one in another currency.")
    before: Money = strawberry.field(description="What they cost.")
    after: Money = strawberry.field(description="What they would have cost.")
    difference: Money = strawberry.field(description="By how much more; negative when it is less.")


@strawberry.type(description="Trying a tariff.")
class PreviewQuery:
    @resolved("What past sessions would have cost, newest first. Needs sessions:read and tariffs:read.")
    async def tariff_preview(
        self, info: Info, tariff_id: TariffId, filter: Sessions = None, first: First = 50, after: After = None
    ) -> Connection[TariffPreview]:
        context = info.context
        wanted = values.SessionFilter() if filter is None else filter.value()
        uuid, at = ids.read(Prefix.TARIFF, tariff_id, "tariffId"), context.house.desk.now()
        return await connection(
            context,
            binding=f"tariffPreview:{uuid}:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: previews.page(
                scope=context.scope, database=context.database, tariff_id=uuid, filter=wanted, request=page, at=at
            ),
            show=TariffPreview.of,
        )

    @resolved("The same in sum, over at most 2,000 sessions. Needs sessions:read and tariffs:read.")
    async def tariff_preview_total(
        self, info: Info, tariff_id: TariffId, filter: Sessions = None
    ) -> TariffPreviewTotal:
        context = info.context
        found = await previews.total(
            scope=context.scope,
            database=context.database,
            tariff_id=ids.read(Prefix.TARIFF, tariff_id, "tariffId"),
            filter=values.SessionFilter() if filter is None else filter.value(),
            at=context.house.desk.now(),
        )
        return TariffPreviewTotal(
            sessions=found.sessions,
            others=found.others,
            before=_money(found.before_minor, found.currency),
            after=_money(found.after_minor, found.currency),
            difference=_money(found.after_minor - found.before_minor, found.currency),
        )
