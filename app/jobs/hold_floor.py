"""What a hold asks of the charging station, each under a key of its own so that asking twice does nothing twice."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from app.domain.hold import Hold
from app.domain.refusal import ErrorCode, Refusal
from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    SetChargingProfile,
)
from app.domain.scope import Scope
from app.domain.session import Session
from app.domain.station import ChargingStation
from app.feed import Change, Noun
from app.inbox.committer import pass_by
from app.jobs.holds import Checkpoint, Means, advance
from app.jobs.tools import NoCashier, Tools
from app.operations import requests, starts
from app.operations.desk import Desk, Options
from app.operations.starts import Paid, StartDraft
from app.store import disputes, operators, quotes, sessions, stations
from app.store.hold_shelf import StoredShelf, payments_scope

_LEAST_CURRENT_A = 6.0  # IEC 61851-1: less than this is no charging at all
_ABOVE_ALL_PLANS = 90
_PROFILE_IDS_FROM = 1_500_000_000  # apart from those that people and plans use


class StationFloor:
    """The floor of one operator."""

    def __init__(self, desk: Desk, scope: Scope) -> None:
        self._desk, self._scope = desk, scope

    async def start(self, hold: Hold) -> str | None:
        async with self._desk.database.transaction(hold.operator_key) as connection:
            blocked = await disputes.is_blocked(connection, fingerprint=hold.card_fingerprint, payment_method=None)
        if blocked:
            return ErrorCode.PAYMENT_BLOCKED.value
        station, _ = await self._place(hold)
        evse = next(evse for evse in station.evses if evse.key == hold.evse_key)
        assert hold.held_at is not None
        draft = StartDraft(
            evse.uuid,
            quote_id=await self._quote(hold),
            paid=Paid(hold.key, hold.held_at, hold.created_at, hold.driver_key, hold.reference),
        )
        moved = "" if hold.moved_at is None else f":{hold.moved_at.isoformat()}"
        options = Options(f"hold:{hold.uuid}:start{moved}", wait_s=0)
        sent = await starts.start(scope=self._scope, desk=self._desk, draft=draft, options=options)
        return sent.code.value if isinstance(sent, Refusal) else None

    async def stop(self, hold: Hold, reason: str) -> None:
        _, session = await self._place(hold)
        if session is None:
            return
        earlier = "" if hold.stop_asked_at is None else f":{hold.stop_asked_at.isoformat()}"
        options = Options(f"hold:{hold.uuid}:stop{earlier}", wait_s=0, reason=reason)
        await starts.stop(scope=self._scope, desk=self._desk, session_id=session.uuid, options=options)

    async def lower(self, hold: Hold) -> None:
        station, session = await self._place(hold)
        if session is None or session.transaction_id is None or session.evse_number is None:
            return
        body = _least_power(session, session.evse_number, session.transaction_id)
        options = Options(f"hold:{hold.uuid}:lower", wait_s=0, reason="HOLD_NEARLY_SPENT")
        await requests.ask(
            scope=self._scope,
            desk=self._desk,
            station_id=station.uuid,
            body=body,
            mutation="holdLower",
            options=options,
        )

    async def _place(self, hold: Hold) -> tuple[ChargingStation, Session | None]:
        async with self._desk.database.transaction(hold.operator_key) as connection:
            station = (await stations.by_keys(connection, self._scope, (hold.station_key,)))[hold.station_key]
            if hold.session_key is None:
                return station, None
            return station, (await sessions.everywhere(connection, (hold.session_key,)))[hold.session_key]

    async def _quote(self, hold: Hold) -> UUID | None:
        if hold.quote_key is None:
            return None
        async with self._desk.database.transaction(hold.operator_key) as connection:
            return await quotes.id_of(connection, hold.quote_key)


def _least_power(session: Session, evse_number: int, transaction_id: str) -> SetChargingProfile:
    """As little as a car still charges with, for this transaction only."""
    period = ChargingSchedulePeriod(0, _LEAST_CURRENT_A)
    number = _PROFILE_IDS_FROM + session.key % 500_000_000
    schedule = ChargingSchedule(number, ChargingRateUnit.A, (period,))
    profile = ChargingProfile(
        number,
        _ABOVE_ALL_PLANS,
        ChargingProfilePurpose.TX_PROFILE,
        ChargingProfileKind.RELATIVE,
        (schedule,),
        transaction_id=transaction_id,
    )
    return SetChargingProfile(evse_number, profile)


def _publisher(desk: Desk) -> Callable[[Hold, int, int, int], None]:
    def publish(hold: Hold, session_key: int, version: int, station_version: int) -> None:
        place = (hold.location_key, hold.station_key)
        desk.feed.publish(
            [
                Change(Noun.SESSION, hold.operator_key, session_key, version, *place),
                Change(Noun.STATION, hold.operator_key, hold.station_key, station_version, *place),
            ]
        )

    return publish


async def advance_stored(
    operator_key: int, hold_key: int, tools: Tools, checkpoint: Checkpoint | None
) -> datetime | None:
    """Moves one hold on; when it is due again. Raises `NoCashier` in a process that has no payment provider."""
    if tools.cashier is None or tools.desk is None:
        raise NoCashier("no payment provider is configured in this process")
    desk = tools.desk
    async with desk.database.transaction(operator_key) as connection:
        scope = payments_scope(operator_key, (await operators.own(connection)).uuid)
    shelf = StoredShelf(desk.database, operator_key, tools.clock, _publisher(desk))
    means = Means(shelf, tools.cashier, StationFloor(desk, scope), tools.clock, checkpoint or pass_by)
    return await advance(means, hold_key)
