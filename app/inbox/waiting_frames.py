"""Frames that no event carries (answers of ours, refused frames): they wait for a commit, but not without bound.

Nobody's fact is among them, so when the database is away the newest are let go, counted, rather than fill the memory:
a station whose frames are refused is answered at once, and may send as many as it likes.
"""

from collections.abc import Sequence

from prometheus_client import Counter

from app.domain.event import Frame

WAITING_MAX = 50_000  # half a minute of the fastest gateway's answers
WAITING_CHARACTERS = 64 * 1024 * 1024  # a refused frame may be of 2 MB

LET_GO = Counter("voltgraph_inbox_frames_let_go_total", "Frames without an event that found no room while they waited")


class WaitingFrames:
    __slots__ = ("_characters", "_frames")

    def __init__(self) -> None:
        self._frames: list[Frame] = []
        self._characters = 0

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: Frame) -> None:
        if len(self._frames) >= WAITING_MAX or self._characters + len(frame.raw) > WAITING_CHARACTERS:
            LET_GO.inc()
            return
        self._frames.append(frame)
        self._characters += len(frame.raw)

    def take(self, most: int) -> Sequence[Frame]:
        """The oldest, which wait no more."""
        taken, self._frames = self._frames[:most], self._frames[most:]
        self._characters -= sum([len(frame.raw) for frame in taken])
        return taken
