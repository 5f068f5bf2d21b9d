"""Documents ordered by people, and what an operator says of itself and of money for them."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from app.domain import document as values
from app.domain.filter import TimeRange as Period
from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.tax import OwnRate
from app.operations import fiscal, papers
from schema import ids
from schema.context import Info
from schema.document import Document, ExchangeRate, Seller, TaxRateSet
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.filter import TimeRange, time_range
from schema.mutations import OptionsArgument
from schema.payloads import outcome
from schema.scalars import Long

_ERRORS = "Why it was not done; empty when it was."


@strawberry.input(description="Who buys.")
class PartyInput:
    name: str = strawberry.field(description="Person or company.")
    address: str = strawberry.field(description="Street and number.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 alpha-2, such as DE.")
    postal_code: str | None = strawberry.field(default=None, description="Postal code.")
    vat_number: str | None = strawberry.field(default=None, description="With its country, such as NL123456789B01.")
    email: str | None = strawberry.field(default=None, description="Where documents are sent to.")
    taxable_dealer: bool = strawberry.field(
        default=False, description="Whether electricity is bought to be sold on, as a partner does."
    )

    def value(self) -> values.Party:
        return values.Party(**{name: getattr(self, name) for name in values.Party.__dataclass_fields__})


@strawberry.input(description="Who sells, as the law wants it on every document.")
class LegalInput:
    name: str = strawberry.field(description="The legal name.")
    address: str = strawberry.field(description="Street and number.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 alpha-2, such as DE.")
    postal_code: str | None = strawberry.field(default=None, description="Postal code.")
    vat_number: str | None = strawberry.field(default=None, description="With its country; this or the tax number.")
    tax_number: str | None = strawberry.field(default=None, description="The tax office's number.")
    register: str | None = strawberry.field(default=None, description="Where the company is registered, and how.")
    footer: str | None = strawberry.field(default=None, description="What stands at the foot of every page.")
    iban: str | None = strawberry.field(default=None, description="The bank account.")
    bic: str | None = strawberry.field(default=None, description="Its bank.")
    email: str | None = strawberry.field(default=None, description="Whom to ask.")

    def value(self) -> values.Seller:
        return values.Seller(**{name: getattr(self, name) for name in values.Seller.__dataclass_fields__})


@strawberry.type(description="A document that was issued.")
class DocumentPayload:
    document: Document | None = strawberry.field(default=None, description="As issued.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)

    @classmethod
    def of(cls, made: values.Document | Refusal) -> "DocumentPayload":
        return cls(errors=[user_error(made)]) if isinstance(made, Refusal) else cls(document=Document.of(made))


@strawberry.type(description="Who sells, as it was set.")
class LegalPayload:
    legal: Seller | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A tax rate that was set.")
class TaxRatePayload:
    tax_rate: TaxRateSet | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="An exchange rate that was set.")
class ExchangeRatePayload:
    exchange_rate: ExchangeRate | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


def _period(given: TimeRange) -> Period:
    found = time_range(given)
    if found is None or found.start is None or found.end is None:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, "A period has a beginning and an end.", ("period",)))
    return found


@strawberry.type(description="Issuing documents.")
class DocumentMutation:
    @mutation(
        "Issues one invoice for sessions that nobody has billed yet. What the buyer owes the tax of (a reverse charge, "
        "by the VAT numbers of both) is billed without it. Needs payments:write, for an account also drivers:read."
    )
    async def invoice_create(
        self,
        info: Info,
        *,
        options: OptionsArgument,
        buyer: Annotated[
            PartyInput | None, strawberry.argument(description="Who pays; the account's own data by default.")
        ] = None,
        session_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="For these sessions.")
        ] = None,
        cdr_ids: Annotated[list[strawberry.ID] | None, strawberry.argument(description="For these records.")] = None,
        discount_minor: Annotated[
            Long | None, strawberry.argument(description="What is let off, tax included, in minor units.")
        ] = None,
        account_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="For all of this account that nobody has billed.")
        ] = None,
        period: Annotated[
            TimeRange | None, strawberry.argument(description="With an account: settled from then, and before then.")
        ] = None,
    ) -> DocumentPayload:
        context = info.context

        async def made() -> values.Document | Refusal:
            draft = papers.InvoiceDraft(
                None if buyer is None else buyer.value(),
                tuple(ids.read(Prefix.SESSION, one, "sessionIds") for one in session_ids or ()),
                tuple(ids.read(Prefix.CDR, one, "cdrIds") for one in cdr_ids or ()),
                0 if discount_minor is None else int(discount_minor),
                ids.read_optional(Prefix.ACCOUNT, account_id, "accountId"),
                None if period is None else _period(period),
            )
            return await papers.create_invoice(
                scope=context.scope, desk=context.house.desk, draft=draft, options=options.value()
            )

        return DocumentPayload.of(await outcome(made))

    @mutation("Issues a fleet's statement: what was settled in a period, by cost centre. Needs payments:write.")
    async def statement_create(
        self,
        info: Info,
        *,
        period: Annotated[TimeRange, strawberry.argument(description="Settled from then, and before then.")],
        options: OptionsArgument,
        token_group_ids: Annotated[
            list[str] | None, strawberry.argument(description="Of these groups of tokens; of all by default.")
        ] = None,
        buyer: Annotated[PartyInput | None, strawberry.argument(description="Whom it is for.")] = None,
        account_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of this account alone; needs drivers:read.")
        ] = None,
    ) -> DocumentPayload:
        context = info.context

        async def made() -> values.Document | Refusal:
            wanted = _period(period)
            assert wanted.start is not None
            assert wanted.end is not None
            groups = None if token_group_ids is None else tuple(token_group_ids)
            return await papers.create_statement(
                scope=context.scope,
                desk=context.house.desk,
                draft=papers.StatementDraft(
                    wanted.start,
                    wanted.end,
                    groups,
                    None if buyer is None else buyer.value(),
                    ids.read_optional(Prefix.ACCOUNT, account_id, "accountId"),
                ),
                options=options.value(),
            )

        return DocumentPayload.of(await outcome(made))

    @mutation(
        "Says who sells, on every document from now on; documents that waited for it are issued. Needs access:write."
    )
    async def operator_legal_set(
        self, info: Info, input: Annotated[LegalInput, strawberry.argument(description="All of it, anew.")]
    ) -> LegalPayload:
        context = info.context
        made = await outcome(
            lambda: fiscal.set_legal(scope=context.scope, desk=context.house.desk, seller=input.value())
        )
        return (
            LegalPayload(errors=[user_error(made)])
            if isinstance(made, Refusal)
            else LegalPayload(legal=Seller.of(made))
        )

    @mutation("Sets a place's standard rate of tax from a day on; it wins over the known ones. Needs tariffs:write.")
    async def tax_rate_set(
        self,
        info: Info,
        *,
        country: Annotated[str, strawberry.argument(description="ISO 3166 alpha-2; XI is Northern Ireland.")],
        percent: Annotated[Decimal, strawberry.argument(description="The rate.")],
        valid_from: Annotated[date, strawberry.argument(description="From which day on.")],
        region: Annotated[
            str | None, strawberry.argument(description="Such as CANARIES; the rest of the country by default.")
        ] = None,
        name: Annotated[str, strawberry.argument(description="What the tax is called.")] = "VAT",
    ) -> TaxRatePayload:
        context = info.context
        rate = OwnRate(country, region, name, percent, valid_from)
        made = await outcome(lambda: fiscal.set_tax_rate(scope=context.scope, desk=context.house.desk, rate=rate))
        if isinstance(made, Refusal):
            return TaxRatePayload(errors=[user_error(made)])
        return TaxRatePayload(tax_rate=TaxRateSet.of(made))

    @mutation(
        "Says what one of a currency is worth in the operator's own from a day on, for the tax on documents; what a "
        "card is charged is never converted. Needs payments:write."
    )
    async def exchange_rate_set(
        self,
        info: Info,
        currency: Annotated[str, strawberry.argument(description="Of which currency, ISO 4217.")],
        rate: Annotated[Decimal, strawberry.argument(description="What one is worth.")],
        day: Annotated[date, strawberry.argument(description="From which day on.")],
    ) -> ExchangeRatePayload:
        context = info.context
        made = await outcome(
            lambda: fiscal.set_exchange_rate(
                scope=context.scope, desk=context.house.desk, currency=currency, rate=rate, day=day
            )
        )
        if isinstance(made, Refusal):
            return ExchangeRatePayload(errors=[user_error(made)])
        return ExchangeRatePayload(exchange_rate=ExchangeRate.of(made))
