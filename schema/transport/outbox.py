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
    """Updates are kept as (before, payload, after), so that a payload for many connections is stored once.

    What is no update (an answer, the end of a subscription) has no payload, and is never dropped.
    """

    __slots__ = ("_bytes", "_control_bytes", "_controls", "_most", "_waiting", "_wake")

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[tuple[str, str, str]] = deque()
        self._controls = self._control_bytes = self._bytes = 0
        self._wake = asyncio.Event()

    @property
    def empty(self) -> bool:
        return not self._waiting

    def put(self, before: str, payload: str, after: str) -> bool:
        """False when there is no room: no update is kept then, neither this one nor what waited."""
        if len(self._waiting) - self._controls >= self._most or self._bytes + len(payload) > _BYTES_MAX:
            self._waiting = deque(one for one in self._waiting if not one[1])
            self._bytes = 0
            self._wake.set()
            return False
        self._waiting.append((before, payload, after))
        self._bytes += len(payload)
        self._wake.set()
        return True

    def put_control(self, message: str) -> None:
        """In order with updates that are already there; raises `Overflow`. One alone may be of any size."""
        if self._controls >= _CONTROL_MAX or self._control_bytes > _BYTES_MAX:
            raise Overflow
        self._waiting.append((message, "", ""))
        self._controls += 1
        self._control_bytes += len(message)
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    async def wait(self) -> None:
        """Returns when there may be something to take."""
        await self._wake.wait()
        self._wake.clear()

    def take(self) -> str | None:
        """The next message; None when there is none."""
        if not self._waiting:
            return None
        before, payload, after = self._waiting.popleft()
        if payload:
            self._bytes -= len(payload)
        else:
            self._controls -= 1
            self._control_bytes -= len(before)
        return before + payload + after
