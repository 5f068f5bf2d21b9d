"""Receipts, invoices, credit notes and statements, and what an operator says of itself and of money for them."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import document as values
from app.domain import document_link
from app.domain import filter as filters
from app.domain.document import DocumentFormat, DocumentKind
from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.domain.tax import OwnRate, TaxCategory
from app.queries import documents
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.filter import TimeRange, read_ids, time_range
from schema.overview import Money
from schema.page import After, Connection, First, Node, connection
from schema.scalars import Long, Url
from schema.tariff import Price, price_of

if TYPE_CHECKING:
    from schema.driver import Account
    from schema.session import Session

described(
    DocumentKind,
    "What kind of document it is.",
    "For who paid by card.",
    "For a company, often of many sessions.",
    "Gives back what a receipt or an invoice billed; its amounts are positive.",
    "What a fleet's sessions cost in a period. It bills nothing.",
)
described(
    DocumentFormat,
    "As which file.",
    "A page to read.",
    "A row a line, for a spreadsheet.",
    "An electronic invoice (EN 16931). Only for what names a buyer and bills or credits something.",
)
described(
    TaxCategory,
    "Which tax rule holds (EN 16931, UNTDID 5305).",
    "A rate.",
    "A rate of 0.",
    "The buyer owes the tax.",
    "Outside the scope of tax.",
)


@strawberry.type(description="Who sells, as the law wants it on a document.")
class Seller:
    name: str = strawberry.field(description="The legal name.")
    address: str = strawberry.field(description="Street and number.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    vat_number: str | None = strawberry.field(description="With its country.")
    tax_number: str | None = strawberry.field(description="The tax office's number.")
    register: str | None = strawberry.field(description="Where the company is registered, under which number.")
    footer: str | None = strawberry.field(description="What stands at the foot of every page.")
    iban: str | None = strawberry.field(description="The bank account.")
    bic: str | None = strawberry.field(description="Its bank.")
    email: str | None = strawberry.field(description="Whom to ask.")

    @classmethod
    def of(cls, value: values.Seller) -> "Seller":
        return cls(**{name: getattr(value, name) for name in values.Seller.__dataclass_fields__})


@strawberry.type(description="Who buys, as it stood when the document was issued.")
class Buyer:
    name: str = strawberry.field(description="Person or company.")
    address: str = strawberry.field(description="Street and number.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    vat_number: str | None = strawberry.field(description="With its country.")
    email: str | None = strawberry.field(description="Where it is sent to.")
    taxable_dealer: bool = strawberry.field(description="Whether electricity is bought to be sold on.")

    @classmethod
    def of(cls, value: values.Party) -> "Buyer":
        return cls(**{name: getattr(value, name) for name in values.Party.__dataclass_fields__})


@strawberry.type(description="One price of one session, or one session of a statement.")
class DocumentLine:
    text: str = strawberry.field(description="What.")
    quantity: Decimal = strawberry.field(description="How much.")
    unit: str = strawberry.field(description="Of what.")
    unit_price: Decimal | None = strawberry.field(description="As the tariff states it, in major units.")
    amount: Price = strawberry.field(description="What it costs; all lines sum to the document.")
    tax_percent: Decimal = strawberry.field(description="All its taxes together.")
    tax_category: TaxCategory = strawberry.field(description="By which tax rule.")
    rule: str = strawberry.field(description="Why it costs that, in words.")
    from_: datetime | None = strawberry.field(name="from", description="Since when.")
    to: datetime | None = strawberry.field(description="Until when.")
    first_reading_at: datetime | None = strawberry.field(description="The first reading that proves it.")
    last_reading_at: datetime | None = strawberry.field(description="The last reading that proves it.")
    cost_centre: str | None = strawberry.field(description="The group of the token that charged.")

    @classmethod
    def of(cls, line: values.DocumentLine, currency: str) -> "DocumentLine":
        return cls(
            text=line.text,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            amount=price_of(currency, line.net_minor, line.tax_minor, line.total_minor),
            tax_percent=line.percent,
            tax_category=line.category,
            rule=line.rule,
            from_=line.start,
            to=line.end,
            first_reading_at=line.first_reading_at,
            last_reading_at=line.last_reading_at,
            cost_centre=line.cost_centre,
        )


@strawberry.type(description="A document's tax at one rate.")
class DocumentTax:
    name: str = strawberry.field(description="Such as VAT.")
    percent: Decimal = strawberry.field(description="The rate.")
    category: TaxCategory = strawberry.field(description="By which rule.")
    net: Money = strawberry.field(description="On what.")
    amount: Money = strawberry.field(description="How much.")


@strawberry.type(description="The tax in the operator's own currency, on a document in another one.")
class OwnTax:
    amount: Money = strawberry.field(description="How much.")
    rate: Decimal = strawberry.field(description="What one unit of the document's currency was worth.")
    day: date = strawberry.field(description="On which day.")


@strawberry.type(description="A document with a number, never changed.")
class Document(Node):
    value: strawberry.Private[values.Document]
    kind: DocumentKind = strawberry.field(description="What kind of document.")
    number: str = strawberry.field(description="Without gaps within its kind and year.")
    issued_at: datetime = strawberry.field(description="When it was issued.")
    supply_from: datetime = strawberry.field(description="When what it is about began.")
    supply_to: datetime = strawberry.field(description="When that ended.")
    price: Price = strawberry.field(description="Its sum; a credit note's is positive.")
    lines: list[DocumentLine] = strawberry.field(description="What for, in the legal order.")
    taxes: list[DocumentTax] = strawberry.field(description="Its tax by rate; computed once on each rate's sum.")
    notes: list[str] = strawberry.field(description="What the law wants to be said, such as a reverse charge.")
    seller: Seller = strawberry.field(description="Who sells.")

    @classmethod
    def of(cls, value: values.Document) -> "Document":
        def money(amount_minor: int) -> Money:
            return Money(amount_minor=Long(amount_minor), currency=value.currency)

        return cls(
            value=value,
            id=ids.shown(Prefix.DOCUMENT, value.uuid),
            kind=value.kind,
            number=value.number,
            issued_at=value.issued_at,
            supply_from=value.supply_from,
            supply_to=value.supply_to,
            price=price_of(value.currency, value.net_minor, value.tax_minor, value.total_minor),
            lines=[DocumentLine.of(line, value.currency) for line in value.lines],
            taxes=[
                DocumentTax(
                    name=group.name,
                    percent=group.percent,
                    category=group.category,
                    net=money(group.net_minor),
                    amount=money(group.tax_minor),
                )
                for group in value.taxes
            ],
            notes=list(value.notes),
            seller=Seller.of(value.seller),
        )

    @resolved("Who buys; null for who paid by card without a name, and without payments:write.")
    def buyer(self, info: Info) -> Buyer | None:
        if self.value.buyer is None or not info.context.may(Permission.PAYMENTS_WRITE):
            return None
        return Buyer.of(self.value.buyer)

    @resolved("The tax in the operator's own currency; null when that is the document's.")
    def own_tax(self) -> OwnTax | None:
        own = self.value.own_tax
        if own is None:
            return None
        return OwnTax(amount=Money(amount_minor=Long(own.tax_minor), currency=own.currency), rate=own.rate, day=own.day)

    @resolved("What a credit note credits.")
    async def credit_of(self, info: Info) -> Annotated["Document", strawberry.lazy("schema.document")] | None:
        if self.value.credit_of is None:
            return None
        found = await info.context.loaders.document.load(self.value.credit_of)
        return None if found is None else Document.of(found)

    @resolved("The session it is about; null for several, or without sessions:read.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        from schema.session import Session  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)

    @resolved("The account it bills; null for none, or without drivers:read.")
    async def account(self, info: Info) -> Annotated["Account", strawberry.lazy("schema.driver")] | None:
        from schema.driver import Account  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.account_key is None or not info.context.may(Permission.DRIVERS_READ):
            return None
        found = await info.context.loaders.account.load(self.value.account_key)
        return None if found is None else Account.of(found)

    @resolved(
        "Where it can be fetched as a file for ten minutes, by whoever has the address; null for the XML of what names "
        "no buyer, and for a caller without payments:write where a buyer is named."
    )
    def url(
        self,
        info: Info,
        format: Annotated[DocumentFormat, strawberry.argument(description="As which file.")] = DocumentFormat.PDF,
    ) -> Url | None:
        house, value = info.context.house, self.value
        named = value.buyer is not None
        if named and not info.context.may(Permission.PAYMENTS_WRITE):
            return None
        if format is DocumentFormat.XML and (not named or value.kind is DocumentKind.STATEMENT):
            return None
        secret, desk = house.settings.secret, house.desk
        return Url(document_link.link(secret, desk.files_url, value.uuid, format, desk.now()))


@strawberry.type(description="Why a session's document is not issued yet.")
class DocumentWait:
    code: str = strawberry.field(description="LEGAL_DATA_MISSING, TAX_RATE_MISSING or EXCHANGE_RATE_MISSING.")
    message: str = strawberry.field(description="In words, with what to do.")
    since: datetime = strawberry.field(description="Since when it waits.")


@strawberry.input(description="Which documents.")
class DocumentFilter:
    kinds: list[DocumentKind] | None = strawberry.field(default=None, description="Of these kinds.")
    session_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="About one of these alone.")
    account_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of one of these accounts.")
    issued_at: TimeRange | None = strawberry.field(default=None, description="Issued then.")

    def value(self) -> filters.DocumentFilter:
        return filters.DocumentFilter(
            kinds=None if self.kinds is None else tuple(kind.value for kind in self.kinds),
            session_ids=read_ids(Prefix.SESSION, self.session_ids, "sessionIds"),
            account_ids=read_ids(Prefix.ACCOUNT, self.account_ids, "accountIds"),
            issued_at=time_range(self.issued_at),
        )


@strawberry.type(description="A place's standard rate of tax from a day on, as the operator has set it.")
class TaxRateSet:
    country: str = strawberry.field(description="ISO 3166 alpha-2; XI is Northern Ireland.")
    region: str | None = strawberry.field(description="Such as CANARIES; null: the rest of the country.")
    name: str = strawberry.field(description="Such as VAT.")
    percent: Decimal = strawberry.field(description="The rate.")
    valid_from: date = strawberry.field(description="From which day on.")

    @classmethod
    def of(cls, value: OwnRate) -> "TaxRateSet":
        return cls(
            country=value.country,
            region=value.region,
            name=value.name,
            percent=value.percent,
            valid_from=value.valid_from,
        )


@strawberry.type(description="What one of a currency is worth in the operator's own, from a day on.")
class ExchangeRate:
    currency: str = strawberry.field(description="Of which currency.")
    own_currency: str = strawberry.field(description="The operator's own.")
    rate: Decimal = strawberry.field(description="What one is worth.")
    day: date = strawberry.field(description="From which day on.")

    @classmethod
    def of(cls, value: documents.ExchangeRate) -> "ExchangeRate":
        return cls(currency=value.currency, own_currency=value.own_currency, rate=value.rate, day=value.day)


@strawberry.type(description="Looking for documents.")
class DocumentQuery:
    @resolved("Documents, newest first. Needs payments:read.")
    async def documents(
        self,
        info: Info,
        filter: Annotated[DocumentFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Document]:
        context = info.context
        wanted = filters.DocumentFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"documents:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: documents.search(
                scope=context.scope, database=context.database, filter=wanted, page=page
            ),
            show=Document.of,
        )

    @resolved("Who sells, on every document from now on; null until operatorLegalSet.")
    async def operator_legal(self, info: Info) -> Seller | None:
        found = await documents.legal(scope=info.context.scope, database=info.context.database)
        return None if found is None else Seller.of(found)

    @resolved("The tax rates that the operator has set. Needs tariffs:read.")
    async def tax_rates(self, info: Info) -> list[TaxRateSet]:
        found = await documents.tax_rates(scope=info.context.scope, database=info.context.database)
        return [TaxRateSet.of(rate) for rate in found]

    @resolved("The exchange rates that the operator has set, newest first, at most 1,000. Needs payments:read.")
    async def exchange_rates(self, info: Info) -> list[ExchangeRate]:
        found = await documents.exchange_rates(scope=info.context.scope, database=info.context.database)
        return [ExchangeRate.of(rate) for rate in found]


@strawberry.type(description="What was issued about a session.")
class SessionDocumentFields:
    @resolved("Its documents, oldest first; empty without payments:read.")
    async def documents(self, info: Info) -> list[Document]:
        if not info.context.may(Permission.PAYMENTS_READ):
            return []
        found = await info.context.loaders.session_documents.load(self.value.key)  # type: ignore[attr-defined]
        return [Document.of(one) for one in found or []]

    @resolved("Why a document of it is not issued yet; null when none waits, or without payments:read.")
    async def document_wait(self, info: Info) -> DocumentWait | None:
        if not info.context.may(Permission.PAYMENTS_READ):
            return None
        found = await info.context.loaders.document_wait.load(self.value.key)  # type: ignore[attr-defined]
        return None if found is None else DocumentWait(code=found.code, message=found.message, since=found.since)
