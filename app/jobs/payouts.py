"""The provider's own books are read: every line of an account's balance, a day at a time, and what payouts took.

No transaction is open while the provider is asked, and every page is written in one of its own: after a crash the
page is asked for again, and what is known changes nothing. Messages of the provider only make it happen sooner.
"""

import asyncio
from datetime import timedelta

import structlog

from app.operations.desk import Desk
from app.ports.cashier import BalanceWanted, Call, Cashier, CashierUnavailable, Declined, KeyPoisoned
from app.store import holds, payouts
from app.store.intake import balances
from app.store.intake.balances import Reading
from app.store.intake.connection import connect

log = structlog.get_logger(__name__)

REST = timedelta(minutes=10)
_WINDOW = timedelta(days=1)
_OVERLAP = timedelta(hours=1)  # a line may be shown a little later than it says
_SETTLING = timedelta(days=14)  # payouts change their status for some days
_PAGES_MAX = 50  # of 100 lines; one beat of one account
_PAYOUTS_MAX = 20
_EVERY_S = 30.0


async def read_balances(ingest_url: str, cashier: Cashier, desk: Desk) -> int:
    """How many accounts were read. One that cannot be read does not keep the others waiting."""
    connection = await connect(ingest_url, autocommit=True)
    try:
        due = await balances.due(connection, at=desk.now())
    finally:
        await connection.close()
    done = 0
    for reading in due:
        error = None
        try:
            await _lines(cashier, desk, reading)
            await _payouts(cashier, desk, reading)
            done += 1
        except (CashierUnavailable, KeyPoisoned, Declined) as failure:
            error = str(failure)[:200]
            log.warning("payouts.not_read", account=reading.account, error=error)
        async with desk.database.transaction(reading.operator_key) as own:
            await payouts.rest(own, reading.account, due_at=desk.now() + REST, error=error)
    return done


def _call(reading: Reading) -> Call:
    return Call(reading.account or None)


async def _lines(cashier: Cashier, desk: Desk, reading: Reading) -> None:
    start, end, after = reading.read_until, reading.window_end, reading.after
    for _ in range(_PAGES_MAX):
        end = end or min(start + _WINDOW, desk.now())
        page = await cashier.balance(_call(reading), BalanceWanted(start - _OVERLAP, end), after)
        after = page.after
        reached = after is None
        async with desk.database.transaction(reading.operator_key) as own:
            await payouts.keep_lines(
                own, page.lines, operator_key=reading.operator_key, account=reading.account, payout_key=None,
                at=desk.now(),
            )  # fmt: skip
            for key in await payouts.holds_to_look_at(own, page.lines, reading.account):
                await holds.note(own, key, look=True)
                await holds.wake(own, key, at=desk.now())
            await payouts.move(
                own, reading.account, read_until=end if reached else start, window_end=None if reached else end,
                after=after,
            )  # fmt: skip
        if reached and end >= desk.now():
            return
        if reached:
            start, end = end, None


async def _payouts(cashier: Cashier, desk: Desk, reading: Reading) -> None:
    since, after = min(reading.read_until, desk.now() - _SETTLING), None
    for _ in range(_PAGES_MAX):
        page = await cashier.payouts(_call(reading), since, after)
        async with desk.database.transaction(reading.operator_key) as own:
            await payouts.keep_payouts(
                own, page.payouts, operator_key=reading.operator_key, account=reading.account, at=desk.now()
            )
        after = page.after
        if after is None:
            break
    async with desk.database.transaction(reading.operator_key) as own:
        unread = await payouts.unread(own, reading.account, _PAYOUTS_MAX)
    for key, reference in unread:
        await _taken(cashier, desk, reading, key, reference)


async def _taken(cashier: Cashier, desk: Desk, reading: Reading, key: int, reference: str) -> None:
    """What a payout took; begun anew when it was not finished, because the same lines change nothing."""
    after = None
    while True:
        page = await cashier.balance(_call(reading), BalanceWanted(payout=reference), after)
        after = page.after
        async with desk.database.transaction(reading.operator_key) as own:
            await payouts.keep_lines(
                own, page.lines, operator_key=reading.operator_key, account=reading.account, payout_key=key,
                at=desk.now(),
            )  # fmt: skip
            if after is None:
                await payouts.lines_are_read(own, key)
        if after is None:
            return


async def run_balances(ingest_url: str, cashier: Cashier, desk: Desk) -> None:
    """Until cancelled, apart from the sweeps: a slow provider must not keep them waiting."""
    while True:
        try:
            await read_balances(ingest_url, cashier, desk)
        except Exception:
            log.exception("payouts.failed")
        await asyncio.sleep(_EVERY_S)
