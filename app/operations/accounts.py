"""Setting up accounts, their members, limits and balance, needs drivers:write and every location."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import vat
from app.domain.account import (
    Account,
    AccountKind,
    AccountLimit,
    AccountStatus,
    EntryKind,
    LimitOn,
    LimitPer,
    MemberRole,
)
from app.domain.ids import Prefix, public_id
from app.domain.money import is_currency
from app.domain.scope import Permission, Scope
from app.feed import Change
from app.operations import texts
from app.operations.desk import Desk, Options, conflict, invalid, not_found, once, refusing
from app.operations.drivers import found_driver, require_whole_operator
from app.operations.local_lists import token_changes
from app.store import accounts, audit, duties, hardware, locations

_LINES_MAX = 6
_LIMITS_MAX = 200  # of one account: all are looked at when a card is judged
_AMOUNT_MAX = 1_000_000_000
_MOST_MAX = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """What is said about an account. The currency stays what it was made with."""

    kind: AccountKind
    name: str
    country: str
    currency: str
    time_zone: str = "UTC"
    legal_name: str | None = None
    vat_number: str | None = None
    address_lines: tuple[str, ...] = ()
    prepaid: bool = False
    status: AccountStatus = AccountStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class LimitDraft:
    """At most ``most``; of one driver or one cost centre, and at one location, where those are given."""

    account_id: UUID
    on: LimitOn
    per: LimitPer
    most: int
    driver_id: UUID | None = None
    cost_centre: str | None = None
    location_id: UUID | None = None


def _checked(draft: AccountDraft) -> dict[str, object]:
    if not is_currency(draft.currency):
        raise invalid("A currency is three capital letters (ISO 4217), such as EUR.", "input", "currency")
    number = None if draft.vat_number is None else vat.normalised(draft.vat_number)
    if number is not None and not vat.plausible(number):
        raise invalid("This has not the form of a VAT number, such as DE123456789.", "input", "vatNumber")
    if draft.kind is AccountKind.PRIVATE and number is not None:
        raise invalid("A private account has no VAT number. Make it a COMPANY.", "input", "vatNumber")
    if len(draft.address_lines) > _LINES_MAX:
        raise invalid(f"An address has at most {_LINES_MAX} lines.", "input", "addressLines")
    return asdict(draft) | {
        "kind": draft.kind.value,
        "status": draft.status.value,
        "name": texts.line(draft.name, "input", "name"),
        "legal_name": texts.optional_line(draft.legal_name, "input", "legalName"),
        "vat_number": number,
        "country": texts.form("country", draft.country, "input", "country"),
        "time_zone": texts.time_zone(draft.time_zone, "input", "timeZone"),
        "address_lines": [texts.line(line, "input", "addressLines") for line in draft.address_lines],
    }


async def _found(connection: AsyncConnection, scope: Scope, account_id: UUID, *path: str) -> Account:
    found = (await accounts.by_ids(connection, scope, (account_id,))).get(account_id)
    if found is None:
        raise not_found(Prefix.ACCOUNT, account_id, *path)
    return found


async def _audit(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    account: Account,
    action: str,
    after: dict[str, object],
    reason: str | None = None,
) -> None:
    await audit.write(
        connection, scope, action=action, subject_kind="account", subject_id=account.uuid, at=desk.now(), after=after,
        reason=reason,
    )  # fmt: skip


# Names may be people's: the audit log, which outlives an erasure, tells the rest.
_SHOWN = ("kind", "country", "currency", "time_zone", "prepaid", "status")


def _shown(values: dict[str, object]) -> dict[str, object]:
    return {name: values[name] for name in _SHOWN}


@refusing
async def create(*, scope: Scope, desk: Desk, draft: AccountDraft, options: Options) -> Account:
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    values = _checked(draft)
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="accountCreate", values=values, subject_kind="account",
            subject_id=uuid,
        )  # fmt: skip
        if earlier is not None:
            return await _found(connection, scope, earlier, "id")
        made = await accounts.add(connection, uuid=uuid, operator_key=scope.operator_key, values=values, at=desk.now())
        await _audit(connection, scope, desk, made, "account.created", _shown(values))
    return made


@refusing
async def update(*, scope: Scope, desk: Desk, account_id: UUID, if_version: int, draft: AccountDraft) -> Account:
    """Refuses NOT_FOUND, VERSION_CONFLICT, and another currency: its entries are in this one."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    values = _checked(draft)
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await _found(connection, scope, account_id, "id")
        if found.currency != draft.currency:
            raise invalid(f"The account is in {found.currency}. Make another one.", "input", "currency")
        columns = {name: value for name, value in values.items() if name != "currency"}
        made = await accounts.change(connection, found.key, if_version=if_version, values=columns)
        if made is None:
            raise conflict(Prefix.ACCOUNT, account_id)
        if made.prepaid:
            await duties.owe_watches(connection, made.key, due_at=desk.now())
        await _audit(connection, scope, desk, made, "account.updated", _shown(values))
    return made


@refusing
async def set_member(
    *, scope: Scope, desk: Desk, account_id: UUID, driver_id: UUID, role: MemberRole, cost_centre: str | None
) -> Account:
    """A driver who may charge on the account, or what they are in it from now on. Refuses NOT_FOUND."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    name = texts.optional_line(cost_centre, "costCentre", longest=64)
    async with desk.database.transaction(scope.operator_key) as connection:
        account = await _found(connection, scope, account_id, "accountId")
        driver = await found_driver(connection, scope, driver_id, "driverId")
        if driver.erased_at is not None:
            raise invalid("This driver was erased.", "driverId")
        centre = None if name is None else await accounts.cost_centre_key(connection, account, name)
        await accounts.set_member(
            connection,
            {
                "operator_key": scope.operator_key,
                "account_key": account.key,
                "driver_key": driver.key,
                "cost_centre_key": centre,
                "role": role.value,
                "since": desk.now(),
            },
        )
        made = await accounts.raise_version(connection, account.key)
        after: dict[str, object] = {
            "driver": public_id(Prefix.DRIVER, driver_id),
            "role": role.value,
            "costCentre": name,
        }
        await _audit(connection, scope, desk, made, "account.member_set", after)
    return made


@refusing
async def remove_member(*, scope: Scope, desk: Desk, account_id: UUID, driver_id: UUID) -> Account:
    """Their tokens on this account are blocked with it: nobody else pays for them. Refuses NOT_FOUND."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        lists: list[Change] = await token_changes(connection, scope)
        account = await _found(connection, scope, account_id, "accountId")
        driver = await found_driver(connection, scope, driver_id, "driverId")
        if not await accounts.remove_member(connection, account.key, driver.key):
            raise not_found(Prefix.DRIVER, driver_id, "driverId")
        blocked = await accounts.block_tokens(connection, account.key, driver.key, "No longer in the account.")
        made = await accounts.raise_version(connection, account.key)
        after: dict[str, object] = {"driver": public_id(Prefix.DRIVER, driver_id), "tokensBlocked": blocked}
        await _audit(connection, scope, desk, made, "account.member_removed", after)
    desk.feed.publish(lists)
    return made


def _check_limit(draft: LimitDraft) -> None:
    if not 0 <= draft.most <= _MOST_MAX:
        raise invalid(f"most lies between 0 and {_MOST_MAX:,}.", "most")
    if draft.on is LimitOn.SESSIONS and draft.per is LimitPer.SESSION:
        raise invalid("A number of sessions is limited a day or a month.", "per")
    if draft.driver_id is not None and draft.cost_centre is not None:
        raise invalid("A limit is of a driver or of a cost centre. Set two.", "costCentre")


@refusing
async def set_limit(*, scope: Scope, desk: Desk, draft: LimitDraft) -> Account:
    """From the next card on, and for what runs from the next look on. Refuses NOT_FOUND and INVALID_INPUT."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    _check_limit(draft)
    name = texts.optional_line(draft.cost_centre, "costCentre", longest=64)
    async with desk.database.transaction(scope.operator_key) as connection:
        account = await _found(connection, scope, draft.account_id, "accountId")
        driver_key = location_key = None
        if draft.driver_id is not None:
            driver_key = (await found_driver(connection, scope, draft.driver_id, "driverId")).key
            if not await accounts.is_member(connection, account.key, driver_key):
                raise invalid("The driver is not in this account. Add them: accountMemberSet.", "driverId")
        if draft.location_id is not None:
            places = await locations.by_ids(connection, scope, (draft.location_id,))
            if draft.location_id not in places:
                raise not_found(Prefix.LOCATION, draft.location_id, "locationId")
            location_key = places[draft.location_id].key
        if await accounts.limits_count(connection, account.key) >= _LIMITS_MAX:
            raise invalid(f"An account has at most {_LIMITS_MAX} limits. Remove one: accountLimitRemove.", "accountId")
        values = {
            "id": desk.new_uuid(),
            "operator_key": scope.operator_key,
            "account_key": account.key,
            "driver_key": driver_key,
            "cost_centre_key": None if name is None else await accounts.cost_centre_key(connection, account, name),
            "location_key": location_key,
            "what": draft.on.value,
            "per": draft.per.value,
            "most": draft.most,
        }
        limit_id = await accounts.set_limit(connection, values)
        await duties.owe_watches(connection, account.key, due_at=desk.now())
        made = await accounts.raise_version(connection, account.key)
        after: dict[str, object] = {
            "limit": public_id(Prefix.ACCOUNT_LIMIT, limit_id),
            "on": draft.on.value,
            "per": draft.per.value,
            "most": draft.most,
        }
        await _audit(connection, scope, desk, made, "account.limit_set", after)
    return made


@refusing
async def remove_limit(*, scope: Scope, desk: Desk, limit_id: UUID) -> Account:
    """Refuses NOT_FOUND."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        found: AccountLimit | None = await accounts.limit_by_id(connection, limit_id)
        if found is None:
            raise not_found(Prefix.ACCOUNT_LIMIT, limit_id, "id")
        await accounts.remove_limit(connection, found.key)
        made = await accounts.raise_version(connection, found.account_key)
        after: dict[str, object] = {"limit": public_id(Prefix.ACCOUNT_LIMIT, limit_id)}
        await _audit(connection, scope, desk, made, "account.limit_removed", after)
    return made


@refusing
async def post(
    *, scope: Scope, desk: Desk, account_id: UUID, amount_minor: int, reason: str, correction: bool, options: Options
) -> Account:
    """A top-up, or a correction by either sign, needs payments:write too. Refuses NOT_FOUND and INVALID_INPUT."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    scope.require(Permission.PAYMENTS_WRITE)
    why = texts.line(reason, "reason")
    if amount_minor == 0 or abs(amount_minor) > _AMOUNT_MAX or (amount_minor < 0 and not correction):
        raise invalid(f"amountMinor lies between 1 and {_AMOUNT_MAX:,}; only a correction is negative.", "amountMinor")
    kind = EntryKind.CORRECTION if correction else EntryKind.TOP_UP
    values = {"account": account_id, "amount": amount_minor, "kind": kind, "reason": why}
    async with desk.database.transaction(scope.operator_key) as connection:
        account = await _found(connection, scope, account_id, "accountId")
        earlier = await once(
            connection, scope, options, mutation="accountTopUp", values=values, subject_kind="account",
            subject_id=account_id,
        )  # fmt: skip
        if earlier is None:
            if account.prepaid:  # stations first, as whoever writes a bill does
                await hardware.owe_limits_of(connection, account.key)
            await accounts.post(
                connection,
                {
                    "id": desk.new_uuid(),
                    "operator_key": scope.operator_key,
                    "account_key": account.key,
                    "kind": kind.value,
                    "amount_minor": amount_minor,
                    "reason": why,
                    "created_by": scope.caller,
                    "created_at": desk.now(),
                },
            )
            after: dict[str, object] = {"kind": kind.value, "amountMinor": amount_minor, "currency": account.currency}
            await _audit(connection, scope, desk, account, "account.entry_posted", after, why)
        return await _found(connection, scope, account_id, "accountId")
