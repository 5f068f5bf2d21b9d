"""Tariffs and what a session costs by them."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import pricing, settlement
from app.domain import tariff as values
from app.domain.ids import Prefix
from app.domain.pricing import LineKind, SessionRecord
from app.domain.pricing.rule import conditions
from app.domain.scope import Permission
from app.domain.tariff import Dimension, TariffState
from app.domain.tariff_form import restriction_json
from schema import ids
from schema.context import Info
from schema.field import resolved
from schema.location import Location
from schema.overview import Money
from schema.page import Node
from schema.price_sign import PriceLine, price_sign
from schema.scalars import JSON, Long

if TYPE_CHECKING:
    from app.domain.session import Session as SessionValue
    from schema.station import Evse


@strawberry.type(description="A tax on a price.")
class TaxRate:
    name: str = strawberry.field(description="Its name, such as VAT.")
    percent: Decimal = strawberry.field(description="Its rate.")


@strawberry.type(description="One price of a tariff.")
class PriceComponent:
    type: Dimension = strawberry.field(description="What is priced.")
    price: Decimal = strawberry.field(description="In major units per kWh, hour or session.")
    vat_percent: Decimal | None = strawberry.field(description="All taxes in percent; null: none stated.")
    step_size: int = strawberry.field(description="Billed in steps of so many Wh or seconds.")
    taxes: list[TaxRate] = strawberry.field(description="The taxes one by one.")


@strawberry.type(description="Prices that apply together.")
class TariffElement:
    components: list[PriceComponent] = strawberry.field(description="The prices.")
    restrictions: JSON | None = strawberry.field(description="When they apply, as OCPI spells it; null: always.")
    condition: str | None = strawberry.field(description="The same in words.")


@strawberry.type(description="A session's least or greatest cost, in major units.")
class PriceLimit:
    before_taxes: Decimal | None = strawberry.field(description="Without taxes.")
    after_taxes: Decimal | None = strawberry.field(description="With taxes.")

    @classmethod
    def of(cls, value: values.PriceLimit | None) -> "PriceLimit | None":
        return None if value is None else cls(before_taxes=value.before_taxes, after_taxes=value.after_taxes)


@strawberry.type(description="Where a tariff applies.")
class TariffAssignment:
    value: strawberry.Private[values.TariffAssignment]
    tariff_code: str = strawberry.field(description="Whose versions apply.")
    token_group_id: str | None = strawberry.field(description="Only for tokens of this group; null: for all.")
    from_: datetime = strawberry.field(name="from", description="Since when.")
    id: strawberry.ID = strawberry.field(description="For tariffUnassign.")
    until: datetime | None = strawberry.field(description="Until when, exclusive; null: it goes on.")

    @resolved("At this location; null: everywhere.")
    async def location(self, info: Info) -> Location | None:
        if self.value.location_key is None:
            return None
        found = await info.context.loaders.location.load(self.value.location_key)
        return None if found is None else Location.of(found)

    @resolved("Whether it applies to one EVSE only.")
    def for_one_evse(self) -> bool:
        return self.value.evse_key is not None

    @resolved("At this EVSE only; null: at every one of the location, or without network:read.")
    async def evse(self, info: Info) -> Annotated["Evse", strawberry.lazy("schema.station")] | None:
        from schema.station import Evse  # noqa: PLC0415 - EVSEs know their tariff, too

        key = self.value.evse_key
        if key is None or not info.context.may(Permission.NETWORK_READ):
            return None
        owner = await info.context.loaders.evse_owner.load(key)
        return None if owner is None else next(Evse.of(one, owner) for one in owner.evses if one.key == key)


@strawberry.type(description="One version of a tariff; immutable once published.")
class Tariff(Node):
    value: strawberry.Private[values.Tariff]
    code: str = strawberry.field(description="What its versions share.")
    version_number: int = strawberry.field(description="1, 2, 3 … of the code.")
    state: TariffState = strawberry.field(description="Draft, published or retired.")
    currency: str = strawberry.field(description="ISO 4217.")
    tax_included: bool = strawberry.field(description="Whether its prices include VAT.")
    valid_from: datetime | None = strawberry.field(description="Since when sessions pay it; a draft's proposal.")
    retired_at: datetime | None = strawberry.field(description="Since when no session begins with it.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Tariff) -> "Tariff":
        return cls(
            value=value,
            id=ids.shown(Prefix.TARIFF, value.uuid),
            code=value.code,
            version_number=value.version_number,
            state=value.state,
            currency=value.currency,
            tax_included=value.tax_included,
            valid_from=value.valid_from,
            retired_at=value.retired_at,
            version=Long(value.version),
        )

    @resolved("Its prices.")
    def elements(self) -> list[TariffElement]:
        return [_element(element) for element in self.value.elements]

    @resolved("What a session costs at least.")
    def min_price(self) -> PriceLimit | None:
        return PriceLimit.of(self.value.min_price)

    @resolved("What a session costs at most.")
    def max_price(self) -> PriceLimit | None:
        return PriceLimit.of(self.value.max_price)

    @resolved("The days that it takes for public holidays.")
    def holidays(self) -> list[date]:
        return sorted(self.value.holidays)

    @resolved("What to hold on a card before a session.")
    def hold_amount(self) -> Money | None:
        minor = self.value.hold_amount_minor
        return None if minor is None else Money(amount_minor=Long(minor), currency=self.value.currency)

    @resolved("The price sign, taxes included, in the legal order.")
    def display(
        self,
        locale: Annotated[
            str | None, strawberry.argument(description="The reader's language: en, de, fr or nl; English by default.")
        ] = None,
    ) -> list[PriceLine]:
        return price_sign(self.value, locale)

    @resolved("Where its code is assigned. Needs tariffs:read.")
    async def assignments(self, info: Info) -> list[TariffAssignment]:
        found = await info.context.loaders.assignments.load(self.value.code) or []
        return [
            TariffAssignment(
                value=one,
                tariff_code=one.code,
                token_group_id=one.token_group_id,
                from_=one.valid_from,
                id=ids.shown(Prefix.TARIFF_ASSIGNMENT, one.uuid),
                until=one.valid_until,
            )
            for one in found
            if one.uuid is not None
        ]


def _element(element: values.TariffElement) -> TariffElement:
    return TariffElement(
        components=[
            PriceComponent(
                type=part.type,
                price=part.price,
                vat_percent=part.tax_percent,
                step_size=part.step_size,
                taxes=[TaxRate(name=tax.name, percent=tax.percent) for tax in part.taxes],
            )
            for part in element.components
        ],
        restrictions=None if element.restriction.is_none else JSON(restriction_json(element.restriction)),
        condition=conditions(element.restriction) or None,
    )


@strawberry.type(description="What something costs.")
class Price:
    before_taxes: Money = strawberry.field(description="Without taxes.")
    taxes: Money = strawberry.field(description="The taxes.")
    total: Money = strawberry.field(description="With taxes.")


@strawberry.type(description="One tax's part of an amount.")
class Tax:
    name: str = strawberry.field(description="Its name, such as VAT.")
    percent: Decimal = strawberry.field(description="Its rate.")
    amount: Money = strawberry.field(description="The part.")


@strawberry.type(description="One component's share, explained.")
class CostLine:
    dimension: LineKind = strawberry.field(description="What is priced.")
    quantity: Decimal = strawberry.field(description="How much is billed, steps included.")
    unit: str = strawberry.field(description="Of what.")
    unit_price: Decimal = strawberry.field(description="In major units per unit.")
    vat_percent: Decimal | None = strawberry.field(description="All taxes in percent; null: none stated.")
    amount: Price = strawberry.field(description="The share; all lines sum to the total.")
    taxes: list[Tax] = strawberry.field(description="The taxes one by one; they sum to the amount's.")
    element: int | None = strawberry.field(description="Which element of the tariff, from 0; null: all of it.")
    rule: str = strawberry.field(description="In words: version, element, price, when it applies, how it was rounded.")
    from_: datetime | None = strawberry.field(name="from", description="Since when.")
    to: datetime | None = strawberry.field(description="Until when.")
    first_reading_at: datetime | None = strawberry.field(description="The first reading that proves it.")
    last_reading_at: datetime | None = strawberry.field(description="The last reading that proves it.")


def price_of(currency: str, net: int, tax: int, total: int) -> Price:
    return Price(
        before_taxes=Money(amount_minor=Long(net), currency=currency),
        taxes=Money(amount_minor=Long(tax), currency=currency),
        total=Money(amount_minor=Long(total), currency=currency),
    )


@strawberry.type(description="A session's cost by the one pricing function, explained to the cent.")
class Cost:
    price: Price = strawberry.field(description="What it costs.")
    lines: list[CostLine] = strawberry.field(description="Why, in the legal order.")
    as_of: datetime = strawberry.field(description="The reading or moment it is computed to.")
    final: bool = strawberry.field(description="Whether it is settled.")
    tariff: Tariff = strawberry.field(description="The version pinned when the session began.")

    @classmethod
    def of(cls, session: "SessionValue", tariff: values.Tariff, record: SessionRecord, at: datetime) -> "Cost | None":
        """None before the session has begun, or the EVSE was kept for it."""
        found = settlement.priced(session, tariff, record, at=at)
        if found is None or (session.started_at is None and session.reserved_at is None):
            return None
        return cls(
            price=price_of(found.currency, found.before_taxes_minor, found.tax_minor, found.total_minor),
            lines=[cost_line(line, found.currency) for line in found.lines],
            as_of=session.ended_at or at,
            final=session.settled_at is not None,
            tariff=Tariff.of(tariff),
        )


def cost_line(line: pricing.CostLine, currency: str) -> CostLine:
    return CostLine(
        dimension=line.dimension,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        vat_percent=line.vat_percent,
        amount=price_of(currency, line.before_taxes_minor, line.tax_minor, line.total_minor),
        taxes=[
            Tax(
                name=tax.name, percent=tax.percent, amount=Money(amount_minor=Long(tax.amount_minor), currency=currency)
            )
            for tax in line.taxes
        ],
        element=line.element,
        rule=line.rule,
        from_=line.start,
        to=line.end,
        first_reading_at=line.first_reading_at,
        last_reading_at=line.last_reading_at,
    )
