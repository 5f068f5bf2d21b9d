"""Reconciling a day of an operator, and correcting what does not agree: one deed each.

A day begins in the time zone of the operator's first location, in UTC without one; a session belongs to the day on
which it ended, a hold without one to the day on which it was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.cdr import Cdr
from app.domain.hold import Hold, RefundStatus
from app.domain.papers import Trail, next_paper
from app.domain.pricing import SessionRecord
from app.domain.reconciliation import (
    Billed,
    Finding,
    Paid,
    Trace,
    deliverable_wh,
    findings,
)
from app.domain.scope import Permission, Scope
from app.domain.session import Session, SessionOrigin
from app.domain.settlement import NOTHING_KNOWN, priced
from app.domain.station import ChargingStation
from app.domain.tariff import Tariff
from app.domain.tax import OwnRate, RateUnknown, standard_rate
from app.domain.terminal import Takings
from app.domain.vat_rates import place_of
from app.operations import papers, payout_reconciliation
from app.operations.desk import Desk, invalid, refusing
from app.operations.drivers import require_whole_operator
from app.store import (
    cdrs,
    costs,
    documents,
    fiscal,
    ledger,
    mismatches,
    reconciliation,
    sessions,
    stations,
    tariffs,
    terminals,
)
from app.store import holds as hold_store
from app.store.fiscal import Where

PAGE = 200
GRACE = timedelta(minutes=10)  # captures and documents follow the bill within seconds
BY_ITSELF = "system:reconciliation"


@dataclass(frozen=True, slots=True)
class _Known:
    """What a page of sessions has to do with money, by session key where nothing else is said."""

    cdrs: dict[int, Cdr]
    tariffs: dict[int, Tariff]
    records: dict[int, SessionRecord]
    holds: dict[int, Hold]
    captures: dict[int, int]  # by hold
    prepaid: dict[int, int]
    open: dict[int, int]
    places: dict[int, Where]
    stations: dict[int, ChargingStation]  # by station
    rates: list[OwnRate]
    takings: dict[int, Takings]


def day_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """When a calendar day begins and ends; 23 or 25 hours where the clocks change."""
    where = ZoneInfo(zone)
    return datetime.combine(day, time(), where), datetime.combine(day + timedelta(days=1), time(), where)


@refusing
async def run(*, scope: Scope, desk: Desk, day: date) -> int:
    """Holds one day's sessions against their money; how many mismatches are open. Needs payments:write.

    What was found before and is gone is resolved by itself. Refuses a day that has not begun.
    """
    require_whole_operator(scope, Permission.PAYMENTS_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        start, end = day_of(day, await mismatches.time_zone(connection))
        if start > desk.now():
            raise invalid("This day has not begun. Choose an earlier one.", "day")
    seen, after = set[int](), 0
    while True:
        async with desk.database.transaction(scope.operator_key) as connection:
            keys = await reconciliation.ended_sessions(connection, start, end, after=after, limit=PAGE)
            if not keys:
                break
            seen |= await _sessions(connection, scope, desk, day, keys)
            after = keys[-1]
    async with desk.database.transaction(scope.operator_key) as connection:
        seen |= await _lone(connection, scope, desk, day, start, end)
        seen |= await payout_reconciliation.compare(connection, scope, desk, day, start, end)
        before = await mismatches.open_of(connection, day)
        gone = [one.key for one in before if one.key not in seen]
        await mismatches.resolve(connection, gone, by=BY_ITSELF, at=desk.now(), reason="It agrees now.")
        await mismatches.ran(connection, operator_key=scope.operator_key, day=day, at=desk.now())
        return len(before) - len(gone)


async def _keep(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    day: date,
    found: Sequence[Finding],
    session_key: int | None,
    hold: Hold | None,
) -> set[int]:
    return {
        await mismatches.keep(
            connection,
            one,
            operator_key=scope.operator_key,
            day=day,
            session_key=session_key,
            hold_key=None if hold is None else hold.key,
            at=desk.now(),
        )
        for one in found
    }


async def _sessions(connection: AsyncConnection, scope: Scope, desk: Desk, day: date, keys: Sequence[int]) -> set[int]:
    found = await sessions.everywhere(connection, keys)
    known = await _known(connection, scope, found)
    kept: set[int] = set()
    for key, one in found.items():
        trace = await _trace(connection, one, known, desk.now())
        kept |= await _keep(connection, scope, desk, day, findings(trace), key, known.holds.get(key))
    return kept


async def _known(connection: AsyncConnection, scope: Scope, found: dict[int, Session]) -> _Known:
    keys = list(found)
    standing = await cdrs.standing(connection, scope, keys)
    held = await hold_store.by_sessions(connection, scope, keys)
    wanted = {one.tariff_key for one in standing.values()} | {one.tariff_key or 0 for one in found.values()}
    return _Known(
        standing,
        await tariffs.by_keys(connection, sorted(wanted)),
        await costs.records(connection, scope, keys),
        held,
        await reconciliation.captures(connection, [one.key for one in held.values()]),
        await reconciliation.prepaid(connection, keys),
        await ledger.receivables(connection, keys),
        await fiscal.places_of(connection, keys),
        await stations.by_keys(connection, scope, sorted({one.station_key for one in found.values()})),
        await fiscal.own_rates(connection),
        await terminals.takings(connection, keys),
    )


async def _trace(connection: AsyncConnection, one: Session, known: _Known, at: datetime) -> Trace:
    cdr, hold = known.cdrs.get(one.key), known.holds.get(one.key)
    taken = known.takings.get(one.key)
    paper, credited = await _papers(connection, one, cdr, hold, taken)
    return Trace(
        currency=(cdr.currency if cdr else one.currency) or "",
        settled=one.settled_at is not None,
        due=one.settled_at is not None and at >= one.settled_at + GRACE,
        priced=one.tariff_key is not None,
        energy_wh=one.energy_wh,
        cost_minor=one.cost_minor or 0,
        deliverable_wh=_deliverable(one, known),
        tax_expected_minor=0 if cdr is None else _tax(one, cdr, known),
        billed=None if cdr is None else _billed(one, cdr, known),
        paid=None if hold is None else _paid(hold, known.captures.get(hold.key)),
        credited_minor=credited,
        paper_minor=paper,
        prepaid_minor=known.prepaid.get(one.key, 0),
        receivable_minor=known.open.get(one.key, 0),
        terminal_minor=_at_terminal(one, taken),
    )


def _at_terminal(one: Session, taken: Takings | None) -> int | None:
    if taken is None:
        return 0 if one.origin is SessionOrigin.TERMINAL else None
    return taken.covered_minor


def _deliverable(one: Session, known: _Known) -> int | None:
    if one.started_at is None or one.ended_at is None or one.station_key not in known.stations:
        return None
    evses = known.stations[one.station_key].evses
    power = next((evse.max_power_w for evse in evses if evse.key == one.evse_key), 0)
    return deliverable_wh(power, (one.ended_at - one.started_at).total_seconds()) if power else None


def _tax(one: Session, cdr: Cdr, known: _Known) -> int:
    where = known.places[one.key]
    at = one.ended_at or one.created_at
    try:
        place = place_of(where.country, where.postal_code)
        rate = standard_rate(place, at.astimezone(ZoneInfo(where.time_zone)).date(), known.rates)
    except RateUnknown:
        return 0
    return round(cdr.total_minor * rate.percent / (100 + rate.percent))


def _billed(one: Session, cdr: Cdr, known: _Known) -> Billed:
    record = known.records.get(one.key, NOTHING_KNOWN)
    kept = one.meter.first_at is None or one.meter.first_at in {reading.at for reading in record.readings}
    price = priced(one, known.tariffs[cdr.tariff_key], record) if kept else None
    total = None if price is None or price.currency != cdr.currency else price.total_minor
    taxed = cdr.tax_minor != 0 or any(line.taxes for line in cdr.lines)
    return Billed(cdr.total_minor, taxed, cdr.energy_wh, total)


def _given(hold: Hold) -> int:
    """What came back to the driver, also what the provider shows beyond our own repayments."""
    reached = sum(one.amount_minor for one in hold.refunds if one.status is not RefundStatus.REQUESTED)
    done = sum(one.amount_minor for one in hold.refunds if one.status is RefundStatus.SUCCEEDED)
    return done + max(hold.refunded_minor - reached, 0)


def _paid(hold: Hold, asked_minor: int | None) -> Paid:
    under_way = (RefundStatus.REQUESTED, RefundStatus.PENDING)
    return Paid(
        hold.status,
        hold.captured_minor,
        asked_minor,
        _given(hold),
        hold.waived_minor,
        hold.debt_minor,
        hold.provisional,
        any(one.status in under_way for one in hold.refunds),
    )


async def _papers(
    connection: AsyncConnection, one: Session, cdr: Cdr | None, hold: Hold | None, taken: Takings | None
) -> tuple[int | None, int]:
    """The amount of a document that is owed (None: none is), and what the bill that counts was credited."""
    if cdr is None:
        return None, 0
    bills = await documents.bills_of(connection, one.key)
    if hold is None and taken is None and not bills:
        return None, 0
    trail = Trail(
        cdr_key=cdr.key,
        total_minor=cdr.total_minor,
        paid=papers.is_paid(hold, taken, cdr.total_minor),
        captured_minor=0 if hold is None else hold.captured_minor,
        refunded_minor=0 if hold is None else hold.refunded_minor,
        waived_minor=0 if hold is None else hold.waived_minor,
        bills=bills,
    )
    paper = next_paper(trail)
    credited = sum(bill.credited_minor for bill in bills if bill.cdr_key == cdr.key)
    return (None if paper is None else paper.amount_minor), credited


async def _lone(
    connection: AsyncConnection, scope: Scope, desk: Desk, day: date, start: datetime, end: datetime
) -> set[int]:
    keys = await reconciliation.lone_holds(connection, start, end)
    found = await hold_store.by_keys(connection, scope, keys)
    asked = await reconciliation.captures(connection, keys)
    kept: set[int] = set()
    for key, hold in found.items():
        paid = _paid(hold, asked.get(key))
        trace = Trace(hold.currency, paid=paid, receivable_minor=paid.given_minor - paid.captured_minor)
        kept |= await _keep(connection, scope, desk, day, findings(trace), hold.session_key, hold)
    return kept
