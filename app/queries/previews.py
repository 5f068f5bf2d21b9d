"""What past sessions would have cost by another tariff version: needs sessions:read and tariffs:read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import SessionFilter, SessionOrder
from app.domain.ids import Prefix, public_id
from app.domain.page import FIRST_MAX, Page, PageRequest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.session import Session, SessionStatus
from app.domain.settlement import NOTHING_KNOWN, priced
from app.domain.tariff import Tariff
from app.queries import Database
from app.store import costs, sessions, tariffs

SUMMED_MAX = 2_000  # more would keep everybody else waiting


@dataclass(frozen=True, slots=True)
class Preview:
    """One session: what it cost, None without a price of its own in this currency; and what it would have cost."""

    session: Session
    before_minor: int | None
    after_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PreviewTotal:
    """Sums over the sessions that have both amounts; ``others`` have only one, or another currency."""

    sessions: int
    others: int
    before_minor: int
    after_minor: int
    currency: str


def _asked(filter: SessionFilter) -> SessionFilter:
    """Only what is over has a price to compare with."""
    return filter if filter.status is not None else replace(filter, status=(SessionStatus.COMPLETED,))


async def _tariff(connection: AsyncConnection, tariff_id: UUID) -> Tariff:
    found = (await tariffs.by_ids(connection, (tariff_id,))).get(tariff_id)
    if found is None:
        subject = public_id(Prefix.TARIFF, tariff_id)
        raise Refused(Refusal(ErrorCode.NOT_FOUND, f"There is no {subject}. Check the id.", ("tariffId",), subject))
    return found


async def _previews(
    connection: AsyncConnection, scope: Scope, tariff: Tariff, found: Sequence[Session], at: datetime
) -> tuple[Preview, ...]:
    records = await costs.records(connection, scope, [session.key for session in found])
    made = []
    for session in found:
        then = priced(session, tariff, records.get(session.key, NOTHING_KNOWN), at=at)
        before = session.cost_minor if session.currency == tariff.currency else None
        made.append(Preview(session, before, 0 if then is None else then.total_minor, tariff.currency))
    return tuple(made)


async def page(
    *, scope: Scope, database: Database, tariff_id: UUID, filter: SessionFilter, request: PageRequest, at: datetime
) -> Page[Preview]:
    """Newest session first."""
    scope.require(Permission.SESSIONS_READ)
    scope.require(Permission.TARIFFS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        tariff = await _tariff(connection, tariff_id)
        found = await sessions.search(connection, scope, _asked(filter), request, order=SessionOrder.STARTED_AT_DESC)
        shown = await _previews(connection, scope, tariff, found.items, at)
    return Page(shown, found.positions, found.has_next, found.total)


async def total(
    *, scope: Scope, database: Database, tariff_id: UUID, filter: SessionFilter, at: datetime
) -> PreviewTotal:
    """Refuses FILTER_TOO_BROAD above 2,000 sessions. A short transaction a page, so that nobody waits for the sum."""
    scope.require(Permission.SESSIONS_READ)
    scope.require(Permission.TARIFFS_READ)
    request, every = PageRequest(FIRST_MAX), list[Preview]()
    while True:
        read = await page(scope=scope, database=database, tariff_id=tariff_id, filter=filter, request=request, at=at)
        every += read.items
        if not read.has_next:
            break
        if len(every) >= SUMMED_MAX:
            message = f"At most {SUMMED_MAX:,} sessions are summed at once. Narrow the filter, by startedAt say."
            raise Refused(Refusal(ErrorCode.FILTER_TOO_BROAD, message, ("filter",)))
        request = PageRequest(FIRST_MAX, read.positions[-1])
    async with database.snapshot(scope.operator_key) as connection:
        currency = (await _tariff(connection, tariff_id)).currency
    both = [(one.before_minor, one.after_minor) for one in every if one.before_minor is not None]
    return PreviewTotal(
        sessions=len(both),
        others=len(every) - len(both),
        before_minor=sum(before for before, _ in both),
        after_minor=sum(after for _, after in both),
        currency=currency,
    )
