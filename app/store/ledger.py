"""The ledger, read: it is written by the database with the facts, and by nobody else."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import LedgerFilter
from app.domain.ledger import Balance, Book, Cause, Line, Posting
from app.domain.page import Page, PageRequest
from app.store.keyset import Order, read_page, replace_items
from app.store.ledger_tables import ledger_line, ledger_posting
from app.store.tables import session
from app.store.within import among, during, referring

_ORDER = Order(ledger_posting.c.key, ledger_posting.c.at)


def _posting(row: Row[Any], lines: Collection[Line]) -> Posting:
    return Posting(
        row.key, row.id, row.currency, Cause(row.cause), row.cause_key, row.turn, row.session_key, row.at, tuple(lines)
    )


async def _lines(connection: AsyncConnection, keys: Collection[int]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {key: [] for key in keys}
    rows = select(ledger_line).where(among(ledger_line.c.posting_key, keys)).order_by(ledger_line.c.book)
    for row in await connection.execute(rows):
        found[row.posting_key].append(Line(Book(row.book), row.amount_minor))
    return found


async def search(connection: AsyncConnection, filter: LedgerFilter, request: PageRequest) -> Page[Posting]:
    """Newest first."""
    statement = select(ledger_posting).where(
        during(ledger_posting.c.at, filter.at), referring(ledger_posting.c.session_key, session, filter.session_ids)
    )
    if filter.book is not None:
        touched = (ledger_line.c.posting_key == ledger_posting.c.key) & (ledger_line.c.book == filter.book)
        statement = statement.where(exists().where(touched))
    page = await read_page(connection, statement, _ORDER, request, lambda row: row)
    lines = await _lines(connection, [row.key for row in page.items])
    return replace_items(page, [_posting(row, lines[row.key]) for row in page.items])


async def balances(connection: AsyncConnection, filter: LedgerFilter) -> list[Balance]:
    """What the postings chosen leave in each book, by currency."""
    amount = func.sum(ledger_line.c.amount_minor)
    statement = (
        select(ledger_line.c.book, ledger_posting.c.currency, amount.label("amount"))
        .join(ledger_posting, ledger_posting.c.key == ledger_line.c.posting_key)
        .where(
            during(ledger_posting.c.at, filter.at),
            referring(ledger_posting.c.session_key, session, filter.session_ids),
        )
        .group_by(ledger_line.c.book, ledger_posting.c.currency)
        .order_by(ledger_posting.c.currency, ledger_line.c.book)
    )
    if filter.book is not None:
        statement = statement.where(ledger_line.c.book == filter.book)
    return [Balance(Book(row.book), row.currency, int(row.amount)) for row in await connection.execute(statement)]


async def receivables(connection: AsyncConnection, session_keys: Collection[int]) -> dict[int, int]:
    """What is open of sessions; negative: paid in advance."""
    statement = (
        select(ledger_posting.c.session_key, func.sum(ledger_line.c.amount_minor).label("amount"))
        .join(ledger_line, ledger_posting.c.key == ledger_line.c.posting_key)
        .where(among(ledger_posting.c.session_key, session_keys), ledger_line.c.book == Book.RECEIVABLE)
        .group_by(ledger_posting.c.session_key)
    )
    return {row.session_key: int(row.amount) for row in await connection.execute(statement)}
