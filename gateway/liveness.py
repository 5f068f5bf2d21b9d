"""One sweep for all sockets: whoever is quiet is pinged, whoever stays silent is closed.

Any byte counts as life (some chargers never answer a ping). A socket whose frame waits on the database is left alone.
"""

import asyncio
from collections.abc import Iterable

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConcurrencyError, ConnectionClosed

from app.domain.quirk import Quirk
from gateway.connection import StationConnection
from gateway.limits import (
    CLOSE_AFTER_IDLE_S,
    CLOSE_AFTER_IDLE_UNPONGED_S,
    PING_AFTER_IDLE_S,
    PING_OFTEN_EVERY_S,
    SEND_TIMEOUT_S,
    SWEEP_EVERY_S,
)
from gateway.metrics import CLOSED_SILENT

_PING = b"vg"
CLOSE_SILENT = (1001, "nothing heard for too long")


class Liveness:
    """Sweeps the connections that ``everyone`` yields."""

    def __init__(self, everyone: Iterable[StationConnection]) -> None:
        self._everyone = everyone
        self._pings: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            self.sweep(asyncio.get_running_loop().time())

    def sweep(self, now: float) -> None:
        """One look at everyone; ``now`` in the loop's seconds."""
        for connection in self._everyone:
            if connection.busy:
                continue
            if connection.pong is not None and connection.pong.done():
                connection.ponged = not connection.pong.cancelled() and connection.pong.exception() is None
                connection.pong = None
            idle = now - connection.socket.heard_at
            silent = Quirk.NO_PING in connection.allowances.allowed
            limit = CLOSE_AFTER_IDLE_S if connection.ponged and not silent else CLOSE_AFTER_IDLE_UNPONGED_S
            if idle >= limit:
                CLOSED_SILENT.inc()
                connection.give_up(*CLOSE_SILENT)
            elif not silent and _is_due(connection, idle, now):
                connection.pinged_at = now
                task = asyncio.get_running_loop().create_task(_ping(connection))
                self._pings.add(task)
                task.add_done_callback(self._pings.discard)


def _is_due(connection: StationConnection, idle: float, now: float) -> bool:
    if Quirk.PING_OFTEN in connection.allowances.allowed:
        return now - connection.pinged_at >= PING_OFTEN_EVERY_S
    return idle >= PING_AFTER_IDLE_S and now - connection.pinged_at >= PING_AFTER_IDLE_S


async def _ping(connection: StationConnection) -> None:
    """A ping, or an unsolicited pong while the last ping is unanswered: either keeps address translators awake."""
    socket = connection.socket
    if not isinstance(socket, ServerConnection):
        return
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            waiter = await socket.ping(_PING)
            if isinstance(waiter, asyncio.Future):
                connection.pong = waiter
                waiter.add_done_callback(_retrieve)
    except ConcurrencyError:
        await _pong(socket)
    except (ConnectionClosed, TimeoutError):
        return


def _retrieve(waiter: "asyncio.Future[float]") -> None:
    """Takes the exception of a ping whose socket ended, so that nothing is logged about it."""
    if not waiter.cancelled():
        waiter.exception()


async def _pong(socket: ServerConnection) -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await socket.pong()
    except (ConnectionClosed, TimeoutError):
        return
