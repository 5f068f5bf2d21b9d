"""How the periodic event streams of a station send, for one that has more to send than before (2.1 N15)."""

from collections.abc import Collection

from app.domain.event_stream import StreamPace
from app.domain.station_state import StationState
from app.store.intake.connection import IngestConnection

_STREAMS = """SELECT s.station_key, s.stream_id, s.interval_s, s.max_values, coalesce(s.pending, 0), s.growing, s.adjusted_at
FROM unnest(%s::bigint[], %s::integer[]) AS w(station_key, stream_id)
JOIN event_stream s ON s.station_key = w.station_key AND s.stream_id = w.stream_id"""


async def read_streams(
    connection: IngestConnection, stations: dict[int, StationState], wanted: Collection[tuple[int, int]]
) -> None:
    ordered = sorted(wanted)
    cursor = await connection.execute(
        _STREAMS, ([key for key, _ in ordered], [stream for _, stream in ordered]), binary=True
    )
    for key, stream, interval, values, pending, growing, adjusted_at in await cursor.fetchall():
        stations[key].streams[stream] = StreamPace(interval, values, pending, growing, adjusted_at)
