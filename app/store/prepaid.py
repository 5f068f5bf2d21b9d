"""What a prepaid balance pays for a session whose bill a person or a late message has changed."""

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import EntryKind
from app.domain.cdr import Cdr
from app.domain.session import Session
from app.store.driver_tables import account, account_entry
from app.store.payment_tables import hold


async def settle(
    connection: AsyncConnection, session: Session, former: Cdr | None, record: Cdr, *, by: str, at: datetime
) -> None:
    """The balance pays the difference to the new record, in the transaction that writes it.

    A session that nobody had to pay so far is charged now, unless a card was held for it; one that was billed while
    its account was not prepaid stays as it was billed.
    """
    if session.account_key is None:
        return
    entries = await connection.execute(
        select(func.sum(account_entry.c.amount_minor), func.count().filter(account_entry.c.kind == EntryKind.CHARGE))
        .where(account_entry.c.session_key == session.key, account_entry.c.account_key == session.account_key)
        .group_by(account_entry.c.session_key)
    )
    row = entries.one_or_none()
    paid, charged = (0, False) if row is None else (-int(row[0]), bool(row[1]))
    unbilled = former is None or former.total_minor == 0
    if not charged and not (unbilled and await _pays(connection, session)):
        return
    if record.total_minor != paid:
        await connection.execute(
            insert(account_entry).values(
                operator_key=session.operator_key,
                account_key=session.account_key,
                kind=EntryKind.CORRECTION if charged else EntryKind.CHARGE,
                amount_minor=paid - record.total_minor,
                session_key=session.key,
                reason=record.note or record.reason.value,
                created_by=by,
                created_at=at,
            )
        )


async def _pays(connection: AsyncConnection, session: Session) -> bool:
    held = select(hold.c.key).where(hold.c.session_key == session.key).exists()
    found = await connection.execute(
        select(account.c.key).where(account.c.key == session.account_key, account.c.prepaid, ~held)
    )
    return found.one_or_none() is not None
