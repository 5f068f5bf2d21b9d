"""A transaction that goes on after a reset or a power cut (2.1 B13, E17)."""

from datetime import timedelta

from app.domain.event import Arrival
from app.domain.session import Session, SessionStatus
from app.domain.station_state import StationState
from app.inbox.batch import Batch

RESUMED = "TxResumed"
_ANSWER_WAIT = timedelta(seconds=60)


def give_profiles_again(batch: Batch, station: StationState, arrival: Arrival, session: Session) -> None:
    """The charging profiles of the transaction, as they were: a station may have forgotten them (E17.FR.15)."""
    if session.status is not SessionStatus.ACTIVE:
        return
    wanted: dict[str, object] = {
        "station_key": station.key,
        "session_key": session.key,
        "transaction_id": session.transaction_id,
        "at": arrival.received_at,
        "deadline": arrival.received_at + _ANSWER_WAIT,
    }
    batch.keep("charging_profile.again", session.key, wanted)
