"""Drivers, and the accounts that pay for them. Only who may write drivers reads whole addresses and numbers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.domain import account as accounts
from app.domain import driver as values
from app.domain import filter as filters
from app.domain.account import AccountKind, AccountStatus, EntryKind, LimitOn, LimitPer, MemberRole
from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.queries import drivers
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.filter import short_text
from schema.overview import Money
from schema.page import After, Connection, First, Node, connection
from schema.saved_card import PaymentMethod
from schema.scalars import Long

if TYPE_CHECKING:
    from schema.location import Location
    from schema.token import Token

described(AccountKind, "Whose account it is.", "One person's.", "A company's, for its drivers.")
described(
    AccountStatus,
    "Whether an account pays.",
    "Its drivers may charge.",
    "Nobody charges on it for now.",
    "Nobody charges on it any more.",
)
described(MemberRole, "What a driver is in an account.", "Sees the others.", "Sees only their own.")
described(LimitOn, "What is limited.", "Energy, in Wh.", "Cost, in minor units.", "How many sessions.")
described(LimitPer, "In which time.", "The account's calendar day.", "Its calendar month.", "One session.")
described(EntryKind, "Why a balance changed.", "Money came in.", "A session was paid.", "Somebody put a mistake right.")


@strawberry.type(description="A person who charges.")
class Driver(Node):
    value: strawberry.Private[values.Driver]
    name: str | None = strawberry.field(description="What they are called.")
    locale: str = strawberry.field(description="In which language they are written to, such as de or de-AT.")
    erased_at: datetime | None = strawberry.field(description="Since when nothing of the person is left.")
    created_at: datetime = strawberry.field(description="When we first knew of them.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Driver) -> "Driver":
        return cls(
            value=value,
            id=ids.shown(Prefix.DRIVER, value.uuid),
            name=value.name,
            locale=value.locale,
            erased_at=value.erased_at,
            created_at=value.created_at,
            version=Long(value.version),
        )

    def _whole(self, info: Info) -> bool:
        context = info.context
        return context.may(Permission.DRIVERS_WRITE) or context.scope.driver_key == self.value.key

    @resolved("Their e-mail address; masked without drivers:write.")
    def email(self, info: Info) -> str | None:
        found = self.value.email
        if found is None or self._whole(info):
            return found
        return values.masked_email(found)

    @resolved("Their phone number; masked without drivers:write.")
    def phone(self, info: Info) -> str | None:
        found = self.value.phone
        if found is None or self._whole(info):
            return found
        return values.masked_phone(found)

    @resolved("The accounts they are in, oldest first.")
    async def accounts(self, info: Info) -> list["Account"]:
        return [Account.of(one) for one in await info.context.loaders.driver_accounts.load(self.value.key) or []]

    @resolved("What they charge with, newest first; empty without tokens:read.")
    async def tokens(self, info: Info) -> list[Annotated["Token", strawberry.lazy("schema.token")]]:
        from schema.token import Token  # noqa: PLC0415 - a lazy type for a lazy cycle

        if not info.context.may(Permission.TOKENS_READ):
            return []
        return [Token.of(one) for one in await info.context.loaders.driver_tokens.load(self.value.key) or []]

    @resolved("Cards they saved for later, newest first; empty for staff without payments:read.")
    async def payment_methods(self, info: Info) -> list[PaymentMethod]:
        context = info.context
        if context.scope.driver_key is None and not context.may(Permission.PAYMENTS_READ):
            return []
        return [PaymentMethod.of(one) for one in await context.loaders.driver_cards.load(self.value.key) or []]


@strawberry.type(description="At most so much of something in a time.")
class AccountLimit:
    value: strawberry.Private[accounts.AccountLimit]
    id: strawberry.ID = strawberry.field(description="Its id.")
    on: LimitOn = strawberry.field(description="What is limited.")
    per: LimitPer = strawberry.field(description="In which time.")
    most: Long = strawberry.field(description="How much at most: Wh, minor units, or a number.")
    cost_centre: str | None = strawberry.field(description="Of this cost centre only.")

    @classmethod
    def of(cls, value: accounts.AccountLimit) -> "AccountLimit":
        return cls(
            value=value,
            id=ids.shown(Prefix.ACCOUNT_LIMIT, value.uuid),
            on=value.on,
            per=value.per,
            most=Long(value.most),
            cost_centre=value.cost_centre,
        )

    @resolved("Of this driver only.")
    async def driver(self, info: Info) -> Driver | None:
        if self.value.driver_key is None:
            return None
        found = await info.context.loaders.driver.load(self.value.driver_key)
        return None if found is None else Driver.of(found)

    @resolved("Only what is charged there; null is everywhere, or without network:read.")
    async def location(self, info: Info) -> Annotated["Location", strawberry.lazy("schema.location")] | None:
        from schema.location import Location  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.value.location_key is None or not info.context.may(Permission.NETWORK_READ):
            return None
        found = await info.context.loaders.location.load(self.value.location_key)
        return None if found is None else Location.of(found)


@strawberry.type(description="A driver in an account.")
class AccountMember:
    value: strawberry.Private[accounts.AccountMember]
    role: MemberRole = strawberry.field(description="What they are in it.")
    cost_centre: str | None = strawberry.field(description="Whose cost their charging is.")
    since: datetime = strawberry.field(description="Since when.")

    @classmethod
    def of(cls, value: accounts.AccountMember) -> "AccountMember":
        return cls(value=value, role=value.role, cost_centre=value.cost_centre, since=value.since)

    @resolved("Who.")
    async def driver(self, info: Info) -> Driver | None:
        found = await info.context.loaders.driver.load(self.value.driver_key)
        return None if found is None else Driver.of(found)


@strawberry.type(description="One change of an account's balance; none is ever edited.")
class AccountEntry:
    id: strawberry.ID = strawberry.field(description="Its id.")
    kind: EntryKind = strawberry.field(description="Why.")
    amount_minor: Long = strawberry.field(description="In minor units; negative is what was spent.")
    reason: str | None = strawberry.field(description="In words.")
    created_by: str = strawberry.field(description="Who made it: member:mem_…, token:apt_…, or voltgraph.")
    created_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, value: accounts.AccountEntry) -> "AccountEntry":
        return cls(
            id=strawberry.ID(str(value.uuid)),
            kind=value.kind,
            amount_minor=Long(value.amount_minor),
            reason=value.reason,
            created_by=value.created_by,
            created_at=value.created_at,
        )


@strawberry.type(description="Who pays for drivers.")
class Account(Node):
    value: strawberry.Private[accounts.Account]
    kind: AccountKind = strawberry.field(description="Whose it is.")
    name: str = strawberry.field(description="What it is called.")
    legal_name: str | None = strawberry.field(description="Who is invoiced.")
    vat_number: str | None = strawberry.field(description="With which VAT number.")
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    address_lines: list[str] = strawberry.field(description="Where invoices go.")
    time_zone: str = strawberry.field(description="In which its days and months begin, IANA.")
    prepaid: bool = strawberry.field(description="Whether it must have a balance for its drivers to charge.")
    status: AccountStatus = strawberry.field(description="Whether it pays.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: accounts.Account) -> "Account":
        return cls(
            value=value,
            id=ids.shown(Prefix.ACCOUNT, value.uuid),
            kind=value.kind,
            name=value.name,
            legal_name=value.legal_name,
            vat_number=value.vat_number,
            country=value.country,
            address_lines=list(value.address_lines),
            time_zone=value.time_zone,
            prepaid=value.prepaid,
            status=value.status,
            version=Long(value.version),
        )

    @resolved("What was paid in and not spent: the sum of its entries.")
    def balance(self) -> Money:
        return Money(amount_minor=Long(self.value.balance_minor), currency=self.value.currency)

    @resolved("Names of its cost centres.")
    async def cost_centres(self, info: Info) -> list[str]:
        return await info.context.loaders.cost_centres.load(self.value.key) or []

    @resolved("What its drivers may use.")
    async def limits(self, info: Info) -> list[AccountLimit]:
        return [AccountLimit.of(one) for one in await info.context.loaders.account_limits.load(self.value.key) or []]

    @resolved("Its drivers, longest first.")
    async def members(self, info: Info, first: First = 50, after: After = None) -> Connection[AccountMember]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"accountMembers:{key}",
            first=first,
            after=after,
            read=lambda page: drivers.members(
                scope=context.scope, database=context.database, account_key=key, page=page
            ),
            show=AccountMember.of,
        )

    @resolved("Changes of its balance, newest first.")
    async def entries(self, info: Info, first: First = 50, after: After = None) -> Connection[AccountEntry]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"accountEntries:{key}",
            first=first,
            after=after,
            read=lambda page: drivers.entries(
                scope=context.scope, database=context.database, account_key=key, page=page
            ),
            show=AccountEntry.of,
        )


async def _driver(info: Info, key: int | None) -> Driver | None:
    if key is None or not drivers.may_read(info.context.scope):
        return None
    found = await info.context.loaders.driver.load(key)
    return None if found is None else Driver.of(found)


async def _account(info: Info, key: int | None) -> Account | None:
    if key is None or not drivers.may_read(info.context.scope):
        return None
    found = await info.context.loaders.account.load(key)
    return None if found is None else Account.of(found)


@strawberry.type(description="Whose session it is, as pinned when it began.")
class SessionDriverFields:
    value: strawberry.Private[Any]

    @resolved("Who charges; null when nobody known does, or without drivers:read.")
    async def driver(self, info: Info) -> Driver | None:
        return await _driver(info, self.value.driver_key)

    @resolved("Who pays; null when no account does, or without drivers:read.")
    async def account(self, info: Info) -> Account | None:
        return await _account(info, self.value.account_key)

    @resolved("Whose cost it is in the account; null without one, or without drivers:read.")
    async def cost_centre(self, info: Info) -> str | None:
        if self.value.cost_centre_key is None or not drivers.may_read(info.context.scope):
            return None
        return await info.context.loaders.cost_centre_name.load(self.value.cost_centre_key)


@strawberry.type(description="Whose token it is.")
class TokenDriverFields:
    value: strawberry.Private[Any]

    @resolved("Whose it is; null when nobody known has it, or without drivers:read.")
    async def driver(self, info: Info) -> Driver | None:
        return await _driver(info, self.value.driver_key)

    @resolved("Who pays for it; null when no account does, or without drivers:read.")
    async def account(self, info: Info) -> Account | None:
        return await _account(info, self.value.account_key)


Text = Annotated[str | None, strawberry.argument(description="Words in it, at most 100 characters.")]


@strawberry.type(description="Drivers and accounts.")
class DriverQuery:
    @resolved("Drivers, newest first. Needs drivers:read and access to every location.")
    async def drivers(
        self,
        info: Info,
        text: Text = None,
        account_id: Annotated[strawberry.ID | None, strawberry.argument(description="In this account.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Driver]:
        context = info.context
        wanted = filters.DriverFilter(short_text(text), ids.read_optional(Prefix.ACCOUNT, account_id, "accountId"))
        return await connection(
            context,
            binding=f"drivers:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: drivers.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Driver.of,
        )

    @resolved("Accounts, newest first. Needs drivers:read and access to every location.")
    async def accounts(
        self,
        info: Info,
        text: Text = None,
        driver_id: Annotated[strawberry.ID | None, strawberry.argument(description="Of this driver.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Account]:
        context = info.context
        wanted = filters.AccountFilter(short_text(text), ids.read_optional(Prefix.DRIVER, driver_id, "driverId"))
        return await connection(
            context,
            binding=f"accounts:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: drivers.accounts_found(
                scope=context.scope, database=context.database, filter=wanted, page=page
            ),
            show=Account.of,
        )
