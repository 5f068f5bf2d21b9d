"""Drivers, read and written by their operator's people and by themselves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import MemberRole
from app.domain.driver import Driver
from app.domain.filter import DriverFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.store.accounts import seen_member
from app.store.driver_tables import account, account_member, driver
from app.store.keyset import Order, read_page
from app.store.within import among, containing, keys_of

_ORDER = Order(driver.c.key)


def make(row: Row[Any]) -> Driver:
    """A driver of a row of `driver`."""
    return Driver(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        name=row.name,
        email=row.email,
        phone=row.phone,
        locale=row.locale,
        erased_at=row.erased_at,
        created_at=row.created_at,
        version=row.version,
    )


def _seen(scope: Scope) -> ColumnElement[bool]:
    """A driver sees themselves, and whoever is in an account whose ADMIN they are."""
    if scope.driver_key is None:
        return true()
    led = select(account_member.c.account_key).where(
        account_member.c.driver_key == scope.driver_key, account_member.c.role == MemberRole.ADMIN
    )
    others = select(account_member.c.driver_key).where(account_member.c.account_key.in_(led))
    return or_(driver.c.key == scope.driver_key, driver.c.key.in_(others))


def _member_of(scope: Scope, account_id: UUID | None) -> ColumnElement[bool]:
    if account_id is None:
        return true()
    return driver.c.key.in_(
        select(account_member.c.driver_key).where(
            account_member.c.account_key.in_(keys_of(account, (account_id,))), seen_member(scope)
        )
    )


async def search(connection: AsyncConnection, scope: Scope, filter: DriverFilter, request: PageRequest) -> Page[Driver]:
    """Newest first."""
    statement = select(driver).where(
        _seen(scope), containing(driver.c.search_text, filter.text), _member_of(scope, filter.account_id)
    )
    return await read_page(connection, statement, _ORDER, request, make)


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Driver]:
    rows = await connection.execute(select(driver).where(among(driver.c.key, keys), _seen(scope)))
    return {row.key: make(row) for row in rows}


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Driver]:
    rows = await connection.execute(select(driver).where(driver.c.id.in_(ids), _seen(scope)))
    return {row.id: make(row) for row in rows}


def _search_text(values: dict[str, Any]) -> str:
    return " ".join(word for word in (values["name"], values["email"], values["phone"]) if word).lower()


async def add(
    connection: AsyncConnection, *, uuid: UUID, operator_key: int, values: dict[str, Any], at: datetime
) -> Driver:
    """Raises IntegrityError when another driver of the operator has the address or the number."""
    rows = await connection.execute(
        insert(driver)
        .values(id=uuid, operator_key=operator_key, created_at=at, search_text=_search_text(values), **values)
        .returning(*driver.c)
    )
    return make(rows.one())


async def change(connection: AsyncConnection, key: int, *, if_version: int, values: dict[str, Any]) -> Driver | None:
    """None when it is at another version. Raises IntegrityError as `add`."""
    rows = await connection.execute(
        update(driver)
        .where(driver.c.key == key, driver.c.version == if_version)
        .values(version=driver.c.version + 1, search_text=_search_text(values), **values)
        .returning(*driver.c)
    )
    row = rows.one_or_none()
    return None if row is None else make(row)
