"""A session in full flow: its meter moves, its car pauses, and nothing else is decided."""

from typing import cast

from app.domain.event import Arrival, TransactionPhase, TransactionReported
from app.domain.session import ReviewCode, Session, SessionStatus, StepName, add_seq_no, evolve
from app.domain.station_state import StationState
from app.inbox.batch import Batch, occurred_at, plausible
from app.inbox.decisions.activity import note_activity
from app.inbox.decisions.energy import absorb
from app.inbox.decisions.resumed import RESUMED


def only_moves_the_meter(station: StationState, session: Session, event: TransactionReported, arrival: Arrival) -> bool:
    """A reading of a session in full flow: the usual case, kept short because most messages are this one."""
    newest = not session.seen_seq_nos or session.seen_seq_nos[-1][1] == event.seq_no
    return (
        event.phase is TransactionPhase.UPDATED
        and session.status is SessionStatus.ACTIVE
        and newest
        and event.token is None
        and event.limit is None
        and not station.limits_due
        and event.trigger != RESUMED
        and session.evse_number is not None
        and session.transaction_id is not None
        and StepName.ENERGY_FLOWING.value in session.steps
        and ReviewCode.LOST_START.value not in session.flags
        and plausible(event.occurred_at, arrival.received_at) is not None
    )


def progressed(batch: Batch, station: StationState, arrival: Arrival, session: Session) -> Session:
    event = cast(TransactionReported, arrival.event)
    readings, meter, flags = absorb(batch, station, session, event, arrival)
    batch.writes.readings.extend(readings)
    changed = evolve(
        session,
        meter=meter,
        charging_state=event.charging_state or session.charging_state,
        flags=with_flags(session.flags, *(ReviewCode(flag) for flag in flags)) if flags else session.flags,
        seen_seq_nos=session.seen_seq_nos if event.seq_no is None else add_seq_no(session.seen_seq_nos, event.seq_no),
        version=session.version + 1,
    )
    if changed.charging_state is not None and changed.charging_state is not session.charging_state:
        show_on_evse(station, changed)
        note_activity(batch, changed, changed.charging_state, occurred_at(arrival))
    batch.save_progress(station, changed)
    return changed


def show_on_evse(station: StationState, session: Session) -> None:
    """OCPP 2.x says with the transaction what the car at the EVSE is doing."""
    evse = station.evses.get(session.evse_number or 0)
    if evse is not None and evse.charging_state is not session.charging_state:
        evse.charging_state, evse.changed = session.charging_state, True


def with_flags(flags: tuple[str, ...], *codes: ReviewCode) -> tuple[str, ...]:
    return tuple(sorted({*flags, *(code.value for code in codes)}))


def without_flags(flags: tuple[str, ...], *codes: ReviewCode) -> tuple[str, ...]:
    return tuple(flag for flag in flags if flag not in codes)
