"""What a station calculated itself (2.1 I12): the newest of it is kept beside the session, and changes no bill."""

from app.domain.event import Arrival, TransactionReported
from app.domain.session import Session
from app.domain.station_state import StationState
from app.inbox.batch import Batch
from app.store.values import value_json


def keep_cost(
    batch: Batch, station: StationState, arrival: Arrival, event: TransactionReported, session: Session
) -> None:
    """Of a message that came late, after a newer one, nothing is kept. ``session`` has seen the message."""
    newest = event.seq_no is None or session.seen_seq_nos[-1][1] == event.seq_no + 1
    if event.cost is None or not newest:
        return
    found = {
        "operator_key": station.operator_key,
        "station_key": station.key,
        "session_key": session.key,
        "details": value_json(event.cost),
        "said_at": arrival.received_at,
    }
    batch.keep("station_cost", session.key, found)
