"""Time as a simulated station sees it.

Timestamps are wall-clock UTC and energy is power times the time between timestamps, always: a backend that compares
registers with the clock finds nothing odd. A time factor therefore never touches a timestamp. It divides what a story
consists of (pauses, stays, battery sizes, reboots, back-off), so that a day of visits passes in minutes.
"""

import asyncio
from datetime import UTC, datetime


class Clock:
    """The real clock, with stories told ``factor`` times faster."""

    __slots__ = ("factor",)

    def __init__(self, factor: float = 1.0) -> None:
        if factor <= 0:
            raise ValueError("a time factor is greater than 0")
        self.factor = factor

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, story_seconds: float) -> None:
        """Sleeps for a story's seconds: ``factor`` times shorter in reality."""
        await asyncio.sleep(story_seconds / self.factor)


def stamp(at: datetime) -> str:
    """RFC 3339 with milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
