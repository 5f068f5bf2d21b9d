"""What the car does while it stands there: kept when it changes, and read when the session is priced."""

from datetime import datetime

from app.domain.pricing import SessionRecord
from app.domain.session import Session
from app.domain.station import ChargingState
from app.domain.station_state import StationState
from app.inbox.batch import Batch

_TABLE = "session_activity"


def note_activity(batch: Batch, session: Session, state: ChargingState, at: datetime) -> None:
    row: dict[str, object] = {
        "operator_key": session.operator_key,
        "session_key": session.key,
        "at": at,
        "state": state.value,
    }
    batch.keep(_TABLE, (session.key, at, state), row)


def record_of(batch: Batch, station: StationState, session: Session) -> SessionRecord:
    """What was read of a session and what this batch has heard of it since."""
    read = station.records.get(session.key, SessionRecord(time_zone=station.time_zone))
    heard = [row.reading for row in batch.writes.readings if row.session_key == session.key]
    told = [key for key in batch.writes.kept.get(_TABLE, {}) if isinstance(key, tuple) and key[0] == session.key]
    presented = (token.group_id for token in station.tokens.values() if token.key == session.token_key)
    return SessionRecord(
        (*read.readings, *heard),
        (*read.states, *((at, state) for _, at, state in told)),
        read.time_zone,
        read.token_group_id or next(presented, None),
    )
