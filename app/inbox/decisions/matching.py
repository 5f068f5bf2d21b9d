"""Which session an event is about: the transaction it names, the promise it keeps, or a new one."""

from collections.abc import Collection
from datetime import datetime

from app.domain.event import Arrival, TransactionPhase, TransactionReported
from app.domain.meter import MeterState
from app.domain.session import (
    SESSION_TRANSITIONS,
    ReviewCode,
    Session,
    SessionOrigin,
    SessionStatus,
    SessionTrigger,
    evolve,
    has_real_end,
    has_seq_no,
)
from app.domain.station_state import StationState
from app.domain.token import PAID_AT_TERMINAL, normalise_uid
from app.inbox.batch import Batch, occurred_at

_PROMISED = frozenset({SessionStatus.PENDING, SessionStatus.RESERVATION})


def find(batch: Batch, station: StationState, event: TransactionReported) -> Session | None:
    """The session that already exists for this event, if one does."""
    found = _by_name(station, event)
    if found is not None:
        return found
    uids = () if event.token is None else (event.token.normalised, batch.kept_uid(station, event.token))
    return _by_promise(station, event, uids) or _by_elimination(station, event, uids)


def _by_name(station: StationState, event: TransactionReported) -> Session | None:
    started = event.phase is TransactionPhase.STARTED
    for session in station.sessions.values():
        if event.transaction_id is not None and session.transaction_id == event.transaction_id:
            return session
        if event.identity is not None and event.transaction_id is None:
            known = session.start_identity if started else session.stop_identity
            if known == event.identity:
                return session
    return None


def _by_promise(station: StationState, event: TransactionReported, uids: Collection[str]) -> Session | None:
    """A session that we asked the charger to start, or an end that came before its start."""
    if event.remote_start_id is not None:
        for session in station.sessions.values():
            if session.remote_start_id == event.remote_start_id and session.transaction_id is None:
                return session
    if event.phase is not TransactionPhase.STARTED or event.token is None:
        return None
    # A start we asked for goes before a reservation of the same token.
    for session in sorted(station.sessions.values(), key=lambda one: one.status is SessionStatus.RESERVATION):
        if session.transaction_id is not None or not _same_token(session, uids):
            continue
        if session.status in _PROMISED and session.evse_number in (None, event.evse):
            return session
        if session.status is SessionStatus.COMPLETED and session.started_at is None and _ends_after(session, event):
            return session
    return None


def _by_elimination(station: StationState, event: TransactionReported, uids: Collection[str]) -> Session | None:
    """OCPP 1.6 errata 3.18: a station that never got its id says -1; the only open transaction is meant."""
    if event.transaction_id is not None or event.phase is TransactionPhase.STARTED:
        return None
    active = [session for session in station.sessions.values() if session.status is SessionStatus.ACTIVE]
    if event.evse is not None:
        active = [session for session in active if session.evse_number in (None, event.evse)]
    if event.token is not None and len(active) > 1:
        active = [session for session in active if _same_token(session, uids)]
    return active[0] if len(active) == 1 else None


def _same_token(session: Session, uids: Collection[str]) -> bool:
    return session.token_uid is not None and normalise_uid(session.token_uid) in uids


def _ends_after(session: Session, event: TransactionReported) -> bool:
    return session.ended_at is None or event.occurred_at is None or session.ended_at >= event.occurred_at


def _origin(event: TransactionReported) -> SessionOrigin:
    if event.token is None:
        return SessionOrigin.AUTOSTART
    return SessionOrigin.TERMINAL if event.token.ocpp_type == PAID_AT_TERMINAL else SessionOrigin.RFID


def is_repeat(session: Session, event: TransactionReported, *, new: bool) -> bool:
    """The same message again, by its business key; a retry may carry another message id."""
    if new:
        return False
    if event.seq_no is not None:
        return has_seq_no(session.seen_seq_nos, event.seq_no)
    if event.phase is TransactionPhase.STARTED:
        return session.start_identity == event.identity
    return event.phase is TransactionPhase.ENDED and has_real_end(session)


def begin(batch: Batch, station: StationState, arrival: Arrival, event: TransactionReported) -> Session:
    """A session that nobody promised. Without its start it is flagged until the start arrives."""
    started = event.phase is TransactionPhase.STARTED
    evse = station.evses.get(event.evse or 0)
    key = batch.take_session_key()
    station.readings[key] = []
    return Session(
        key=key,
        uuid=batch.new_id(),
        operator_key=station.operator_key,
        location_key=station.location_key,
        station_key=station.key,
        evse_key=None if evse is None else evse.key,
        evse_number=event.evse,
        connector_number=None if event.evse is None else event.connector or 1,
        status=SessionStatus.PENDING,
        origin=_origin(event),
        transaction_id=event.transaction_id,
        start_identity=None,
        stop_identity=None,
        remote_start_id=event.remote_start_id,
        token_key=None,
        token_uid=None,
        created_at=arrival.received_at,
        start_deadline=None,
        started_at=None,
        ended_at=None,
        settled_at=None,
        charging_state=None,
        stop_reason=None,
        meter=MeterState(),
        flags=() if started else (ReviewCode.LOST_START.value,),
    )


def _recency(session: Session) -> tuple[datetime, int]:
    """Which of two sessions began later: 1.6 tells in order, so its clock may step back; 2.x tells in any order."""
    # A promise may be made long before it is kept.
    told_in_order = session.start_identity is not None and session.remote_start_id is None
    claimed = session.created_at if told_in_order else session.started_at
    return (claimed or session.created_at, session.key)


def supersede_others(batch: Batch, station: StationState, arrival: Arrival, current: Session) -> None:
    """One car a position: of two open transactions at an EVSE, the one that started first is over.

    If its own end arrives later, that end is believed; the flag goes unless the two overlap.
    """
    rivals = [
        session
        for session in station.sessions.values()
        if session.status is SessionStatus.ACTIVE and session.evse_number == current.evse_number
    ]
    if current.evse_number is None or len(rivals) < 2:
        return
    newest = max(rivals, key=_recency)
    for session in rivals:
        if session is newest or has_real_end(session):
            continue
        began = newest.started_at or occurred_at(arrival)
        ended_at = max(began, session.started_at or began)
        flags = tuple(sorted({*session.flags, ReviewCode.SUPERSEDED.value}))
        closed = evolve(
            session,
            status=SESSION_TRANSITIONS[session.status][SessionTrigger.SUPERSEDED],
            ended_at=ended_at,
            charging_state=None,
            flags=flags,
            version=session.version + 1,
        )
        batch.save_session(station, closed)
        batch.log(station, arrival, "session.superseded", ("session", session.uuid), by=str(newest.uuid))
