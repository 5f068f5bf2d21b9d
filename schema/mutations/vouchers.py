"""Making vouchers, and taking them away."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.voucher import Voucher as Value
from app.domain.voucher import VoucherKind
from app.operations import vouchers
from schema import ids
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import outcome
from schema.scalars import Long
from schema.voucher import Voucher


@strawberry.type(description="A voucher that was made or taken away.")
class VoucherPayload:
    voucher: Voucher | None = strawberry.field(default=None, description="As it is.")
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was not done; empty when it was."
    )

    @classmethod
    def of(cls, made: Value | Refusal) -> "VoucherPayload":
        return cls(errors=[user_error(made)]) if isinstance(made, Refusal) else cls(voucher=Voucher.of(made))


def _number(said: Long | None) -> int | None:
    return None if said is None else int(said)


@strawberry.type(description="Vouchers.")
class VoucherMutation:
    @mutation("Makes a voucher. Needs payments:write and tariffs:write at all locations.")
    async def voucher_create(
        self,
        info: Info,
        *,
        code: Annotated[str, strawberry.argument(description="6 to 30 letters, digits and hyphens.")],
        kind: Annotated[VoucherKind, strawberry.argument(description="What worth counts.")],
        worth: Annotated[Long, strawberry.argument(description="How much it takes off at most.")],
        options: OptionsArgument,
        currency: Annotated[str | None, strawberry.argument(description="Of an AMOUNT (ISO 4217).")] = None,
        valid_from: Annotated[datetime | None, strawberry.argument(description="From when on; now by default.")] = None,
        valid_until: Annotated[
            datetime | None, strawberry.argument(description="Until when; no end by default.")
        ] = None,
        uses_max: Annotated[Long | None, strawberry.argument(description="How often in all.")] = None,
        uses_each_max: Annotated[
            Long | None, strawberry.argument(description="How often for one payer: a driver, or an e-mail address.")
        ] = None,
        location_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="Where; everywhere by default.")
        ] = None,
    ) -> VoucherPayload:
        context = info.context

        async def create() -> Value | Refusal:
            places = None
            if location_ids is not None:
                places = tuple(ids.read(Prefix.LOCATION, one, "locationIds") for one in location_ids)
            draft = vouchers.VoucherDraft(
                code, kind, int(worth), currency, valid_from, valid_until, _number(uses_max), _number(uses_each_max),
                places,
            )  # fmt: skip
            return await vouchers.create(
                scope=context.scope, desk=context.house.desk, draft=draft, options=options.value()
            )

        return VoucherPayload.of(await outcome(create))

    @mutation("Takes a voucher away; what was quoted by it counts. Needs payments:write and tariffs:write.")
    async def voucher_retire(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")]
    ) -> VoucherPayload:
        context = info.context

        async def retire() -> Value | Refusal:
            uuid = ids.read(Prefix.VOUCHER, id, "id")
            return await vouchers.retire(scope=context.scope, desk=context.house.desk, voucher_id=uuid)

        return VoucherPayload.of(await outcome(retire))
