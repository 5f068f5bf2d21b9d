"""Holds with their refunds, as people read them and as duties move them on."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import HoldFilter
from app.domain.hold import Hold, HoldStatus, PayWay, Refund, RefundStatus
from app.domain.ids import new_uuid
from app.domain.owed import Deed, FeeRule, Step
from app.domain.page import Page, PageRequest
from app.domain.payment_call import CallState, PaymentCall, idempotency_key
from app.domain.scope import Scope
from app.store.duty_tables import duty
from app.store.keyset import Order, read_page, replace_items
from app.store.money_tables import quote
from app.store.payment_tables import hold, payment_account, payment_call, refund
from app.store.tables import location, session
from app.store.within import allowed, among, during, one_of, referring

ADVANCE = "ADVANCE_HOLD"
_ORDER = Order(hold.c.key)
# Named alike in the table and in the dataclass; the rest is translated below.
_TRANSLATED = {"uuid", "status", "way", "refunds"}
_ALIKE = tuple(field.name for field in fields(Hold) if field.name not in _TRANSLATED)
_FIXED = frozenset({"key", "operator_key", "location_key", "station_key", "evse_key", "created_at", "currency"})


def _refund(row: Row[Any]) -> Refund:
    return Refund(
        row.key,
        row.id,
        row.amount_minor,
        row.reason,
        RefundStatus(row.status),
        row.created_by,
        row.created_at,
        row.reference,
        row.failure,
    )


def make(row: Row[Any], refunds: Collection[Refund] = ()) -> Hold:
    """A hold of a row of `hold`."""
    alike = {name: getattr(row, name) for name in _ALIKE}
    return Hold(uuid=row.id, status=HoldStatus(row.status), way=PayWay(row.way), refunds=tuple(refunds), **alike)


async def _refunds(connection: AsyncConnection, keys: Collection[int]) -> dict[int, list[Refund]]:
    found: dict[int, list[Refund]] = {key: [] for key in keys}
    rows = await connection.execute(select(refund).where(among(refund.c.hold_key, keys)).order_by(refund.c.key))
    for row in rows:
        found[row.hold_key].append(_refund(row))
    return found


async def _all(connection: AsyncConnection, rows: Collection[Row[Any]]) -> list[Hold]:
    refunds = await _refunds(connection, [row.key for row in rows])
    return [make(row, refunds[row.key]) for row in rows]


def _seen(scope: Scope) -> ColumnElement[bool]:
    """A guest's or a driver's own; everybody else's by their places."""
    if scope.driver_key is not None:
        return hold.c.driver_key == scope.driver_key
    return allowed(scope, hold.c.location_key) if scope.hold_key is None else hold.c.key == scope.hold_key


async def search(connection: AsyncConnection, scope: Scope, filter: HoldFilter, request: PageRequest) -> Page[Hold]:
    """Newest first."""
    statement = select(hold).where(
        _seen(scope),
        one_of(hold.c.status, filter.status),
        during(hold.c.capture_before, filter.capture_before),
        referring(hold.c.location_key, location, filter.location_ids),
    )
    page = await read_page(connection, statement, _ORDER, request, lambda row: row)
    return replace_items(page, await _all(connection, list(page.items)))


async def _where(connection: AsyncConnection, scope: Scope, condition: ColumnElement[bool]) -> list[Hold]:
    rows = (await connection.execute(select(hold).where(condition, _seen(scope)))).all()
    return await _all(connection, rows)


async def by_keys(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Hold]:
    return {found.key: found for found in await _where(connection, scope, among(hold.c.key, keys))}


async def by_ids(connection: AsyncConnection, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Hold]:
    return {found.uuid: found for found in await _where(connection, scope, hold.c.id.in_(ids))}


async def by_sessions(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, Hold]:
    found = await _where(connection, scope, among(hold.c.session_key, keys))
    return {item.session_key: item for item in found if item.session_key is not None}


async def locked(connection: AsyncConnection, key: int) -> Row[Any] | None:
    """The row, held until the end of the transaction."""
    return (await connection.execute(select(hold).where(hold.c.key == key).with_for_update())).one_or_none()


async def of_row(connection: AsyncConnection, row: Row[Any]) -> Hold:
    return (await _all(connection, [row]))[0]


async def add(connection: AsyncConnection, values: dict[str, Any]) -> Hold:
    """A new hold with its duty. Raises IntegrityError when the EVSE has an open one."""
    row = (await connection.execute(insert(hold).values(**values).returning(*hold.c))).one()
    await connection.execute(
        insert(duty).values(
            id=new_uuid(at_ms=int(row.created_at.timestamp() * 1000)),
            operator_key=row.operator_key,
            kind=ADVANCE,
            hold_key=row.key,
            due_at=row.created_at,
        )
    )
    return make(row)


async def save(connection: AsyncConnection, before: Hold, after: Hold) -> None:
    """Writes what changed of a hold and of its refunds; the caller holds the row."""
    known = {item.key: item for item in before.refunds}
    for item in after.refunds:  # first: what the hold says beyond them was given back outside, and the books say so
        if item != known.get(item.key):
            changed = {"status": item.status, "reference": item.reference, "failure": item.failure}
            await connection.execute(update(refund).where(refund.c.key == item.key).values(**changed))
    values: dict[str, Any] = {
        name: getattr(after, name)
        for name in (*_ALIKE, "status")
        if name not in _FIXED and getattr(after, name) != getattr(before, name)
    }
    if values:
        await connection.execute(update(hold).where(hold.c.key == after.key).values(**values))


async def note(connection: AsyncConnection, key: int, **values: Any) -> None:
    """What is ours alone and changes nothing that people see."""
    await connection.execute(update(hold).where(hold.c.key == key).values(**values))


async def add_refund(
    connection: AsyncConnection, of: Hold, *, uuid: UUID, amount_minor: int, reason: str, by: str, at: datetime
) -> Refund:
    row = await connection.execute(
        insert(refund)
        .values(
            id=uuid,
            operator_key=of.operator_key,
            hold_key=of.key,
            amount_minor=amount_minor,
            reason=reason,
            created_by=by,
            created_at=at,
        )
        .returning(*refund.c)
    )
    return _refund(row.one())


async def session_began(connection: AsyncConnection, session_key: int) -> bool:
    rows = await connection.execute(select(session.c.started_at).where(session.c.key == session_key))
    return rows.scalar_one() is not None


async def link(connection: AsyncConnection, key: int, session_key: int) -> None:
    """The session that the hold pays for."""
    await connection.execute(
        update(hold).where(hold.c.key == key).values(session_key=session_key, version=hold.c.version + 1)
    )


async def move(connection: AsyncConnection, of: Hold, evse_key: int, *, at: datetime) -> None:
    """To another EVSE, with the price that was shown; its start is asked for anew. Raises IntegrityError when taken."""
    await connection.execute(
        update(hold)
        .where(hold.c.key == of.key)
        .values(evse_key=evse_key, session_key=None, session_version=None, moved_at=at, version=hold.c.version + 1)
    )
    if of.session_key is not None:
        await connection.execute(update(session).where(session.c.key == of.session_key).values(quote_key=None))
    await connection.execute(update(quote).where(quote.c.key == of.quote_key).values(evse_key=evse_key))
    await wake(connection, of.key, at=at)


async def raise_version(connection: AsyncConnection, key: int) -> None:
    await connection.execute(update(hold).where(hold.c.key == key).values(version=hold.c.version + 1))


async def wake(connection: AsyncConnection, key: int, *, at: datetime) -> int | None:
    """The hold is looked at now, also when it is being looked at: a wake is counted. The duty's key."""
    rows = await connection.execute(
        update(duty)
        .where(duty.c.kind == ADVANCE, duty.c.hold_key == key)
        .values(state="OWED", due_at=at, wakes=duty.c.wakes + 1, done_at=None)
        .returning(duty.c.key)
    )
    found = rows.scalar_one_or_none()
    return None if found is None else int(found)


# -- calls ------------------------------------------------------------------------------------------------------------


def _call(row: Row[Any]) -> PaymentCall:
    return PaymentCall(
        row.key,
        row.hold_key,
        Deed(row.deed),
        row.generation,
        row.idempotency_key,
        row.amount_minor,
        row.fee_minor,
        row.reason,
        row.provisional,
        row.waived_minor,
        row.refund_key,
        row.created_at,
        row.attempts,
        CallState(row.state),
    )


async def unfinished_call(connection: AsyncConnection, key: int) -> PaymentCall | None:
    statement = select(payment_call).where(payment_call.c.hold_key == key, payment_call.c.state == CallState.WANTED)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _call(row)


async def add_call(connection: AsyncConnection, of: Hold, step: Step, at: datetime) -> PaymentCall:
    """The row that must be committed before the call is made; its generation counts earlier attempts at the deed."""
    same = select(func.count()).where(
        payment_call.c.hold_key == of.key,
        payment_call.c.deed == step.deed,
        payment_call.c.refund_key.is_not_distinct_from(step.refund_key),
    )
    generation = int((await connection.execute(same)).scalar_one()) + 1
    row = await connection.execute(
        insert(payment_call)
        .values(
            operator_key=of.operator_key,
            hold_key=of.key,
            deed=step.deed,
            generation=generation,
            idempotency_key=idempotency_key(of, step, generation),
            amount_minor=step.amount_minor,
            fee_minor=step.fee_minor,
            reason=step.reason,
            provisional=step.provisional,
            waived_minor=step.waived_minor,
            refund_key=step.refund_key,
            created_at=at,
        )
        .returning(*payment_call.c)
    )
    return _call(row.one())


async def call_state(connection: AsyncConnection, key: int) -> CallState:
    rows = await connection.execute(select(payment_call.c.state).where(payment_call.c.key == key))
    return CallState(rows.scalar_one())


async def change_call(connection: AsyncConnection, key: int, **values: Any) -> None:
    await connection.execute(update(payment_call).where(payment_call.c.key == key).values(**values))


# -- accounts ---------------------------------------------------------------------------------------------------------


async def account(connection: AsyncConnection) -> Row[Any] | None:
    """The operator's own, if it was set; row security keeps to the operator."""
    return (await connection.execute(select(payment_account))).one_or_none()


async def fee_rule(connection: AsyncConnection) -> FeeRule:
    row = await account(connection)
    return FeeRule() if row is None else FeeRule(row.fee_basis_points, row.fee_fixed_minor)


async def set_account(connection: AsyncConnection, values: dict[str, Any]) -> Row[Any]:
    """Made or changed. Raises IntegrityError when another operator has the account."""
    made = upsert(payment_account).values(**values)
    changed = {name: made.excluded[name] for name in values if name not in ("id", "operator_key", "created_at")}
    rows = await connection.execute(
        made.on_conflict_do_update(
            index_elements=["operator_key"], set_=changed | {"version": payment_account.c.version + 1}
        ).returning(*payment_account.c)
    )
    return rows.one()
