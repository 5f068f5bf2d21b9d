"""A stream that falls behind is let send more, by a command of our own (2.1 N15.FR.05)."""

from dataclasses import replace
from datetime import timedelta

from app.domain.command import OUR_OWN, action_of
from app.domain.device_event import EventStreamSent
from app.domain.event import Arrival
from app.domain.event_stream import StreamPace, wider
from app.domain.request.monitoring import AdjustPeriodicEventStream
from app.domain.station_state import StationState
from app.inbox.batch import Batch
from app.inbox.decisions.device_rows import keep_stream
from app.store.request_body import body_json

_ANSWER_WAIT = timedelta(seconds=60)


def keep_pace(batch: Batch, station: StationState, arrival: Arrival, event: EventStreamSent) -> None:
    """At most one command for a stream in `AGAIN_AFTER`; what it says counts once the station has accepted it."""
    pace = station.streams.get(event.stream_id, StreamPace())
    growing = pace.after(event.pending)
    params = wider(pace, growing, arrival.received_at)
    said: dict[str, object] = {"growing": growing}
    if params is not None:
        growing, said = 0, {"growing": 0, "adjusted_at": arrival.received_at}
        body = AdjustPeriodicEventStream(event.stream_id, params)
        wanted = {
            "operator_key": station.operator_key,
            "station_key": station.key,
            "id": batch.new_id(),
            "action": action_of(body),
            "body": body_json(body),
            "requested_by": OUR_OWN,
            "at": arrival.received_at,
            "deadline": arrival.received_at + _ANSWER_WAIT,
        }
        batch.keep("event_stream.adjust", (station.key, event.stream_id), wanted)
    keep_stream(batch, station, event.stream_id, **said)
    station.streams[event.stream_id] = replace(
        pace,
        pending=event.pending,
        growing=growing,
        adjusted_at=pace.adjusted_at if params is None else arrival.received_at,
    )
