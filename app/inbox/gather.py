"""Which rows a batch's events need, found by looking at the events alone."""

from collections.abc import Iterable

from app.domain.device_event import EventStreamSent
from app.domain.event import (
    Arrival,
    Booted,
    CommandAnswered,
    CommandFailed,
    CommandSending,
    StationEvent,
    StatusReported,
    TokenPresented,
    TransactionPhase,
    TransactionReported,
)
from app.domain.power_event import (
    ChargingNeedsNotified,
    DynamicSchedulePulled,
    EvScheduleNotified,
    PriorityChargingNotified,
    ReservationUpdated,
    SettlementNotified,
)
from app.domain.station import OcppVersion, Registration
from app.domain.station_state import StationState
from app.domain.trust_event import FirmwareStatusReported, LogStatusReported
from app.inbox.decisions.energy import believable, needs_history
from app.store.intake.read import Wanted


def wanted_by(arrivals: Iterable[Arrival], stations: dict[int, StationState]) -> Wanted:
    """What to read for events of locked stations."""
    wanted = Wanted(list(stations))
    for arrival in arrivals:
        event, key = arrival.event, arrival.station_key
        if event.needs_registration and stations[key].registration is Registration.PENDING:
            wanted.triggers.add(key)
        if isinstance(event, TransactionReported):
            _transaction(wanted, key, stations[key].operator_key, event)
            if arrival.version is OcppVersion.V21 and (stations[key].limits_due or _bounds(event)):
                wanted.limits.add(key)
        elif isinstance(event, StatusReported):
            wanted.hardware.add(key)
            wanted.sessions.add(key)
            wanted.effects.add(key)
        elif isinstance(event, TokenPresented):
            wanted.sessions.add(key)
            wanted.tokens.add((stations[key].operator_key, event.token.normalised))
            if arrival.version is not OcppVersion.V16:
                wanted.pricing.add(key)
            if arrival.version is OcppVersion.V21:
                wanted.hardware.add(key)  # a tariff of one EVSE is told where all have the same
        elif isinstance(event, FirmwareStatusReported | LogStatusReported | Booted):
            wanted.effects.add(key)
        elif isinstance(event, CommandSending | CommandAnswered | CommandFailed):
            wanted.commands.add(event.command_key)
            wanted.hardware.add(key)
        else:
            _power(wanted, key, event)
    return wanted


def _power(wanted: Wanted, key: int, event: StationEvent) -> None:
    if isinstance(event, ChargingNeedsNotified):
        wanted.sessions.add(key)
        wanted.promised.add(key)
        wanted.hardware.add(key)
    elif isinstance(event, EvScheduleNotified):
        wanted.sessions.add(key)
        wanted.promised.add(key)
    elif isinstance(event, PriorityChargingNotified):
        wanted.transactions.add((key, event.transaction_id))
    elif isinstance(event, EventStreamSent):
        if event.pending > 0:  # one that keeps up asks nothing
            wanted.streams.add((key, event.stream_id))
    elif isinstance(event, SettlementNotified):
        wanted.tills.add((key, event.psp_ref, event.transaction_id or ""))
        if event.transaction_id is not None:
            wanted.transactions.add((key, event.transaction_id))
    elif isinstance(event, ReservationUpdated):
        wanted.remote_starts.add((key, event.reservation_id))
    elif isinstance(event, DynamicSchedulePulled):
        wanted.dynamic_profiles.add((key, event.profile_id))


def _transaction(wanted: Wanted, key: int, operator_key: int, event: TransactionReported) -> None:
    wanted.hardware.add(key)
    wanted.sessions.add(key)
    if event.transaction_id is not None:
        wanted.transactions.add((key, event.transaction_id))
    if event.identity is not None:
        wanted.identities.add((key, event.identity))
    if event.remote_start_id is not None:
        wanted.remote_starts.add((key, event.remote_start_id))
        wanted.effects.add(key)
    if event.token is not None:
        wanted.tokens.add((operator_key, event.token.normalised))
    if event.phase is not TransactionPhase.UPDATED:
        wanted.effects.add(key)
    if event.phase is not TransactionPhase.UPDATED or event.token is not None:
        wanted.starting.add(key)  # a card shown later may be all that is ever heard of a start


def _bounds(event: TransactionReported) -> bool:
    """Whether it is one of the first of its transaction, or about its limits: not one that only moves the meter."""
    if event.phase is TransactionPhase.UPDATED:
        return event.token is not None or event.remote_start_id is not None or event.limit is not None
    return event.phase is TransactionPhase.STARTED


def histories_needed(arrivals: Iterable[Arrival], stations: dict[int, StationState]) -> list[int]:
    """Sessions whose earlier readings must be read, because some event of this batch is not simply newer."""
    last_at = {s.key: s.meter.last_at for station in stations.values() for s in station.sessions.values()}
    found = set()
    for arrival in arrivals:
        event = arrival.event
        if not isinstance(event, TransactionReported):
            continue
        for session in stations[arrival.station_key].sessions.values():
            if not _may_concern(session.transaction_id, session.start_identity, event):
                continue
            if needs_history(session, event, arrival.received_at, last_at[session.key]):
                found.add(session.key)
            readings = believable(event.readings, arrival.received_at)
            if readings:
                last_at[session.key] = max(last_at[session.key] or readings[-1].at, readings[-1].at)
    return sorted(found)


def _may_concern(transaction_id: str | None, start_identity: str | None, event: TransactionReported) -> bool:
    if event.transaction_id is not None:
        return transaction_id in (None, event.transaction_id)  # None: a promise that this event may keep
    if event.phase is TransactionPhase.STARTED:
        return transaction_id is None or event.identity == start_identity
    return True
