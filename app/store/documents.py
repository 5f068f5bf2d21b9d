"""Documents: numbered in the transaction that writes them, read by people, never altered."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.document import Document, DocumentKind, DocumentWait, Draft, OwnTax, Party, Seller, number_of, series_of
from app.domain.filter import DocumentFilter
from app.domain.page import Page, PageRequest
from app.domain.papers import BILLS, Bill
from app.domain.scope import Scope
from app.store import sessions
from app.store.document_json import as_json, parse_group, parse_line, parse_own_tax
from app.store.document_tables import cdr, document, document_cdr, document_series, document_wait
from app.store.driver_tables import account
from app.store.keyset import Order, read_page
from app.store.tables import session
from app.store.within import allowed, among, during, one_of, referring

_ORDER = Order(document.c.key)
_credited = document.alias("credited")
_SELECT = select(document, _credited.c.number.label("credited_number")).outerjoin(
    _credited, _credited.c.key == document.c.credit_of
)
_OPERATOR = text("SELECT operator_of_document(:id)")


def make(row: Row[Any]) -> Document:
    return Document(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        kind=DocumentKind(row.kind),
        number=row.number,
        issued_at=row.issued_at,
        supply_from=row.supply_from,
        supply_to=row.supply_to,
        currency=row.currency,
        net_minor=row.net_minor,
        tax_minor=row.tax_minor,
        total_minor=row.total_minor,
        seller=Seller(**row.seller),
        buyer=None if row.buyer is None else Party(**row.buyer),
        lines=tuple(parse_line(line) for line in row.lines),
        taxes=tuple(parse_group(group) for group in row.taxes),
        notes=tuple(row.notes),
        own_tax=parse_own_tax(row.own_tax),
        credit_of=row.credit_of,
        session_key=row.session_key,
        hold_key=row.hold_key,
        credited_number=row.credited_number,
        account_key=row.account_key,
    )


def _seen(scope: Scope) -> ColumnElement[bool]:
    """A guest's are those of their session; everybody else's by their places."""
    if scope.hold_key is None:
        return allowed(scope, document.c.location_key)
    return document.c.session_key.in_(select(session.c.key).where(sessions.seen(scope)))


async def search(
    connection: AsyncConnection, scope: Scope, filter: DocumentFilter, request: PageRequest
) -> Page[Document]:
    """Newest first. Who may see some locations sees what was supplied at one of them alone."""
    statement = _SELECT.where(
        _seen(scope),
        one_of(document.c.kind, filter.kinds),
        referring(document.c.session_key, session, filter.session_ids),
        referring(document.c.account_key, account, filter.account_ids),
        during(document.c.issued_at, filter.issued_at),
    )
    return await read_page(connection, statement, _ORDER, request, make)


async def _where(connection: AsyncConnection, scope: Scope, condition: Any) -> list[Document]:
    statement = _SELECT.where(condition, _seen(scope)).order_by(document.c.key)
    return [make(row) for row in await connection.execute(statement)]


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Document]:
    return {found.uuid: found for found in await _where(connection, scope, document.c.id.in_(ids))}


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Document]:
    return {found.key: found for found in await _where(connection, scope, among(document.c.key, keys))}


async def by_sessions(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[Document]]:
    """Everything that is about a session, oldest first; an invoice of many sessions is about each of them."""
    about = (
        select(document_cdr.c.document_key, cdr.c.session_key)
        .join(cdr, cdr.c.key == document_cdr.c.cdr_key)
        .where(among(cdr.c.session_key, keys))
        .distinct()
    )
    pairs = [(row.document_key, row.session_key) for row in await connection.execute(about)]
    found = await by_keys(connection, scope, [document_key for document_key, _ in pairs])
    made: dict[int, list[Document]] = {}
    for document_key, session_key in sorted(pairs):
        if document_key in found:
            made.setdefault(session_key, []).append(found[document_key])
    return made


async def bills_of(connection: AsyncConnection, session_key: int) -> tuple[Bill, ...]:
    """Receipts and invoices of a session with what was credited of each, oldest first."""
    statement = (
        select(
            document.c.key, document.c.kind, document.c.credit_of, document_cdr.c.cdr_key, document_cdr.c.total_minor
        )
        .join(document_cdr, document_cdr.c.document_key == document.c.key)
        .join(cdr, cdr.c.key == document_cdr.c.cdr_key)
        .where(cdr.c.session_key == session_key)
        .order_by(document.c.key)
    )
    rows = (await connection.execute(statement)).all()
    credited: dict[tuple[int, int], int] = {}
    for row in rows:
        if row.kind == DocumentKind.CREDIT_NOTE:
            place = (row.credit_of, row.cdr_key)
            credited[place] = credited.get(place, 0) + row.total_minor
    return tuple(
        Bill(row.key, DocumentKind(row.kind), row.cdr_key, row.total_minor, credited.get((row.key, row.cdr_key), 0))
        for row in rows
        if row.kind in BILLS
    )


async def billed(connection: AsyncConnection, cdr_keys: Collection[int]) -> set[int]:
    """Which of these records are on a receipt or an invoice."""
    statement = (
        select(document_cdr.c.cdr_key)
        .join(document, document.c.key == document_cdr.c.document_key)
        .where(among(document_cdr.c.cdr_key, cdr_keys), document.c.kind.in_(sorted(BILLS)))
    )
    return set((await connection.execute(statement)).scalars())


async def take_turn(connection: AsyncConnection, operator_key: int) -> None:
    """One at a time issues an operator's documents: what one decides by, no other changes meanwhile."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("documents", operator_key))))


async def _number(connection: AsyncConnection, operator_key: int, series: str) -> int:
    """The next number; it is given back if the transaction does not commit."""
    made = upsert(document_series).values(operator_key=operator_key, series=series, taken=1)
    rows = await connection.execute(
        made.on_conflict_do_update(
            index_elements=["operator_key", "series"], set_={"taken": document_series.c.taken + 1}
        ).returning(document_series.c.taken)
    )
    return int(rows.scalar_one())


async def issue(
    connection: AsyncConnection,
    draft: Draft,
    *,
    uuid: UUID,
    operator_key: int,
    seller: Seller,
    own_tax: OwnTax | None,
    at: datetime,
    by: str,
) -> int:
    """The key of a draft that has a number now."""
    series = series_of(draft.kind, at.year)
    sequence = await _number(connection, operator_key, series)
    rows = await connection.execute(
        insert(document)
        .values(
            id=uuid,
            operator_key=operator_key,
            location_key=draft.location_key,
            session_key=draft.session_key,
            hold_key=draft.hold_key,
            account_key=draft.account_key,
            credit_of=draft.credit_of,
            kind=draft.kind.value,
            series=series,
            sequence=sequence,
            number=number_of(series, sequence),
            issued_at=at,
            supply_from=draft.supply_from,
            supply_to=draft.supply_to,
            currency=draft.currency,
            net_minor=draft.net_minor,
            tax_minor=draft.tax_minor,
            total_minor=draft.net_minor + draft.tax_minor,
            seller=as_json(seller),
            buyer=None if draft.buyer is None else as_json(draft.buyer),
            lines=[as_json(line) for line in draft.lines],
            taxes=[as_json(group) for group in draft.taxes],
            notes=list(draft.notes),
            own_tax=None if own_tax is None else as_json(own_tax),
            created_by=by,
        )
        .returning(document.c.key)
    )
    key = int(rows.scalar_one())
    parts = [
        {"operator_key": operator_key, "document_key": key, "cdr_key": cdr_key, "total_minor": total}
        for cdr_key, total in draft.parts
    ]
    if parts:
        await connection.execute(insert(document_cdr), parts)
    return key


async def wait(
    connection: AsyncConnection, session_key: int, *, operator_key: int, code: str, message: str, at: datetime
) -> None:
    made = upsert(document_wait).values(
        session_key=session_key, operator_key=operator_key, code=code, message=message, since=at
    )
    await connection.execute(
        made.on_conflict_do_update(index_elements=["session_key"], set_={"code": code, "message": message})
    )


async def wait_no_more(connection: AsyncConnection, session_key: int) -> None:
    await connection.execute(delete(document_wait).where(document_wait.c.session_key == session_key))


async def waits(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, DocumentWait]:
    statement = (
        select(document_wait)
        .join(session, session.c.key == document_wait.c.session_key)
        .where(among(document_wait.c.session_key, keys), sessions.seen(scope))
    )
    rows = await connection.execute(statement)
    return {row.session_key: DocumentWait(row.code, row.message, row.since) for row in rows}


async def operator_of(connection: AsyncConnection, uuid: UUID) -> int | None:
    """Whose it is, for who has a signed address of it."""
    found = (await connection.execute(_OPERATOR, {"id": uuid})).scalar_one_or_none()
    return None if found is None else int(found)
