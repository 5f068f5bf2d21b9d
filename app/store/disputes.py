"""Disputes, as people read them and as the duty follows them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, false, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.dispute import OPEN, Dispute, DisputeFacts, DisputeStatus, DisputeWish, seen
from app.domain.ids import new_uuid
from app.domain.page import Page, PageRequest
from app.store.keyset import Order, read_page
from app.store.payment_tables import hold
from app.store.payout_tables import dispute, dispute_watch
from app.store.saved_card_tables import payment_method as saved
from app.store.within import among

_ORDER = Order(dispute.c.key)
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)
_BLOCKING = (*sorted(OPEN), DisputeStatus.LOST)


def make(row: Row[Any]) -> Dispute:
    facts = DisputeFacts(
        row.reference, None, row.amount_minor, row.currency, DisputeStatus(row.status), row.reason, row.evidence_due_by,
        row.created_at,
    )  # fmt: skip
    wish = None if row.wish is None else DisputeWish(row.wish)
    return Dispute(row.key, row.id, row.hold_key, facts, wish, row.submitted_at, row.failure, row.version)


async def search(connection: AsyncConnection, open: bool | None, request: PageRequest) -> Page[Dispute]:
    """Newest first; all of them without ``open``."""
    is_open = dispute.c.status.in_(sorted(OPEN))
    statement = select(dispute).where(true() if open is None else is_open if open else ~is_open)
    return await read_page(connection, statement, _ORDER, request, make)


async def by_id(connection: AsyncConnection, uuid: UUID, *, locked: bool = False) -> Dispute | None:
    statement = select(dispute).where(dispute.c.id == uuid)
    row = (await connection.execute(statement.with_for_update() if locked else statement)).one_or_none()
    return None if row is None else make(row)


async def by_holds(connection: AsyncConnection, hold_keys: Collection[int]) -> dict[int, Dispute]:
    """The newest of each hold."""
    rows = await connection.execute(select(dispute).where(among(dispute.c.hold_key, hold_keys)).order_by(dispute.c.key))
    return {row.hold_key: make(row) for row in rows}


async def is_disputed(connection: AsyncConnection, hold_key: int) -> bool:
    """Whether a bank has, or wants, the money."""
    wanted = exists().where(dispute.c.hold_key == hold_key, dispute.c.status.in_(_BLOCKING))
    return bool((await connection.execute(select(wanted))).scalar_one())


async def is_blocked(connection: AsyncConnection, *, fingerprint: str | None, payment_method: str | None) -> bool:
    """Whether a payment with this card, or another saved card of its driver, is disputed or was lost."""
    same: list[ColumnElement[bool]] = []  # what is not known is nobody's: NULL must never be compared
    if fingerprint is not None:
        same.append(hold.c.card_fingerprint == fingerprint)
    if payment_method is not None:
        other = saved.alias("other")
        drivers_cards = (
            select(saved.c.payment_method)
            .join(other, other.c.driver_key == saved.c.driver_key)
            .where(other.c.payment_method == payment_method, saved.c.payment_method.is_not(None))
        )
        same += [hold.c.payment_method == payment_method, hold.c.payment_method.in_(drivers_cards)]
    wanted = select(dispute.c.key).join(hold, hold.c.key == dispute.c.hold_key)
    found = await connection.execute(wanted.where(dispute.c.status.in_(_BLOCKING), or_(false(), *same)).limit(1))
    return found.first() is not None


async def wish(connection: AsyncConnection, of: Dispute, wanted: DisputeWish, at: datetime) -> None:
    """Written down; the duty does it."""
    values = {"wish": wanted, "version": dispute.c.version + 1, "failure": None}
    await connection.execute(update(dispute).where(dispute.c.key == of.key).values(**values))
    await connection.execute(update(dispute_watch).where(dispute_watch.c.hold_key == of.hold_key).values(due_at=at))


# -- as they are followed ---------------------------------------------------------------------------------------------


async def hold_of(connection: AsyncConnection, hold_key: int) -> Row[Any]:
    return (await connection.execute(select(hold).where(hold.c.key == hold_key))).one()


async def keep(
    connection: AsyncConnection, facts: Collection[DisputeFacts], *, of: Row[Any], at: datetime
) -> list[Dispute]:
    """What the provider says, taken in: in any order, and once. The hold's disputes as they are now."""
    account = of.account or ""
    for one in facts:
        made = upsert(dispute).values(
            id=new_uuid(at_ms=int(at.timestamp() * 1000)), operator_key=of.operator_key, hold_key=of.key, account=account,
            reference=one.reference, currency=one.currency, amount_minor=one.amount_minor, status=one.status,
            reason=one.reason, evidence_due_by=one.evidence_due_by, created_at=one.created_at,
        )  # fmt: skip
        await connection.execute(made.on_conflict_do_nothing(index_elements=["account", "reference"]))
        which = (dispute.c.account == account) & (dispute.c.reference == one.reference)
        known = make((await connection.execute(select(dispute).where(which).with_for_update())).one())
        after = seen(known, one)
        if after != known:
            await save(connection, after)
    rows = await connection.execute(select(dispute).where(dispute.c.hold_key == of.key).order_by(dispute.c.key))
    return [make(row) for row in rows]


async def save(connection: AsyncConnection, after: Dispute) -> None:
    values = {
        "amount_minor": after.facts.amount_minor,
        "status": after.facts.status,
        "evidence_due_by": after.facts.evidence_due_by,
        "wish": after.wish,
        "submitted_at": after.submitted_at,
        "failure": after.failure,
        "version": after.version,
    }
    await connection.execute(update(dispute).where(dispute.c.key == after.key).values(**values))


async def attempt(connection: AsyncConnection, of: Dispute) -> int:
    """Counts an attempt at the provider, before it is made."""
    counted = update(dispute).where(dispute.c.key == of.key).values(attempts=dispute.c.attempts + 1)
    return int((await connection.execute(counted.returning(dispute.c.attempts))).scalar_one())


async def ended(
    connection: AsyncConnection, of: Dispute, *, submitted_at: datetime | None, failure: str | None
) -> None:
    """What came of an attempt: nothing more is wanted of it."""
    row = (await connection.execute(select(dispute).where(dispute.c.key == of.key).with_for_update())).one()
    known = make(row)
    await save(
        connection,
        replace(
            known,
            wish=None,
            submitted_at=submitted_at or known.submitted_at,
            failure=failure,
            version=known.version + 1,
        ),
    )


async def look_again(connection: AsyncConnection, hold_key: int, due_at: datetime | None) -> None:
    """None: never, unless word of it comes."""
    values = {"due_at": due_at or _NEVER}
    await connection.execute(update(dispute_watch).where(dispute_watch.c.hold_key == hold_key).values(**values))
