"""What people say when they set prices: OCPI's tariff, typed; the domain checks what it means."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from app.domain.restriction import Restriction
from app.domain.tariff import Dimension
from app.domain.tariff_form import restriction_json
from app.operations.tariffs import TariffDraft
from schema import enums
from schema.requests.inputs import input_type, reader
from schema.scalars import Long

assert enums  # publishes the enums that follow
RestrictionInput = input_type(Restriction)
_restriction = reader(Restriction)


@strawberry.input(description="A tax on a price; several stand beside one another.")
class TaxInput:
    name: str = strawberry.field(description="Its name, at most 36 characters.")
    percent: Decimal = strawberry.field(description="Its rate, 0 to 100.")


@strawberry.input(description="One price. A price states vatPercent, taxes or neither.")
class PriceComponentInput:
    type: Dimension = strawberry.field(description="What is priced.")
    price: Decimal = strawberry.field(description="In major units per kWh, hour or session, at most four decimals.")
    step_size: int = strawberry.field(default=1, description="Billed in steps of so many Wh or seconds.")
    vat_percent: Decimal | None = strawberry.field(default=None, description="VAT; null: none stated.")
    taxes: list[TaxInput] = strawberry.field(default_factory=list, description="Taxes, where VAT is not the one.")

    def json(self) -> dict[str, Any]:
        return {
            "type": self.type.value,
            "price": str(self.price),
            "stepSize": self.step_size,
            "vatPercent": None if self.vat_percent is None else str(self.vat_percent),
            "taxes": [{"name": tax.name, "percent": str(tax.percent)} for tax in self.taxes],
        }


@strawberry.input(description="Prices that apply together; the first element that applies wins, for each dimension.")
class TariffElementInput:
    components: list[PriceComponentInput] = strawberry.field(description="The prices.")
    restrictions: RestrictionInput | None = strawberry.field(  # type: ignore[valid-type]
        default=None, description="When they apply; null: always."
    )

    def json(self) -> dict[str, Any]:
        said = None if self.restrictions is None else restriction_json(_restriction(self.restrictions))
        return {"components": [component.json() for component in self.components], "restrictions": said}


@strawberry.input(description="A session's least or greatest cost; both limits hold, each on its own.")
class PriceLimitInput:
    before_taxes: Decimal | None = strawberry.field(default=None, description="In major units, without taxes.")
    after_taxes: Decimal | None = strawberry.field(default=None, description="In major units, with taxes.")

    def json(self) -> dict[str, Any]:
        values = {"beforeTaxes": self.before_taxes, "afterTaxes": self.after_taxes}
        return {name: None if value is None else str(value) for name, value in values.items()}


@strawberry.input(description="A tariff version.")
class TariffInput:
    code: str = strawberry.field(description="What its versions share.")
    currency: str = strawberry.field(description="ISO 4217; the operator's.")
    tax_included: bool = strawberry.field(description="Whether its prices include taxes.")
    elements: list[TariffElementInput] = strawberry.field(description="Its prices, in the order they are looked at.")
    min_price: PriceLimitInput | None = strawberry.field(default=None, description="What a session costs at least.")
    max_price: PriceLimitInput | None = strawberry.field(default=None, description="What a session costs at most.")
    holidays: list[date] = strawberry.field(default_factory=list, description="The days that are public holidays.")
    hold_amount_minor: Long | None = strawberry.field(default=None, description="What to hold on a card, minor units.")
    valid_from: datetime | None = strawberry.field(default=None, description="Proposal for publishing.")

    def value(self) -> TariffDraft:
        return TariffDraft(
            code=self.code,
            currency=self.currency,
            tax_included=self.tax_included,
            elements=[element.json() for element in self.elements],
            hold_amount_minor=self.hold_amount_minor,
            valid_from=self.valid_from,
            min_price=None if self.min_price is None else self.min_price.json(),
            max_price=None if self.max_price is None else self.max_price.json(),
            holidays=[day.isoformat() for day in self.holidays],
        )
