"""Drivers without an account: the EVSE that they stand at, and their way back to what they paid for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, delete, false, func, not_, null, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import GuestAccess
from app.domain.hold import TAKE_OVER_AFTER, TAKEN_OVER, HoldStatus
from app.store import holds
from app.store.money_tables import quote
from app.store.payment_tables import guest_access, hold

_WAYS_MAX = 10  # to one hold, of each kind, beside the first: whoever asks more often loses the oldest of them
_FIND_EVSE = text("SELECT * FROM find_published_evse(CAST(:id AS uuid), :sticker)")
_HEAR = text("SELECT hear_guest(:id, :at)")
_FIND_GUEST = text("SELECT * FROM find_guest(:digest)")
_OPEN = (HoldStatus.CREATED, HoldStatus.ACTION_REQUIRED, HoldStatus.HELD)


async def find_evse(
    connection: AsyncConnection, *, uuid: UUID | None = None, sticker: str | None = None
) -> Row[Any] | None:
    """(operator_key, operator_id, evse_id) of a published EVSE, by either of its ids; before any operator is set."""
    return (await connection.execute(_FIND_EVSE, {"id": uuid, "sticker": sticker})).one_or_none()


async def by_digest(connection: AsyncConnection, digest: bytes) -> GuestAccess | None:
    """Before any operator is set; also one that has ended."""
    row = (await connection.execute(_FIND_GUEST, {"digest": digest})).one_or_none()
    return None if row is None else GuestAccess(*row)


async def hear(connection: AsyncConnection, uuid: UUID, at: datetime) -> None:
    """Whoever holds this way is there; before any operator is set."""
    await connection.execute(_HEAR, {"id": uuid, "at": at})


async def let_in(
    connection: AsyncConnection,
    *,
    uuid: UUID,
    operator_key: int,
    hold_key: int,
    digest: bytes,
    at: datetime,
    mailed: bool = False,
) -> None:
    """One more way to a hold, if it is not there yet; the oldest beyond ten of its kind are closed, the first never.

    Anybody can have letters sent: a letter closes no way that was given to who paid, not even the answer to a repeat.
    """
    await connection.execute(
        insert(guest_access)
        .values(
            id=uuid,
            operator_key=operator_key,
            hold_key=hold_key,
            secret_digest=digest,
            created_at=at,
            mailed=mailed,
        )
        .on_conflict_do_nothing(index_elements=[guest_access.c.secret_digest])
    )
    of_hold = guest_access.c.hold_key == hold_key
    first = select(func.min(guest_access.c.key)).where(of_hold).scalar_subquery()
    surplus = (
        select(guest_access.c.key)
        .where(of_hold, guest_access.c.key > first, guest_access.c.mailed.is_(mailed))
        .order_by(guest_access.c.key.desc())
        .offset(_WAYS_MAX)
    )
    await connection.execute(delete(guest_access).where(guest_access.c.key.in_(surplus)))


async def hold_key(connection: AsyncConnection, uuid: UUID) -> int:
    return int((await connection.execute(select(hold.c.key).where(hold.c.id == uuid))).scalar_one())


def _silent(at: datetime) -> ColumnElement[bool]:
    """Of somebody without an account who began to pay and was not heard since; who asks their bank is not silent."""
    # A letter that nobody opened is no sign of life. Holds of people with a token of their own have no way: not theirs.
    began = case((guest_access.c.mailed, null()), else_=guest_access.c.created_at)
    heard = func.max(func.coalesce(guest_access.c.heard_at, began))
    last = select(heard).where(guest_access.c.hold_key == hold.c.key).scalar_subquery()
    return and_(hold.c.status == HoldStatus.CREATED, func.coalesce(last <= at - TAKE_OVER_AFTER, false()))


async def is_being_paid(connection: AsyncConnection, evse_key: int, at: datetime) -> bool:
    """Whether somebody has a hold open at the EVSE, paid or not yet, that nobody else may take over."""
    rows = await connection.execute(
        select(hold.c.key).where(hold.c.evse_key == evse_key, hold.c.status.in_(_OPEN), not_(_silent(at)))
    )
    return rows.first() is not None


async def silent_at(connection: AsyncConnection, evse_key: int, quote_id: UUID, *, at: datetime) -> int | None:
    """The hold of whoever fell silent before paying here, locked; never that of this very quote."""
    rows = await connection.execute(
        select(hold.c.key)
        .join(quote, quote.c.key == hold.c.quote_key)
        .where(hold.c.evse_key == evse_key, _silent(at), quote.c.id != quote_id)
        .with_for_update(of=hold)
    )
    key = rows.scalar_one_or_none()
    return None if key is None else int(key)


async def give_way(connection: AsyncConnection, key: int, *, at: datetime) -> None:
    """The hold is to be released, also if it is paid for in the same moment."""
    await holds.note(connection, key, release_wanted=TAKEN_OVER)
    await holds.raise_version(connection, key)
    await holds.wake(connection, key, at=at)


async def is_open(connection: AsyncConnection, key: int) -> bool:
    """Whether the provider may still take, or hold, money for it."""
    rows = await connection.execute(select(hold.c.key).where(hold.c.key == key, hold.c.status.in_(_OPEN)))
    return rows.first() is not None
