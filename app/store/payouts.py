"""Payouts and the lines of the provider's balance, as they are read from it and as people read them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.hold import RefundStatus
from app.domain.ids import new_uuid
from app.domain.owed import Deed
from app.domain.page import Page, PageRequest
from app.domain.payment_call import CallState
from app.domain.payout import BalanceLine, Ours, Payout, PayoutFacts, PayoutLine, PayoutLineKind, PayoutStatus
from app.store.keyset import Order, read_page
from app.store.payment_tables import hold, payment_call, refund
from app.store.payout_tables import balance_reading, dispute, payout, payout_line, payout_line_booking

_PAYOUTS = Order(payout.c.key, payout.c.created_at)
_LINES = Order(payout_line.c.key)


def _facts(row: Row[Any]) -> PayoutFacts:
    return PayoutFacts(
        row.reference, row.amount_minor, row.currency, PayoutStatus(row.status), row.automatic, row.complete,
        row.created_at, row.arrives_at, row.failure,
    )  # fmt: skip


def make(row: Row[Any]) -> Payout:
    return Payout(row.key, row.id, row.account or None, _facts(row), row.version)


def _held() -> ColumnElement[bool]:
    return and_(func.coalesce(hold.c.account, "") == payout_line.c.account, hold.c.reference == payout_line.c.intent)


def _outside() -> ColumnElement[Any]:
    """What was given back of the hold and that we did not ask for."""
    reached = (
        select(func.coalesce(func.sum(refund.c.amount_minor), 0))
        .where(
            refund.c.hold_key == hold.c.key,
            refund.c.status != RefundStatus.REQUESTED,
            refund.c.reference.is_not(None),
        )
        .scalar_subquery()
    )
    return func.greatest(hold.c.refunded_minor - reached, 0)


def _lines() -> Select[Any]:
    """Lines with what is known of what each names."""
    named = refund.alias("named")
    return (
        select(
            payout_line,
            hold.c.key.label("hold_key"),
            hold.c.session_key,
            hold.c.currency.label("hold_currency"),
            hold.c.captured_minor,
            _outside().label("outside_minor"),
            named.c.id.label("refund_id"),
            named.c.amount_minor.label("refund_minor"),
            named.c.status.label("refund_status"),
            payout_line_booking.c.payout_line_key.label("booked"),
            dispute.c.amount_minor.label("disputed_minor"),
        )
        .outerjoin(hold, _held())
        .outerjoin(named, and_(named.c.reference == payout_line.c.source, named.c.hold_key == hold.c.key))
        .outerjoin(
            dispute, and_(dispute.c.account == payout_line.c.account, dispute.c.reference == payout_line.c.source)
        )
        .outerjoin(payout_line_booking, payout_line_booking.c.payout_line_key == payout_line.c.key)
    )


def make_line(row: Row[Any]) -> PayoutLine:
    line = BalanceLine(
        row.reference, PayoutLineKind(row.kind), row.currency, row.amount_minor, row.fee_minor, row.application_fee_minor,
        row.at, row.source, row.intent,
    )  # fmt: skip
    ours = Ours(
        captured_minor=row.captured_minor,
        refund_minor=row.refund_minor,
        refund_status=None if row.refund_status is None else RefundStatus(row.refund_status),
        outside_refund_minor=row.outside_minor or 0,
        disputed_minor=row.disputed_minor,
        booked=row.booked is not None,
        same_currency=row.hold_currency in (None, row.currency),
    )
    return PayoutLine(
        row.key, row.id, line, row.account or None, row.payout_key, row.hold_key, row.session_key, row.refund_id, ours
    )


async def search(connection: AsyncConnection, request: PageRequest) -> Page[Payout]:
    """Newest first."""
    return await read_page(connection, select(payout), _PAYOUTS, request, make)


async def lines_of(connection: AsyncConnection, payout_key: int, request: PageRequest) -> Page[PayoutLine]:
    return await read_page(
        connection, _lines().where(payout_line.c.payout_key == payout_key), _LINES, request, make_line
    )


async def lines_during(
    connection: AsyncConnection, start: datetime, end: datetime, *, after: int, limit: int
) -> list[PayoutLine]:
    """In the order of their keys."""
    statement = _lines().where(payout_line.c.at >= start, payout_line.c.at < end, payout_line.c.key > after)
    return [make_line(row) for row in await connection.execute(statement.order_by(payout_line.c.key).limit(limit))]


async def line(connection: AsyncConnection, key: int) -> PayoutLine:
    return make_line((await connection.execute(_lines().where(payout_line.c.key == key))).one())


async def lines_by_keys(connection: AsyncConnection, keys: Collection[int]) -> dict[int, PayoutLine]:
    rows = await connection.execute(_lines().where(payout_line.c.key.in_(keys)))
    return {row.key: make_line(row) for row in rows}


async def not_paid_out(connection: AsyncConnection, start: datetime, end: datetime) -> list[tuple[int, int, str]]:
    """Key, amount and currency of holds captured in a time, of which no payout says anything.

    Where payouts are asked for by hand, the provider does not say what each took: there a line of the balance does.
    """
    account = func.coalesce(hold.c.account, "")
    by_hand = exists().where(payout.c.account == account, ~payout.c.automatic)
    shown = exists().where(
        payout_line.c.account == account,
        payout_line.c.intent == hold.c.reference,
        payout_line.c.kind == PayoutLineKind.CHARGE,
        or_(payout_line.c.payout_key.is_not(None), by_hand),
    )
    statement = (
        select(hold.c.key, hold.c.captured_minor, hold.c.currency)
        .join(payment_call, payment_call.c.hold_key == hold.c.key)
        .where(
            payment_call.c.deed == Deed.CAPTURE,
            payment_call.c.state == CallState.DONE,
            payment_call.c.ended_at >= start,
            payment_call.c.ended_at < end,
            exists().where(balance_reading.c.account == account, ~balance_reading.c.shared),
            ~shown,
        )
        .order_by(hold.c.key)
    )
    return [(row.key, row.captured_minor, row.currency) for row in await connection.execute(statement)]


async def book(
    connection: AsyncConnection, of: PayoutLine, amount_minor: int, *, operator_key: int, by: str, at: datetime
) -> None:
    """Once; a repetition changes nothing."""
    made = upsert(payout_line_booking).values(
        payout_line_key=of.key, operator_key=operator_key, amount_minor=amount_minor, booked_by=by, booked_at=at
    )
    await connection.execute(made.on_conflict_do_nothing())


# -- as they are read from the provider -------------------------------------------------------------------------------


async def keep_lines(
    connection: AsyncConnection,
    lines: Sequence[BalanceLine],
    *,
    operator_key: int,
    account: str,
    payout_key: int | None,
    at: datetime,
) -> None:
    """New ones are kept; of known ones only the payout is learnt."""
    if not lines:
        return
    made = upsert(payout_line).values(
        [
            {
                "id": new_uuid(at_ms=int(at.timestamp() * 1000)),
                "operator_key": operator_key,
                "account": account,
                "reference": one.reference,
                "kind": one.kind,
                "currency": one.currency,
                "amount_minor": one.amount_minor,
                "fee_minor": one.fee_minor,
                "application_fee_minor": one.application_fee_minor,
                "source": one.source,
                "intent": one.intent,
                "at": one.at,
                "payout_key": payout_key,
            }
            for one in sorted(lines, key=lambda one: one.at)
        ]
    )
    which = ["account", "reference"]
    if payout_key is None:
        await connection.execute(made.on_conflict_do_nothing(index_elements=which))
        return
    untaken = payout_line.c.payout_key.is_(None)
    await connection.execute(
        made.on_conflict_do_update(index_elements=which, set_={"payout_key": payout_key}, where=untaken)
    )


async def holds_to_look_at(connection: AsyncConnection, lines: Sequence[BalanceLine], account: str) -> list[int]:
    """Holds of which a line says what they may not know: a repayment that failed."""
    intents = [one.intent for one in lines if one.kind is PayoutLineKind.REFUND_FAILURE and one.intent is not None]
    if not intents:
        return []
    wanted = select(hold.c.key).where(func.coalesce(hold.c.account, "") == account, hold.c.reference.in_(intents))
    return [int(row.key) for row in await connection.execute(wanted.order_by(hold.c.key))]


async def keep_payouts(
    connection: AsyncConnection, found: Sequence[PayoutFacts], *, operator_key: int, account: str, at: datetime
) -> None:
    """New ones are kept; of known ones what changed."""
    for one in sorted(found, key=lambda one: one.created_at):
        values = {"status": one.status, "complete": one.complete, "failure": one.failure, "arrives_at": one.arrives_at}
        made = upsert(payout).values(
            id=new_uuid(at_ms=int(at.timestamp() * 1000)), operator_key=operator_key, account=account,
            reference=one.reference, currency=one.currency, amount_minor=one.amount_minor, automatic=one.automatic,
            created_at=one.created_at, **values,
        )  # fmt: skip
        differs = or_(
            payout.c.status != made.excluded.status,
            payout.c.complete != made.excluded.complete,
            payout.c.failure.is_distinct_from(made.excluded.failure),
            payout.c.arrives_at != made.excluded.arrives_at,
        )
        await connection.execute(
            made.on_conflict_do_update(
                index_elements=["account", "reference"], set_=values | {"version": payout.c.version + 1}, where=differs
            )
        )


async def unread(connection: AsyncConnection, account: str, limit: int) -> list[tuple[int, str]]:
    """Key and reference of payouts whose lines are not all known yet, oldest first."""
    wanted = select(payout.c.key, payout.c.reference).where(
        payout.c.account == account, payout.c.complete, ~payout.c.lines_read
    )
    return [(row.key, row.reference) for row in await connection.execute(wanted.order_by(payout.c.key).limit(limit))]


async def lines_are_read(connection: AsyncConnection, key: int) -> None:
    await connection.execute(update(payout).where(payout.c.key == key).values(lines_read=True))


async def move(
    connection: AsyncConnection, account: str, *, read_until: datetime, window_end: datetime | None, after: str | None
) -> None:
    """Notes how far an account's balance has been read."""
    values = {"read_until": read_until, "window_end": window_end, "after": after}
    await connection.execute(update(balance_reading).where(balance_reading.c.account == account).values(**values))


async def rest(connection: AsyncConnection, account: str, *, due_at: datetime, error: str | None) -> None:
    await connection.execute(
        update(balance_reading).where(balance_reading.c.account == account).values(due_at=due_at, last_error=error)
    )


async def read_again(connection: AsyncConnection, account: str, *, since: datetime, at: datetime) -> None:
    """The balance is read anew from a moment on, and so are the payouts that came after it."""
    await connection.execute(
        update(balance_reading)
        .where(balance_reading.c.account == account)
        .values(
            read_until=case((balance_reading.c.read_until < since, balance_reading.c.read_until), else_=since),
            window_end=None, after=None, due_at=at,
        )
    )  # fmt: skip
    await connection.execute(
        update(payout).where(payout.c.account == account, payout.c.created_at >= since).values(lines_read=False)
    )


async def captured_at(connection: AsyncConnection, hold_key: int) -> tuple[str, datetime]:
    """The account, and when our capture was answered."""
    row = await connection.execute(
        select(func.coalesce(hold.c.account, "").label("account"), payment_call.c.ended_at)
        .join(payment_call, payment_call.c.hold_key == hold.c.key)
        .where(hold.c.key == hold_key, payment_call.c.deed == Deed.CAPTURE, payment_call.c.state == CallState.DONE)
    )
    found = row.one()
    return found.account, found.ended_at


async def by_ids(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Payout]:
    rows = await connection.execute(select(payout).where(payout.c.id.in_(ids)))
    return {row.id: make(row) for row in rows}
