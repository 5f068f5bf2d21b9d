"""Drivers without an account: the EVSE that they stand at, and their way back to what they paid for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import GuestAccess
from app.domain.hold import HoldStatus
from app.store.payment_tables import guest_access, hold

_WAYS_MAX = 10  # to one hold beside the first: whoever asks more often loses the oldest of them
_FIND_EVSE = text("SELECT * FROM find_published_evse(CAST(:id AS uuid), :sticker)")
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


async def let_in(
    connection: AsyncConnection, *, uuid: UUID, operator_key: int, hold_key: int, digest: bytes, at: datetime
) -> None:
    """One more way to a hold, if it is not there yet; the oldest beyond ten are closed, but never the payer's own."""
    await connection.execute(
        insert(guest_access)
        .values(id=uuid, operator_key=operator_key, hold_key=hold_key, secret_digest=digest, created_at=at)
        .on_conflict_do_nothing(index_elements=[guest_access.c.secret_digest])
    )
    of_hold = guest_access.c.hold_key == hold_key
    first = select(func.min(guest_access.c.key)).where(of_hold).scalar_subquery()
    surplus = (
        select(guest_access.c.key)
        .where(of_hold, guest_access.c.key > first)
        .order_by(guest_access.c.key.desc())
        .offset(_WAYS_MAX)
    )
    await connection.execute(delete(guest_access).where(guest_access.c.key.in_(surplus)))


async def hold_key(connection: AsyncConnection, uuid: UUID) -> int:
    return int((await connection.execute(select(hold.c.key).where(hold.c.id == uuid))).scalar_one())


async def is_being_paid(connection: AsyncConnection, evse_key: int) -> bool:
    """Whether somebody has a hold open at the EVSE, paid or not yet."""
    rows = await connection.execute(select(hold.c.key).where(hold.c.evse_key == evse_key, hold.c.status.in_(_OPEN)))
    return rows.first() is not None
