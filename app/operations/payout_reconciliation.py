"""The provider's books held against ours, and what puts right what does not agree."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.payout import PAYOUT_PATIENCE, PayoutLine, explained_minor
from app.domain.reconciliation import Finding, Mismatch, MismatchCause
from app.domain.scope import Scope
from app.operations.desk import Desk
from app.store import holds, mismatches, payouts

_PAGE = 500


async def compare(
    connection: AsyncConnection, scope: Scope, desk: Desk, day: date, start: datetime, end: datetime
) -> set[int]:
    """Lines of the day that nothing explains, and captures whose payout should have come by that day."""
    kept, after = set[int](), 0
    while lines := await payouts.lines_during(connection, start, end, after=after, limit=_PAGE):
        after = lines[-1].key
        for one in lines:
            if not one.is_matched:
                kept.add(await _keep(connection, scope, desk, day, _unmatched(one), one))
    late = await payouts.not_paid_out(connection, start - PAYOUT_PATIENCE, end - PAYOUT_PATIENCE)
    for key, amount, currency in late:
        found = Finding(MismatchCause.PAYOUT_MISSING, amount, 0, currency)
        kept.add(
            await mismatches.keep(
                connection, found, operator_key=scope.operator_key, day=day, session_key=None, hold_key=key,
                at=desk.now(),
            )
        )  # fmt: skip
    return kept


def _unmatched(one: PayoutLine) -> Finding:
    said = explained_minor(one.line, one.ours) or 0
    return Finding(MismatchCause.PAYOUT_UNMATCHED, said, one.line.amount_minor, one.line.currency)


async def _keep(
    connection: AsyncConnection, scope: Scope, desk: Desk, day: date, found: Finding, of: PayoutLine
) -> int:
    return await mismatches.keep(
        connection, found, operator_key=scope.operator_key, day=day, session_key=of.session_key, hold_key=of.hold_key,
        at=desk.now(), payout_line_key=of.key,
    )  # fmt: skip


async def match(scope: Scope, desk: Desk, mismatch: Mismatch) -> None:
    """The hold that the line names is looked at; a line that names nothing of ours is booked as it is."""
    assert mismatch.payout_line_key is not None
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await payouts.line(connection, mismatch.payout_line_key)
        if found.hold_key is not None:
            await holds.note(connection, found.hold_key, look=True)
            await holds.wake(connection, found.hold_key, at=desk.now())
        elif not found.is_matched:
            missing = found.line.amount_minor - (explained_minor(found.line, found.ours) or 0)
            await payouts.book(
                connection, found, missing, operator_key=scope.operator_key, by=scope.caller, at=desk.now()
            )
    desk.hurry()


async def read_again(scope: Scope, desk: Desk, mismatch: Mismatch) -> None:
    """The account's balance is read anew from the capture on."""
    assert mismatch.hold_key is not None
    async with desk.database.transaction(scope.operator_key) as connection:
        account, captured_at = await payouts.captured_at(connection, mismatch.hold_key)
        await payouts.read_again(connection, account, since=captured_at, at=desk.now())
