"""Charge detail records."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import cdr as values
from app.domain import filter as filters
from app.domain.cdr import CdrReason
from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.queries import cdrs
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.filter import TimeRange, read_ids, time_range
from schema.page import After, Connection, First, Node, connection
from schema.scalars import Long
from schema.tariff import CostLine, Price, Tariff, cost_line, price_of

if TYPE_CHECKING:
    from schema.session import Session

described(
    CdrReason,
    "Why a charge detail record was written.",
    "The session was settled.",
    "The charger told more after the session was settled.",
    "A person billed it anew.",
    "It takes another one back.",
)


@strawberry.type(description="What a settled session cost: never changed, but credited and written anew.")
class Cdr(Node):
    value: strawberry.Private[values.Cdr]
    revision: int = strawberry.field(description="Counts within the session; a credit has that of its record.")
    reason: CdrReason = strawberry.field(description="Why it was written.")
    note: str | None = strawberry.field(description="Why, as a person said.")
    credit: bool = strawberry.field(description="Whether it takes another one back: then its totals are negative.")
    price: Price = strawberry.field(description="What it says the session cost.")
    lines: list[CostLine] = strawberry.field(description="Why; a credit repeats those of the record it takes back.")
    energy_wh: Long = strawberry.field(description="Energy, in Wh.")
    energy_said: bool = strawberry.field(description="Whether a person gave the energy, instead of the meter.")
    started_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime = strawberry.field(description="When it ended.")
    issued_at: datetime = strawberry.field(description="When it was written.")

    @classmethod
    def of(cls, value: values.Cdr) -> "Cdr":
        return cls(
            value=value,
            id=ids.shown(Prefix.CDR, value.uuid),
            revision=value.revision,
            reason=value.reason,
            note=value.note,
            credit=value.credit,
            price=price_of(value.currency, value.before_taxes_minor, value.tax_minor, value.total_minor),
            lines=[cost_line(line, value.currency) for line in value.lines],
            energy_wh=Long(value.energy_wh),
            energy_said=value.energy_said,
            started_at=value.started_at,
            ended_at=value.ended_at,
            issued_at=value.issued_at,
        )

    @resolved("Of which session.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        from schema.session import Session  # noqa: PLC0415 - a lazy type for a lazy cycle

        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)

    @resolved("By which tariff version; null without tariffs:read.")
    async def tariff(self, info: Info) -> Tariff | None:
        if not info.context.may(Permission.TARIFFS_READ):
            return None
        found = await info.context.loaders.tariff.load(self.value.tariff_key)
        return None if found is None else Tariff.of(found)

    @resolved("The record that it takes back.")
    async def credit_of(self, info: Info) -> Annotated["Cdr", strawberry.lazy("schema.cdr")] | None:
        if self.value.credit_of is None:
            return None
        found = await info.context.loaders.cdr.load(self.value.credit_of)
        return None if found is None else Cdr.of(found)


@strawberry.input(description="Which records.")
class CdrFilter:
    session_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of these sessions.")
    location_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At these locations.")
    issued_at: TimeRange | None = strawberry.field(default=None, description="Written then.")
    standing: bool | None = strawberry.field(
        default=None, description="Only those that count now (true), or only credits and what they took back (false)."
    )

    def value(self) -> filters.CdrFilter:
        return filters.CdrFilter(
            session_ids=read_ids(Prefix.SESSION, self.session_ids, "sessionIds"),
            location_ids=read_ids(Prefix.LOCATION, self.location_ids, "locationIds"),
            issued_at=time_range(self.issued_at),
            standing=self.standing,
        )


@strawberry.type(description="Looking for records.")
class CdrQuery:
    @resolved("Charge detail records with their credits, newest first. Needs sessions:read.")
    async def cdrs(
        self,
        info: Info,
        filter: Annotated[CdrFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Cdr]:
        context = info.context
        wanted = filters.CdrFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"cdrs:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: cdrs.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Cdr.of,
        )


@strawberry.type(description="What a session's bill says.")
class SessionCdrFields:
    @resolved("The record that counts now; null before it is settled, and where no tariff applied.")
    async def cdr(self, info: Info) -> Cdr | None:
        found = await info.context.loaders.session_cdr.load(self.value.key)  # type: ignore[attr-defined]
        return None if found is None else Cdr.of(found)
