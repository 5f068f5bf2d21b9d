"""Letters to drivers without an account, each with the one duty to send it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.guest_letter import GuestLetter, LetterKind
from app.domain.ids import new_uuid
from app.store.driver_path_tables import guest_letter
from app.store.duty_tables import duty
from app.store.payment_tables import guest_access, hold

SEND = "SEND_LETTER"
_BY_A_GUEST = exists().where(guest_access.c.hold_key == hold.c.key)


async def newest_of(connection: AsyncConnection, evse_key: int, contact: str, *, since: datetime) -> int | None:
    """The newest hold at an EVSE that somebody with this address made without an account."""
    rows = await connection.execute(
        select(hold.c.key)
        .where(
            hold.c.evse_key == evse_key, func.lower(hold.c.contact) == contact, hold.c.created_at > since, _BY_A_GUEST
        )
        .order_by(hold.c.key.desc())
        .limit(1)
    )
    found = rows.scalar_one_or_none()
    return None if found is None else int(found)


async def wants_letters(connection: AsyncConnection, hold_key: int) -> bool:
    """Whether whoever made the hold has no account, and gave an address."""
    rows = await connection.execute(
        select(hold.c.key).where(hold.c.key == hold_key, hold.c.contact.is_not(None), _BY_A_GUEST)
    )
    return rows.first() is not None


async def asked_lately(connection: AsyncConnection, hold_key: int, at: datetime) -> int:
    """How many links were asked for within the hour; whoever asks at the same moment is counted after us.

    The lock is the letters' own: who works on the hold is not held up.
    """
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("guest_letter", hold_key))))
    rows = await connection.execute(
        select(func.count()).where(
            guest_letter.c.hold_key == hold_key,
            guest_letter.c.kind == LetterKind.LINK,
            guest_letter.c.asked_at > at - timedelta(hours=1),
        )
    )
    return int(rows.scalar_one())


async def add(
    connection: AsyncConnection, *, uuid: UUID, operator_key: int, hold_key: int | None, kind: LetterKind, at: datetime
) -> None:
    row = await connection.execute(
        insert(guest_letter)
        .values(id=uuid, operator_key=operator_key, hold_key=hold_key, kind=kind, asked_at=at)
        .returning(guest_letter.c.key)
    )
    await connection.execute(
        insert(duty).values(
            id=new_uuid(at_ms=int(at.timestamp() * 1000)),
            operator_key=operator_key,
            kind=SEND,
            letter_key=row.scalar_one(),
            due_at=at,
        )
    )


async def by_key(connection: AsyncConnection, key: int) -> GuestLetter | None:
    rows = await connection.execute(
        select(guest_letter, hold.c.contact, hold.c.return_url)
        .outerjoin(hold, hold.c.key == guest_letter.c.hold_key)
        .where(guest_letter.c.key == key)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    return GuestLetter(
        row.key, row.id, row.operator_key, LetterKind(row.kind), row.asked_at, row.hold_key, row.contact, row.return_url
    )
