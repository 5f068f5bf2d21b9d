"""Vouchers: codes that make a charge cheaper."""

from datetime import datetime

import strawberry

from app.domain import voucher as values
from app.domain.ids import Prefix
from app.domain.voucher import VoucherKind
from app.queries import vouchers
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.location import Location
from schema.scalars import Long

described(
    VoucherKind,
    "What a voucher is worth.",
    "Minor units of its currency.",
    "Percent of the price.",
    "Wh, the first of the session, that cost nothing.",
)


@strawberry.type(description="A code that makes a charge cheaper; it is taken off before tax.")
class Voucher:
    value: strawberry.Private[values.Voucher]
    id: strawberry.ID = strawberry.field(description="Its id.")
    code: str = strawberry.field(description="What drivers type; case does not matter.")
    kind: VoucherKind = strawberry.field(description="What worth counts.")
    worth: Long = strawberry.field(description="How much it takes off at most.")
    currency: str | None = strawberry.field(description="Of an AMOUNT (ISO 4217).")
    valid_from: datetime = strawberry.field(description="From when on it counts.")
    valid_until: datetime | None = strawberry.field(description="Until when; null: no end.")
    uses_max: Long | None = strawberry.field(description="How often in all; null: no limit.")
    uses_each_max: Long | None = strawberry.field(description="How often for one payer; null: no limit.")
    uses: Long = strawberry.field(description="How often it is used up; given back when nothing was charged.")
    retired_at: datetime | None = strawberry.field(description="When it was taken away.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, value: values.Voucher) -> "Voucher":
        return cls(
            value=value,
            id=ids.shown(Prefix.VOUCHER, value.uuid),
            code=value.code,
            kind=value.kind,
            worth=Long(value.worth),
            currency=value.currency,
            valid_from=value.valid_from,
            valid_until=value.valid_until,
            uses_max=None if value.uses_max is None else Long(value.uses_max),
            uses_each_max=None if value.uses_each_max is None else Long(value.uses_each_max),
            uses=Long(value.uses),
            retired_at=value.retired_at,
            created_at=value.created_at,
        )

    @resolved("Where it counts; null: everywhere. Needs network:read.")
    async def locations(self, info: Info) -> list[Location] | None:
        if self.value.location_keys is None:
            return None
        found = await info.context.loaders.location.load_many(self.value.location_keys)
        return [Location.of(one) for one in found if one is not None]


@strawberry.type(description="Vouchers.")
class VoucherQuery:
    @resolved("Vouchers, those in force first, at most 500. Needs payments:read.")
    async def vouchers(self, info: Info) -> list[Voucher]:
        context = info.context
        found = await vouchers.listed(scope=context.scope, database=context.database)
        return [Voucher.of(one) for one in found]
