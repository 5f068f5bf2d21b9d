"""Charge detail records: read by people, written when a bill changes; never altered."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, insert, select, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.cdr import Cdr, CdrReason
from app.domain.filter import CdrFilter
from app.domain.ids import new_uuid
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.store.cdr_row import cdr_row
from app.store.cost_lines import parse_lines
from app.store.document_tables import cdr
from app.store.driver_tables import account
from app.store.duty_tables import duty
from app.store.keyset import Order, read_page
from app.store.tables import location, session
from app.store.within import allowed, among, during, referring

_ORDER = Order(cdr.c.key)
_taken_back = cdr.alias("taken_back")
STANDING = cdr.c.credit_of.is_(None) & ~exists().where(_taken_back.c.credit_of == cdr.c.key)


def make(row: Row[Any]) -> Cdr:
    return Cdr(
        uuid=row.id,
        operator_key=row.operator_key,
        location_key=row.location_key,
        session_key=row.session_key,
        tariff_key=row.tariff_key,
        revision=row.revision,
        reason=CdrReason(row.reason),
        currency=row.currency,
        before_taxes_minor=row.before_taxes_minor,
        tax_minor=row.tax_minor,
        total_minor=row.total_minor,
        exact_before_taxes=Fraction(row.exact_before_taxes),
        exact_total=Fraction(row.exact_total),
        energy_wh=row.energy_wh,
        started_at=row.started_at,
        ended_at=row.ended_at,
        issued_at=row.issued_at,
        lines=parse_lines(row.lines),
        energy_said=row.energy_said,
        note=row.note,
        key=row.key,
        credit_of=row.credit_of,
    )


def _standing(standing: bool | None) -> ColumnElement[bool]:
    if standing is None:
        return true()
    return STANDING if standing else ~STANDING


def _of_accounts(ids: tuple[UUID, ...] | None) -> ColumnElement[bool]:
    if ids is None:
        return true()
    return cdr.c.session_key.in_(select(session.c.key).where(referring(session.c.account_key, account, ids)))


async def search(connection: AsyncConnection, scope: Scope, filter: CdrFilter, request: PageRequest) -> Page[Cdr]:
    """Newest first."""
    statement = select(cdr).where(
        allowed(scope, cdr.c.location_key),
        referring(cdr.c.session_key, session, filter.session_ids),
        referring(cdr.c.location_key, location, filter.location_ids),
        _of_accounts(filter.account_ids),
        during(cdr.c.issued_at, filter.issued_at),
        _standing(filter.standing),
    )
    return await read_page(connection, statement, _ORDER, request, make)


async def _where(connection: AsyncConnection, scope: Scope, condition: ColumnElement[bool]) -> list[Cdr]:
    statement = select(cdr).where(condition, allowed(scope, cdr.c.location_key)).order_by(cdr.c.key)
    return [make(row) for row in await connection.execute(statement)]


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Cdr]:
    return {found.uuid: found for found in await _where(connection, scope, cdr.c.id.in_(ids))}


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Cdr]:
    return {found.key: found for found in await _where(connection, scope, among(cdr.c.key, keys))}


async def standing(connection: AsyncConnection, scope: Scope, session_keys: Collection[int]) -> dict[int, Cdr]:
    """The record that counts now, by session."""
    found = await _where(connection, scope, among(cdr.c.session_key, session_keys) & STANDING)
    return {one.session_key: one for one in found}


async def add(connection: AsyncConnection, record: Cdr) -> Cdr:
    rows = await connection.execute(insert(cdr).values(**cdr_row(record)).returning(cdr.c.key))
    return replace(record, key=int(rows.scalar_one()))


async def owe(
    connection: AsyncConnection, kind: str, *, operator_key: int, station_key: int, session_key: int, at: datetime
) -> None:
    """A duty about a session is due, also when it was done before."""
    made = upsert(duty).values(
        id=new_uuid(at_ms=int(at.timestamp() * 1000)),
        operator_key=operator_key,
        kind=kind,
        station_key=station_key,
        session_key=session_key,
        due_at=at,
    )
    await connection.execute(
        made.on_conflict_do_update(
            index_elements=["kind", "session_key"],
            index_where=duty.c.session_key.is_not(None),
            set_={"state": "OWED", "due_at": at, "attempts": 0, "done_at": None},
        )
    )
