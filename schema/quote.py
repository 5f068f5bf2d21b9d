"""Prices that are shown before charging."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.operations import ad_hoc, own_charges, quotes
from app.operations.quotes import Quoted, QuoteDraft
from schema import ids
from schema.context import Info
from schema.field import resolved
from schema.overview import Money
from schema.scalars import Long
from schema.tariff import CostLine, Price, Tariff, cost_line, price_of
from schema.visitor import GUESS, guess, visit


@strawberry.type(description="A price that was shown and that binds us: a session that names it pays by its tariff.")
class Quote:
    id: strawberry.ID = strawberry.field(description="To name when the session is started.")
    tariff: Tariff = strawberry.field(description="The version that a session with this quote pays.")
    price: Price = strawberry.field(description="What so much energy in so much time costs.")
    lines: list[CostLine] = strawberry.field(description="Why, in the legal order.")
    energy_wh: Long = strawberry.field(description="How much energy was priced, in Wh.")
    minutes: int = strawberry.field(description="How long at the plug was priced.")
    starts_at: datetime = strawberry.field(description="The beginning that was priced.")
    hold_amount: Money = strawberry.field(description="What is held on a card.")
    valid_until: datetime = strawberry.field(description="Until when it can be named.")

    @classmethod
    def of(cls, value: Quoted) -> "Quote":
        quote, price = value.quote, value.price
        return cls(
            id=ids.shown(Prefix.QUOTE, quote.uuid),
            tariff=Tariff.of(quote.tariff),
            price=price_of(price.currency, price.before_taxes_minor, price.tax_minor, price.total_minor),
            lines=[cost_line(line, price.currency) for line in price.lines],
            energy_wh=Long(quote.wish.energy_wh),
            minutes=quote.wish.minutes,
            starts_at=quote.wish.starts_at,
            hold_amount=Money(amount_minor=Long(quote.hold_minor), currency=price.currency),
            valid_until=quote.valid_until,
        )


@strawberry.type(description="Asking for a price.")
class QuoteQuery:
    @resolved(
        "What charging at an EVSE would cost, promised for a quarter of an hour. Needs tariffs:read, "
        "or a driver's token for their own; "
        "without a token for a published EVSE and no token's price."
    )
    async def quote(
        self,
        info: Info,
        evse_id: Annotated[strawberry.ID, strawberry.argument(description="Where.")],
        token_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Whose price: groups of tokens may have their own.")
        ] = None,
        energy_wh: Annotated[
            Long | None, strawberry.argument(description="How much energy, in Wh; 20,000 by default.")
        ] = None,
        minutes: Annotated[
            int | None,
            strawberry.argument(description="How long at the plug; by default as long as charging takes."),
        ] = None,
        start_at: Annotated[datetime | None, strawberry.argument(description="When; now by default.")] = None,
        voucher_code: Annotated[
            str | None, strawberry.argument(description="A voucher that makes it cheaper; paid with a card then.")
        ] = None,
    ) -> Quote:
        context = info.context
        draft = QuoteDraft(
            evse_id=ids.read(Prefix.EVSE, evse_id, "evseId"),
            token_id=ids.read_optional(Prefix.TOKEN, token_id, "tokenId"),
            energy_wh=None if energy_wh is None else int(energy_wh),
            minutes=minutes,
            start_at=start_at,
            voucher=voucher_code,
        )
        if context.caller is None:
            visit(context, 1 if voucher_code is None else GUESS)
            return Quote.of(await ad_hoc.quote(desk=context.house.desk, draft=draft))
        if context.scope.driver_key is not None and voucher_code is not None:
            guess(context, context.caller.caller)
        make = quotes.make if context.scope.driver_key is None else own_charges.quote
        return Quote.of(await make(scope=context.scope, desk=context.house.desk, draft=draft))
