"""A network that does to frames what networks do, by chance with a seed: the same seed, the same decisions in turn.

It stands between a station and its socket, so both ends are real.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from enum import StrEnum

from websockets.asyncio.client import ClientConnection


class Fault(StrEnum):
    """``HALF_OPEN``: nothing passes any more, and nobody is told until the socket is given up."""

    LATENCY = "latency"
    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    HALF_OPEN = "half-open"
    MALFORMED = "malformed"


# How likely each is, a frame.
CHANCES: dict[Fault, float] = {
    Fault.LATENCY: 0.3,
    Fault.DROP: 0.06,
    Fault.DUPLICATE: 0.1,
    Fault.REORDER: 0.1,
    Fault.HALF_OPEN: 0.01,
    Fault.MALFORMED: 0.05,
}
_LATENCY_S = 0.02
_REORDER_S = 0.03
_GIVEN_UP_AFTER = 3  # frames that a dead socket swallows before its owner notices


class Network:
    """The faults that one station's socket meets, over all its connections."""

    def __init__(self, faults: frozenset[Fault], chance: random.Random) -> None:
        self._faults = faults
        self._chance = chance
        self._late: set[asyncio.Task[None]] = set()
        self._dead: ClientConnection | None = None
        self._swallowed = 0
        self.met: dict[Fault, int] = dict.fromkeys(Fault, 0)

    def _strikes(self, fault: Fault) -> bool:
        # Asked for every fault, so that one more or less in use does not change when the others strike.
        struck = self._chance.random() < CHANCES[fault] and fault in self._faults
        self.met[fault] += struck
        return struck

    async def send(self, socket: ClientConnection, text: str) -> None:
        """Sends a frame, perhaps late, twice, spoilt first, or never."""
        struck = {fault for fault in Fault if self._strikes(fault)}
        if Fault.HALF_OPEN in struck and self._dead is not socket:
            self._dead, self._swallowed = socket, 0
        if self._dead is socket:
            self._swallowed += 1
            if self._swallowed >= _GIVEN_UP_AFTER:
                socket.transport.abort()
            return
        if Fault.DROP in struck:
            return
        if Fault.LATENCY in struck:
            await asyncio.sleep(self._chance.uniform(0, _LATENCY_S))
        if Fault.MALFORMED in struck:
            await socket.send(text[: self._chance.randrange(1, len(text))])
        if Fault.REORDER in struck:
            task = asyncio.get_running_loop().create_task(self._send_late(socket, text))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return
        for _ in range(2 if Fault.DUPLICATE in struck else 1):
            await socket.send(text)

    async def _send_late(self, socket: ClientConnection, text: str) -> None:
        await asyncio.sleep(_REORDER_S)
        try:
            await socket.send(text)
        except OSError:
            return
        except Exception:
            return

    def calm_down(self) -> None:
        """Nothing happens to frames from now on."""
        self._faults = frozenset()
        self._dead = None

    async def heard(self, socket: ClientConnection) -> AsyncIterator[str | bytes]:
        """What comes in; some of it twice, some of it not at all."""
        async for raw in socket:
            if self._dead is socket or self._strikes(Fault.DROP):
                continue
            yield raw
            if self._strikes(Fault.DUPLICATE):
                yield raw
