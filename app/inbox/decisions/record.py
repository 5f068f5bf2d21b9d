"""Whether a transaction's record is whole: the station is asked about the gap, and its answer is kept (2.0.1 E14)."""

from collections.abc import Callable

import orjson

from app.domain.event import Arrival, TransactionPhase, TransactionReported
from app.domain.request import StationRequest
from app.domain.request.customer import GetTransactionStatus
from app.domain.session import Session, evolve
from app.domain.station_state import CommandState, StationState
from app.inbox.batch import Batch

DUTY = "ASK_TRANSACTION_STATUS"


def ask_about_gap(batch: Batch, station: StationState, arrival: Arrival, session: Session) -> None:
    """An end came with numbers missing before it: the station is asked, once a session, whether it holds them back."""
    event = arrival.event
    if not isinstance(event, TransactionReported) or event.phase is not TransactionPhase.ENDED:
        return
    if event.seq_no is not None and session.transaction_id is not None:
        batch.owe(station, DUTY, due_at=arrival.received_at, session_key=session.key)


def status_answered(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """What the station said of one transaction. Without a name it speaks of its whole queue, which is no session's."""
    body, session = command.body, station.sessions.get(command.session_key or 0)
    if not isinstance(body, GetTransactionStatus) or not command.answer_accepted or session is None:
        return
    if body.transaction_id is None or body.transaction_id != session.transaction_id:
        return
    try:
        said = orjson.loads(command.answer_raw or "{}")
    except orjson.JSONDecodeError:
        return
    waiting, ongoing = said.get("messagesInQueue"), said.get("ongoingIndicator")
    if not isinstance(waiting, bool):
        return
    found: dict[str, object] = {
        "session_key": session.key,
        "operator_key": session.operator_key,
        "station_key": station.key,
        "ongoing": ongoing if isinstance(ongoing, bool) else None,
        "messages_in_queue": waiting,
        "answered_at": arrival.received_at,
    }
    batch.keep("transaction_status", session.key, found)
    batch.save_session(station, evolve(session, version=session.version + 1))


EFFECTS: dict[type[StationRequest], Callable[[Batch, StationState, Arrival, CommandState], None]] = {
    GetTransactionStatus: status_answered,
}
