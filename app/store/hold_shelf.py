"""One hold in one transaction of its operator, for the duty that moves it on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.hold import WITHOUT_MONEY, Hold, HoldStatus
from app.domain.ids import new_uuid
from app.domain.owed import Charging, Deed, FeeRule, Step
from app.domain.payer import Payer
from app.domain.payment_call import CallState, PaymentCall
from app.domain.pricing.simple import is_simple
from app.domain.scope import CallerKind, Permission, Scope
from app.domain.session import SessionStatus, StepMark, StepName, StepState
from app.domain.settlement import NOTHING_KNOWN, cost_so_far
from app.store import audit, cdrs, costs, hardware, holds, sessions, tariffs, vouchers
from app.store.database import Database
from app.store.stations import STATE, WITH_LEASE
from app.store.tables import operator, session, station

CALLER = "system:payments"
# What people and partners hear of; a look at the provider's object is no news.
_NEWS = {
    Deed.CAPTURE: "hold.captured",
    Deed.CANCEL: "hold.released",
    Deed.RELEASE: "hold.released",
    Deed.REFUND: "hold.refunded",
    Deed.INCREMENT: "hold.incremented",
    Deed.WARN: "hold.warned",
    Deed.LOWER: "hold.power_lowered",
    Deed.STOP: "hold.session_stopped",
    Deed.OWE: "hold.debt",
}


_PAPERS = frozenset({Deed.CAPTURE, Deed.CANCEL, Deed.REFUND})


def payments_scope(operator_key: int, operator_id: UUID) -> Scope:
    """The installation itself, doing what a hold owes at one operator."""
    rights = frozenset({Permission.COMMANDS_SEND, Permission.COMMANDS_READ, Permission.SESSIONS_READ})
    return Scope(operator_key, operator_id, CallerKind.SYSTEM, CALLER, UUID(int=0), rights)


@dataclass(slots=True)
class StoredPage:
    """A locked hold with what a decision about it rests on."""

    connection: AsyncConnection
    scope: Scope
    hold: Hold
    charging: Charging | None
    fee: FeeRule
    payer: Payer
    look: bool
    at: datetime
    changed: list[tuple[int, int, int, int]] = field(default_factory=list)

    async def unfinished(self) -> PaymentCall | None:
        return await holds.unfinished_call(self.connection, self.hold.key)

    async def save(self, hold: Hold) -> None:
        await holds.save(self.connection, self.hold, hold)
        if hold.held_minor != self.hold.held_minor and hold.session_key is not None:
            await hardware.owe_limits(self.connection, hold.station_key)
        if hold.status in WITHOUT_MONEY and self.hold.status not in WITHOUT_MONEY:
            await vouchers.give_back(self.connection, hold.key, self.at)
        self.hold = hold

    async def add_call(self, step: Step) -> PaymentCall:
        return await holds.add_call(self.connection, self.hold, step, self.at)

    async def is_wanted(self, call: PaymentCall) -> bool:
        return await holds.call_state(self.connection, call.key) is CallState.WANTED

    async def end_call(self, call: PaymentCall, state: CallState, result: str) -> None:
        await holds.change_call(self.connection, call.key, state=state, result=result[:500], ended_at=self.at)

    async def try_later(self, call: PaymentCall, error: str) -> None:
        await holds.change_call(self.connection, call.key, attempts=call.attempts + 1, last_error=error[:500])

    async def repay(self, amount_minor: int, reason: str) -> None:
        uuid = new_uuid(at_ms=int(self.at.timestamp() * 1000))
        made = await holds.add_refund(
            self.connection, self.hold, uuid=uuid, amount_minor=amount_minor, reason=reason, by=CALLER, at=self.at
        )
        self.hold = replace(self.hold, refunds=(*self.hold.refunds, made))

    async def looked(self) -> None:
        await holds.note(self.connection, self.hold.key, look=False)

    async def look_again(self) -> None:
        await holds.note(self.connection, self.hold.key, look=True)

    async def tell(self, step: Step) -> None:
        """The audit log and the event log; a capture also ticks off its step of the session."""
        news = _NEWS.get(step.deed)
        if news is None:
            return
        await audit.write(
            self.connection,
            self.scope,
            action=news,
            subject_kind="hold",
            subject_id=self.hold.uuid,
            at=self.at,
            after={
                "status": self.hold.status.value,
                "amountMinor": step.amount_minor,
                "capturedMinor": self.hold.captured_minor,
                "refundedMinor": self.hold.refunded_minor,
                "currency": self.hold.currency,
            },
            reason=step.reason or None,
            location_key=self.hold.location_key,
        )
        if step.deed is Deed.CAPTURE and self.hold.captured_minor:
            await self._tick_off()
        if step.deed in _PAPERS:
            await self._owe_papers()

    async def _owe_papers(self) -> None:
        """What was paid, given back or waived is told by a document."""
        hold = self.hold
        if hold.session_key is not None:
            await cdrs.owe(
                self.connection, "ISSUE_DOCUMENT", operator_key=hold.operator_key, station_key=hold.station_key,
                session_key=hold.session_key, at=self.at,
            )  # fmt: skip

    async def _tick_off(self) -> None:
        """Whoever changes a session holds its station and raises both versions."""
        hold, key = self.hold, self.hold.session_key
        if key is None:
            return
        await hardware.lock(self.connection, hold.station_key)
        found = (await sessions.everywhere(self.connection, (key,)))[key]
        steps = found.steps | {StepName.CAPTURED.value: StepMark(StepState.DONE, self.at)}
        stored = {name: sessions.step_json(mark) for name, mark in steps.items()}
        await self.connection.execute(
            update(session).where(session.c.key == key).values(steps=stored, version=session.c.version + 1)
        )
        await holds.note(self.connection, hold.key, session_version=found.version + 1)
        raised = await hardware.raise_version(self.connection, hold.station_key)
        self.changed.append((key, found.version + 1, hold.station_key, raised))


def _was_taken_back(hold_row: Row[Any], session_row: Row[Any]) -> bool:
    """The charger refused a start for a car that was plugged in before: its session goes on, and is somebody else's.

    A hold that was quoted for has a session that we asked for; the refusal took that away from it.
    """
    quoted = hold_row.quote_key is not None
    return quoted and hold_row.status == HoldStatus.HELD and session_row.remote_start_id is None


def _charging(row: Row[Any] | None, cost_minor: int) -> Charging | None:
    if row is None:
        return None
    return Charging(
        began=row.started_at is not None,
        ended=row.ended_at is not None,
        final=row.settled_at is not None,
        given_up=row.status == SessionStatus.INVALID,
        online=row.connection_state == "ONLINE",
        cost_minor=cost_minor,
        currency=row.currency,
        start_deadline=row.start_deadline,
        energy_wh=row.energy_wh or 0,
        soc_percent=row.soc_percent,
        started_at=row.started_at,
    )


class StoredShelf:
    """One operator's holds. ``published`` hears of sessions that changed, after the commit."""

    def __init__(
        self,
        database: Database,
        operator_key: int,
        clock: Callable[[], datetime],
        published: Callable[[Hold, int, int, int], None],
    ) -> None:
        self._database, self._operator_key = database, operator_key
        self._clock, self._published = clock, published

    @asynccontextmanager
    async def page(self, key: int) -> AsyncIterator[StoredPage]:
        async with self._database.transaction(self._operator_key) as connection:
            row = await holds.locked(connection, key)
            assert row is not None, "a duty names a hold of its operator"
            owner = (await connection.execute(select(operator.c.id))).scalar_one()
            charging = await self._session(connection, row)
            if charging is not None and _was_taken_back(row, charging):
                await holds.note(connection, key, session_key=None, release_wanted=row.release_wanted or "NOT_STARTED")
                row, charging = await holds.locked(connection, key), None
                assert row is not None
            if charging is not None and charging.version != row.session_version:
                await holds.note(connection, key, session_version=charging.version)
            page = StoredPage(
                connection,
                payments_scope(self._operator_key, owner),
                await holds.of_row(connection, row),
                _charging(charging, await self._cost(connection, charging, payments_scope(self._operator_key, owner))),
                await holds.fee_rule(connection),
                Payer(row.return_url, row.contact, row.customer, row.payment_method),
                row.look,
                self._clock(),
            )
            yield page
        for session_key, version, _station, raised in page.changed:
            self._published(page.hold, session_key, version, raised)

    async def _cost(self, connection: AsyncConnection, row: Row[Any] | None, scope: Scope) -> int:
        """The bill; until it is written what has run up so far, which no row says: a meter moves too often for that."""
        if row is None or row.tariff_key is None or row.settled_at is not None:
            return 0 if row is None else row.cost_minor or 0
        tariff = (await tariffs.by_keys(connection, (row.tariff_key,)))[row.tariff_key]
        known = (await sessions.everywhere(connection, (row.key,)))[row.key]
        if known.started_at is None:
            return 0
        record = NOTHING_KNOWN if is_simple(tariff) else (await costs.records(connection, scope, (row.key,)))[row.key]
        # While the charger is away nobody sees whether the car still charges: what it last said is what it costs.
        at = self._clock() if row.connection_state == "ONLINE" else None
        return cost_so_far(known, tariff, record, at=at)

    @staticmethod
    async def _session(connection: AsyncConnection, row: Row[Any]) -> Row[Any] | None:
        if row.session_key is None:
            return None
        statement = (
            select(session, STATE.label("connection_state"), func.now())
            .select_from(WITH_LEASE.join(session, session.c.station_key == station.c.key))
            .where(session.c.key == row.session_key)
        )
        return (await connection.execute(statement)).one()
