"""Accounts with their members, cost centres, limits and entries."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import (
    Account,
    AccountEntry,
    AccountKind,
    AccountLimit,
    AccountMember,
    AccountStatus,
    EntryKind,
    LimitOn,
    LimitPer,
    MemberRole,
)
from app.domain.filter import AccountFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.store.driver_tables import account, account_entry, account_limit, account_member, cost_centre, driver
from app.store.keyset import Order, read_page
from app.store.tables import token
from app.store.within import among, containing, keys_of

_ORDER = Order(account.c.key)
_ENTRY_ORDER = Order(account_entry.c.key)


def make(row: Row[Any]) -> Account:
    """An account of a row of `account`."""
    return Account(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        kind=AccountKind(row.kind),
        name=row.name,
        legal_name=row.legal_name,
        vat_number=row.vat_number,
        country=row.country,
        address_lines=tuple(row.address_lines),
        time_zone=row.time_zone,
        currency=row.currency,
        prepaid=row.prepaid,
        balance_minor=row.balance_minor,
        status=AccountStatus(row.status),
        created_at=row.created_at,
        version=row.version,
    )


def _mine(scope: Scope, *, role: MemberRole | None = None) -> Select[Any]:
    """The accounts that a driver is in, as ``role`` where it is given."""
    found = select(account_member.c.account_key).where(account_member.c.driver_key == scope.driver_key)
    return found if role is None else found.where(account_member.c.role == role)


def _seen(scope: Scope) -> ColumnElement[bool]:
    return true() if scope.driver_key is None else account.c.key.in_(_mine(scope))


def seen_member(scope: Scope) -> ColumnElement[bool]:
    """A driver sees the others where they are its ADMIN, else themselves."""
    if scope.driver_key is None:
        return true()
    led = account_member.c.account_key.in_(_mine(scope, role=MemberRole.ADMIN))
    return or_(account_member.c.driver_key == scope.driver_key, led)


def _having(scope: Scope, driver_id: UUID | None) -> ColumnElement[bool]:
    if driver_id is None:
        return true()
    return account.c.key.in_(
        select(account_member.c.account_key).where(
            account_member.c.driver_key.in_(keys_of(driver, (driver_id,))), seen_member(scope)
        )
    )


async def search(
    connection: AsyncConnection, scope: Scope, filter: AccountFilter, request: PageRequest
) -> Page[Account]:
    """Newest first."""
    statement = select(account).where(
        _seen(scope), containing(account.c.search_text, filter.text), _having(scope, filter.driver_id)
    )
    return await read_page(connection, statement, _ORDER, request, make)


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Account]:
    rows = await connection.execute(select(account).where(among(account.c.key, keys), _seen(scope)))
    return {row.key: make(row) for row in rows}


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Account]:
    rows = await connection.execute(select(account).where(account.c.id.in_(ids), _seen(scope)))
    return {row.id: make(row) for row in rows}


async def of_drivers(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[Account]]:
    """The accounts that each driver is in, oldest first."""
    rows = await connection.execute(
        select(account, account_member.c.driver_key)
        .join(account_member, account_member.c.account_key == account.c.key)
        .where(among(account_member.c.driver_key, keys), _seen(scope))
        .order_by(account.c.key)
    )
    found: dict[int, list[Account]] = {key: [] for key in keys}
    for row in rows:
        found[row.driver_key].append(make(row))
    return found


async def add(
    connection: AsyncConnection, *, uuid: UUID, operator_key: int, values: dict[str, Any], at: datetime
) -> Account:
    rows = await connection.execute(
        insert(account)
        .values(id=uuid, operator_key=operator_key, created_at=at, search_text=_search_text(values), **values)
        .returning(*account.c)
    )
    return make(rows.one())


async def change(connection: AsyncConnection, key: int, *, if_version: int, values: dict[str, Any]) -> Account | None:
    """None when it is at another version."""
    rows = await connection.execute(
        update(account)
        .where(account.c.key == key, account.c.version == if_version)
        .values(version=account.c.version + 1, search_text=_search_text(values), **values)
        .returning(*account.c)
    )
    row = rows.one_or_none()
    return None if row is None else make(row)


def _search_text(values: dict[str, Any]) -> str:
    return " ".join(word for word in (values["name"], values["legal_name"], values["vat_number"]) if word).lower()


async def raise_version(connection: AsyncConnection, key: int) -> Account:
    """Something that hangs off it has changed."""
    rows = await connection.execute(
        update(account).where(account.c.key == key).values(version=account.c.version + 1).returning(*account.c)
    )
    return make(rows.one())


# -- members and cost centres -----------------------------------------------------------------------------------------


def _member(row: Row[Any]) -> AccountMember:
    return AccountMember(row.key, row.account_key, row.driver_key, row.cost_centre, MemberRole(row.role), row.since)


async def members(
    connection: AsyncConnection, scope: Scope, account_key: int, request: PageRequest
) -> Page[AccountMember]:
    """Longest first."""
    statement = (
        select(account_member, cost_centre.c.name.label("cost_centre"))
        .outerjoin(cost_centre, cost_centre.c.key == account_member.c.cost_centre_key)
        .where(account_member.c.account_key == account_key, seen_member(scope))
    )
    return await read_page(connection, statement, Order(account_member.c.key, descending=False), request, _member)


async def is_member(connection: AsyncConnection, account_key: int, driver_key: int) -> bool:
    rows = await connection.execute(
        select(account_member.c.key).where(
            account_member.c.account_key == account_key, account_member.c.driver_key == driver_key
        )
    )
    return rows.scalar_one_or_none() is not None


async def cost_centre_key(connection: AsyncConnection, of: Account, name: str) -> int:
    """The cost centre of this name, made when it is new."""
    await connection.execute(
        upsert(cost_centre).values(operator_key=of.operator_key, account_key=of.key, name=name).on_conflict_do_nothing()
    )
    rows = await connection.execute(
        select(cost_centre.c.key).where(cost_centre.c.account_key == of.key, cost_centre.c.name == name)
    )
    return int(rows.scalar_one())


async def cost_centres(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[str]]:
    """Names by account."""
    rows = await connection.execute(
        select(cost_centre)
        .where(among(cost_centre.c.account_key, keys), _led(scope, cost_centre.c.account_key))
        .order_by(cost_centre.c.name)
    )
    found: dict[int, list[str]] = {key: [] for key in keys}
    for row in rows:
        found[row.account_key].append(row.name)
    return found


async def cost_centre_names(connection: AsyncConnection, keys: Collection[int]) -> dict[int, str]:
    rows = await connection.execute(select(cost_centre).where(among(cost_centre.c.key, keys)))
    return {row.key: row.name for row in rows}


async def set_member(connection: AsyncConnection, values: dict[str, Any]) -> None:
    statement = upsert(account_member).values(**values)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account_key", "driver_key"],
            set_={"cost_centre_key": statement.excluded.cost_centre_key, "role": statement.excluded.role},
        )
    )


async def remove_member(connection: AsyncConnection, account_key: int, driver_key: int) -> bool:
    rows = await connection.execute(
        delete(account_member)
        .where(account_member.c.account_key == account_key, account_member.c.driver_key == driver_key)
        .returning(account_member.c.key)
    )
    return rows.scalar_one_or_none() is not None


async def block_tokens(connection: AsyncConnection, account_key: int, driver_key: int, reason: str) -> int:
    """Tokens by which a driver charged on an account: blocked, and on nobody's account. How many."""
    rows = await connection.execute(
        update(token)
        .where(token.c.account_key == account_key, token.c.driver_key == driver_key)
        .values(account_key=None, valid=False, blocked_reason=reason, version=token.c.version + 1)
        .returning(token.c.key)
    )
    return len(rows.all())


# -- limits -----------------------------------------------------------------------------------------------------------


def _limit(row: Row[Any]) -> AccountLimit:
    return AccountLimit(
        key=row.key,
        uuid=row.id,
        account_key=row.account_key,
        driver_key=row.driver_key,
        cost_centre=row.cost_centre,
        location_key=row.location_key,
        on=LimitOn(row.what),
        per=LimitPer(row.per),
        most=row.most,
    )


_LIMITS = select(account_limit, cost_centre.c.name.label("cost_centre")).outerjoin(
    cost_centre, cost_centre.c.key == account_limit.c.cost_centre_key
)


def _led(scope: Scope, account_key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Everything for the operator's people; for a driver what belongs to accounts whose ADMIN they are."""
    return true() if scope.driver_key is None else account_key.in_(_mine(scope, role=MemberRole.ADMIN))


def _seen_limit(scope: Scope) -> ColumnElement[bool]:
    """A driver sees what limits them or everybody of their account, and all where they are its ADMIN."""
    if scope.driver_key is None:
        return true()
    mine = and_(
        account_limit.c.account_key.in_(_mine(scope)),
        or_(account_limit.c.driver_key.is_(None), account_limit.c.driver_key == scope.driver_key),
    )
    return or_(mine, _led(scope, account_limit.c.account_key))


async def limits(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[AccountLimit]]:
    """By account, oldest first."""
    rows = await connection.execute(
        _LIMITS.where(among(account_limit.c.account_key, keys), _seen_limit(scope)).order_by(account_limit.c.key)
    )
    found: dict[int, list[AccountLimit]] = {key: [] for key in keys}
    for row in rows:
        found[row.account_key].append(_limit(row))
    return found


async def limit_by_id(connection: AsyncConnection, uuid: UUID) -> AccountLimit | None:
    row = (await connection.execute(_LIMITS.where(account_limit.c.id == uuid))).one_or_none()
    return None if row is None else _limit(row)


async def limits_count(connection: AsyncConnection, account_key: int) -> int:
    rows = await connection.execute(
        select(func.count()).select_from(account_limit).where(account_limit.c.account_key == account_key)
    )
    return int(rows.scalar_one())


async def set_limit(connection: AsyncConnection, values: dict[str, Any]) -> UUID:
    """A limit of one kind for one subject stands once: set again, it is another number. Its id."""
    rows = await connection.execute(
        upsert(account_limit)
        .values(**values)
        .on_conflict_do_update(
            index_elements=[
                account_limit.c.account_key,
                account_limit.c.what,
                account_limit.c.per,
                func.coalesce(account_limit.c.driver_key, 0),
                func.coalesce(account_limit.c.cost_centre_key, 0),
                func.coalesce(account_limit.c.location_key, 0),
            ],
            set_={"most": values["most"]},
        )
        .returning(account_limit.c.id)
    )
    found: UUID = rows.scalar_one()
    return found


async def remove_limit(connection: AsyncConnection, key: int) -> None:
    await connection.execute(delete(account_limit).where(account_limit.c.key == key))


# -- entries ----------------------------------------------------------------------------------------------------------


def _entry(row: Row[Any]) -> AccountEntry:
    return AccountEntry(
        key=row.key,
        uuid=row.id,
        kind=EntryKind(row.kind),
        amount_minor=row.amount_minor,
        session_key=row.session_key,
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
    )


async def entries(
    connection: AsyncConnection, scope: Scope, account_key: int, request: PageRequest
) -> Page[AccountEntry]:
    """Newest first."""
    statement = select(account_entry).where(
        account_entry.c.account_key == account_key, _led(scope, account_entry.c.account_key)
    )
    return await read_page(connection, statement, _ENTRY_ORDER, request, _entry)


async def post(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """An entry; the database moves the balance by it."""
    await connection.execute(insert(account_entry).values(**values))
