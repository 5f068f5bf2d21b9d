"""Setting up accounts: who is in them, what they may use, and what they have paid in."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from app.domain.account import Account as AccountValue
from app.domain.account import AccountKind, AccountStatus, LimitOn, LimitPer, MemberRole
from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import accounts
from schema import ids
from schema.context import Info
from schema.driver import Account
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import IfVersion, OptionsArgument
from schema.payloads import outcome
from schema.scalars import Long


@strawberry.input(description="An account.")
class AccountInput:
    kind: AccountKind = strawberry.field(description="Whose it is.")
    name: str = strawberry.field(description="What it is called.")
    country: str = strawberry.field(description="ISO 3166 alpha-2, such as DE.")
    currency: str = strawberry.field(description="ISO 4217; it never changes.")
    time_zone: str = strawberry.field(default="UTC", description="In which its days and months begin, IANA.")
    legal_name: str | None = strawberry.field(default=None, description="Who is invoiced.")
    vat_number: str | None = strawberry.field(default=None, description="With which VAT number; companies only.")
    address_lines: list[str] = strawberry.field(default_factory=list, description="Where invoices go, up to 6 lines.")
    prepaid: bool = strawberry.field(default=False, description="Whether its drivers need a balance to charge.")
    status: AccountStatus = strawberry.field(default=AccountStatus.ACTIVE, description="Whether it pays.")

    def value(self) -> accounts.AccountDraft:
        return accounts.AccountDraft(
            kind=self.kind,
            name=self.name,
            country=self.country,
            currency=self.currency,
            time_zone=self.time_zone,
            legal_name=self.legal_name,
            vat_number=self.vat_number,
            address_lines=tuple(self.address_lines),
            prepaid=self.prepaid,
            status=self.status,
        )


@strawberry.type(description="An account that was set up.")
class AccountPayload:
    account: Account | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was not done; empty when it was."
    )


async def _payload(deed: Callable[[], Awaitable[AccountValue | Refusal]]) -> AccountPayload:
    made = await outcome(deed)
    if isinstance(made, Refusal):
        return AccountPayload(errors=[user_error(made)])
    return AccountPayload(account=Account.of(made))


Said = Annotated[AccountInput, strawberry.argument(description="What is said about it.")]
AccountId = Annotated[strawberry.ID, strawberry.argument(description="Which account.")]
DriverId = Annotated[strawberry.ID, strawberry.argument(description="Which driver.")]


@strawberry.type(description="Setting up accounts.")
class AccountMutation:
    @mutation("Makes an account. Needs drivers:write.")
    async def account_create(self, info: Info, input: Said, options: OptionsArgument) -> AccountPayload:
        context = info.context
        return await _payload(
            lambda: accounts.create(
                scope=context.scope, desk=context.house.desk, draft=input.value(), options=options.value()
            )
        )

    @mutation("Replaces what is said about an account. Needs drivers:write.")
    async def account_update(self, info: Info, id: AccountId, if_version: IfVersion, input: Said) -> AccountPayload:
        context = info.context
        return await _payload(
            lambda: accounts.update(
                scope=context.scope,
                desk=context.house.desk,
                account_id=ids.read(Prefix.ACCOUNT, id, "id"),
                if_version=if_version,
                draft=input.value(),
            )
        )

    @mutation("Lets a driver charge on an account, or says what they are in it. Needs drivers:write.")
    async def account_member_set(
        self,
        info: Info,
        account_id: AccountId,
        driver_id: DriverId,
        role: Annotated[MemberRole, strawberry.argument(description="As what.")] = MemberRole.MEMBER,
        cost_centre: Annotated[
            str | None, strawberry.argument(description="Whose cost it is, by name; a new name makes one.")
        ] = None,
    ) -> AccountPayload:
        context = info.context
        return await _payload(
            lambda: accounts.set_member(
                scope=context.scope,
                desk=context.house.desk,
                account_id=ids.read(Prefix.ACCOUNT, account_id, "accountId"),
                driver_id=ids.read(Prefix.DRIVER, driver_id, "driverId"),
                role=role,
                cost_centre=cost_centre,
            )
        )

    @mutation("Takes a driver out of an account; their tokens on it are blocked. Needs drivers:write.")
    async def account_member_remove(self, info: Info, account_id: AccountId, driver_id: DriverId) -> AccountPayload:
        context = info.context
        return await _payload(
            lambda: accounts.remove_member(
                scope=context.scope,
                desk=context.house.desk,
                account_id=ids.read(Prefix.ACCOUNT, account_id, "accountId"),
                driver_id=ids.read(Prefix.DRIVER, driver_id, "driverId"),
            )
        )

    @mutation("Limits what an account's drivers use; the same limit again changes its number. Needs drivers:write.")
    async def account_limit_set(
        self,
        info: Info,
        *,
        account_id: AccountId,
        on: Annotated[LimitOn, strawberry.argument(description="What is limited.")],
        per: Annotated[LimitPer, strawberry.argument(description="In which time.")],
        most: Annotated[Long, strawberry.argument(description="How much at most: Wh, minor units, or a number.")],
        driver_id: Annotated[strawberry.ID | None, strawberry.argument(description="Of this driver only.")] = None,
        cost_centre: Annotated[str | None, strawberry.argument(description="Of this cost centre only.")] = None,
        location_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what is charged there.")
        ] = None,
    ) -> AccountPayload:
        context = info.context
        return await _payload(
            lambda: accounts.set_limit(
                scope=context.scope,
                desk=context.house.desk,
                draft=accounts.LimitDraft(
                    ids.read(Prefix.ACCOUNT, account_id, "accountId"),
                    on,
                    per,
                    int(most),
                    ids.read_optional(Prefix.DRIVER, driver_id, "driverId"),
                    cost_centre,
                    ids.read_optional(Prefix.LOCATION, location_id, "locationId"),
                ),
            )
        )

    @mutation("Takes a limit away. Needs drivers:write.")
    async def account_limit_remove(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which limit.")]
    ) -> AccountPayload:
        context = info.context
        return await _payload(
            lambda: accounts.remove_limit(
                scope=context.scope, desk=context.house.desk, limit_id=ids.read(Prefix.ACCOUNT_LIMIT, id, "id")
            )
        )

    @mutation("Puts money on an account's balance, or corrects it. Needs drivers:write and payments:write.")
    async def account_top_up(
        self,
        info: Info,
        *,
        account_id: AccountId,
        amount_minor: Annotated[Long, strawberry.argument(description="In minor units; a correction may be negative.")],
        reason: Annotated[str, strawberry.argument(description="Why, such as the payment's reference.")],
        options: OptionsArgument,
        correction: Annotated[
            bool, strawberry.argument(description="Whether this puts a mistake right instead.")
        ] = False,
    ) -> AccountPayload:
        context = info.context
        return await _payload(
            lambda: accounts.post(
                scope=context.scope,
                desk=context.house.desk,
                account_id=ids.read(Prefix.ACCOUNT, account_id, "accountId"),
                amount_minor=int(amount_minor),
                reason=reason,
                correction=correction,
                options=options.value(),
            )
        )
