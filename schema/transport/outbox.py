"""What waits for one connection: bounded, because a reader that is too slow must not fill our memory.

Updates beyond the bound are dropped together; whoever lost some reads a fresh snapshot when it has caught up.
"""

import asyncio
from collections import deque

_BYTES_MAX = 8 * 1024 * 1024
_CONTROL_MAX = 1_000  # answers to pings and the like: who asks so much without reading is no friend


class Overflow(Exception):
    """Control messages pile up: the peer does not read."""


class Outbox:
    """Updates are kept as (before, payload, after), so that a payload for many connections is stored once."""

    __slots__ = ("_bytes", "_control", "_most", "_updates", "_wake")

    def __init__(self, most: int) -> None:
        self._most = most
        self._updates: deque[tuple[str, str, str]] = deque()
        self._control: deque[str] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()

    @property
    def empty(self) -> bool:
        return not self._updates and not self._control

    def put(self, before: str, payload: str, after: str) -> bool:
        """False when there is no room: nothing is kept then, of this or what waited."""
        if len(self._updates) >= self._most or self._bytes + len(payload) > _BYTES_MAX:
            self._updates.clear()
            self._bytes = 0
            self._wake.set()
            return False
        self._updates.append((before, payload, after))
        self._bytes += len(payload)
        self._wake.set()
        return True

    def put_control(self, message: str) -> None:
        """In order with updates that are already there; raises `Overflow`."""
        if len(self._control) >= _CONTROL_MAX:
            raise Overflow
        if self._updates:
            self._updates.append((message, "", ""))
        else:
            self._control.append(message)
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    async def wait(self) -> None:
        """Returns when there may be something to take."""
        await self._wake.wait()
        self._wake.clear()

    def take(self) -> str | None:
        """The next message; None when there is none."""
        if self._control:
            return self._control.popleft()
        if not self._updates:
            return None
        before, payload, after = self._updates.popleft()
        self._bytes -= len(payload)
        return before + payload + after
