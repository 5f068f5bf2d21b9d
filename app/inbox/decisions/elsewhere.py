"""A plug that is taken at the EVSE beside the one that was paid for."""

from app.domain.elsewhere import told_elsewhere, waits_for_its_plug
from app.domain.session import OPEN_STATUSES, SessionStatus, evolve
from app.domain.station_state import StationState
from app.inbox.batch import Batch


def note_elsewhere(batch: Batch, station: StationState, evse_number: int, *, taken: bool) -> None:
    """Somebody who is awaited at another EVSE may be the one: unless this one is promised to somebody, too."""
    waiting = [session for session in station.sessions.values() if waits_for_its_plug(session)]
    if not waiting or (taken and _is_promised(station, evse_number)):
        return
    for session in waiting:
        steps = told_elsewhere(session, evse_number, taken=taken)
        if steps is not None:
            batch.save_session(station, evolve(session, steps=steps, version=session.version + 1))


def _is_promised(station: StationState, evse_number: int) -> bool:
    awaited = OPEN_STATUSES | {SessionStatus.RESERVATION}
    return any(
        session.evse_number == evse_number and session.status in awaited and session.token_uid is not None
        for session in station.sessions.values()
    )
