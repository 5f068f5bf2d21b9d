"""Signed meter values are kept with their session, and checked by a duty once it has ended."""

import base64
from datetime import timedelta
from typing import cast

from app.domain.event import Arrival, TransactionReported
from app.domain.session import Session
from app.domain.station_state import StationState
from app.inbox.batch import Batch

DUTY = "VERIFY_METER"
CHECK_EVERY = timedelta(minutes=2)  # whether a session with signed values has ended


def keep_signed(batch: Batch, station: StationState, arrival: Arrival, session: Session) -> None:
    """Every signed value, to the byte; money goes by the plain ones."""
    event = cast(TransactionReported, arrival.event)
    for one in event.signed:
        key = (session.key, one.at, one.context, one.measurand, one.data)
        found = {
            "operator_key": session.operator_key,
            "station_key": station.key,
            "session_key": session.key,
            "at": one.at,
            "context": one.context,
            "measurand": one.measurand,
            "format": one.format,
            "data": base64.b64encode(one.data.encode()).decode(),
            "public_key": one.public_key,
            "received_at": arrival.received_at,
        }
        batch.keep("signed_reading", key, found)
    if session.ended_at is not None:
        batch.owe(station, DUTY, due_at=arrival.received_at)
    elif event.signed:
        # Its end may bring no signed value, so this one asks for the check; once a session.
        batch.owe(station, DUTY, due_at=arrival.received_at + CHECK_EVERY, session_key=session.key)
