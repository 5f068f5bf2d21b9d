"""A hundred thousand frames of broken peers: none may end a read loop, or leave a readable CALL without its answer."""

import asyncio
import time

from app.domain.station import OcppVersion
from benchmarks.figure import Figure
from tests.gateway.mutated import corpus, faults_of

_FRAMES, _AT_ONCE = 102_000, 1_000


def measure() -> list[Figure]:
    """A third in each version; the same frames every time."""
    faults: list[str] = []
    sent, began = 0, time.process_time()
    for version in OcppVersion:
        for seed in range(_FRAMES // 3 // _AT_ONCE):
            frames = corpus(version, _AT_ONCE, seed=10_000 + seed)
            faults += asyncio.run(faults_of(version, frames))
            sent += len(frames)
    took = time.process_time() - began
    note = f"of {sent:,} frames, {took / sent * 1e6:.0f} µs CPU each with the making of them"
    first = f"; the first: {faults[0][:300]}" if faults else ""
    return [
        Figure("mutated frames that end a read loop, or stay unanswered", len(faults), "", at_most=0, note=note + first)
    ]
