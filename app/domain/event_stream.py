"""A periodic event stream that cannot keep up, and what lets it send more (2.1 N15.FR.05)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.request.monitoring import PeriodicEventStreamParams

GROWTHS = 2  # in a row: one alone is a moment at which much was measured
AGAIN_AFTER = timedelta(minutes=10)  # a station is given time to catch up before it is told more
VALUES_MAX = 1_000  # of a message; more of one are not read


@dataclass(frozen=True, slots=True)
class StreamPace:
    """How a stream sends, as far as it was said, and how often in a row it had more left over than before."""

    interval_s: int | None = None
    max_values: int | None = None
    pending: int = 0
    growing: int = 0
    adjusted_at: datetime | None = None

    def after(self, pending: int) -> int:
        """In a row, with the next message."""
        return self.growing + 1 if pending > self.pending else 0


def wider(pace: StreamPace, growing: int, at: datetime) -> PeriodicEventStreamParams | None:
    """Larger messages, else more frequent ones; None while that is not called for, was done lately, or cannot be."""
    if growing < GROWTHS or (pace.adjusted_at is not None and at - pace.adjusted_at < AGAIN_AFTER):
        return None
    interval, values = pace.interval_s or 0, pace.max_values or 0
    if 0 < values < VALUES_MAX:
        return PeriodicEventStreamParams(interval=interval, values=min(2 * values, VALUES_MAX))
    if interval > 1:
        return PeriodicEventStreamParams(interval=interval // 2, values=values)
    return None
