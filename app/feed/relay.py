"""Several processes, one feed: changes and wake-ups travel over Redis by `broadcaster`.

Everything here may be lost without harm: facts live in PostgreSQL. A silence, a broken connection or a message that
could not be said is a gap, which makes the watchers of whoever may have missed it read again. The channel is
subscribed once, before the first publish, because broadcaster can lose a channel that two subscribe to at once.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

import orjson
import structlog
from broadcaster import Broadcast

from app.domain.command import OutboundCommand
from app.feed.change import Change, Noun
from app.feed.feed import Feed

log = structlog.get_logger(__name__)

CHANNEL = "voltgraph"
PING_EVERY_S = 2.0
SILENCE_MAX_S = 6.0  # three missed pings of our own: the subscription is deaf, whatever the client library says
_REBUILD_PAUSE_S = 1.0
OUTBOX_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Local:
    """What this process's gateway does when another asks: ``dispatch`` a station's queue, ``close`` its socket."""

    dispatch: Callable[[int], None]
    close: Callable[[int, str], None]


class Relay:
    """Carries this process's changes to others and theirs to this one; heals itself."""

    def __init__(self, redis_url: str, feed: Feed, *, local: Local | None = None) -> None:
        self._url = redis_url
        self._feed = feed
        self._local = local
        self._origin = uuid4().hex
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue(OUTBOX_MAX)
        self._missed = False  # something we had to say was lost: the others must be told to read again
        self._heard_at = 0.0
        self._task: asyncio.Task[None] | None = None
        feed.add_relay(self._publish)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="feed relay")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake_gateways(self, station_key: int) -> None:
        """Some gateway holds this station's socket: a queued command waits for it."""
        self._put({"origin": self._origin, "dispatch": station_key})

    def close_elsewhere(self, station_key: int, reason: str) -> None:
        """Whichever gateway holds this station's socket should end it."""
        self._put({"origin": self._origin, "close": [station_key, reason]})

    def _publish(self, changes: Sequence[Change]) -> None:
        self._put({"origin": self._origin, "changes": [_packed(change) for change in changes]})

    def _put(self, message: dict[str, object]) -> None:
        try:
            self._outbox.put_nowait(orjson.dumps(message))
        except asyncio.QueueFull:
            if not self._missed:
                log.warning("relay.outbox_full")
            self._missed = True

    async def _run(self) -> None:
        while True:
            try:
                await self._live()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("relay.lost", error=repr(error)[:200])
            self._feed.lose()
            await asyncio.sleep(_REBUILD_PAUSE_S)

    async def _live(self) -> None:
        """One life of a Broadcast object: it cannot be mended, only replaced."""
        broadcast = Broadcast(self._url)
        await broadcast.connect()
        self._heard_at = time.monotonic()
        tasks = [
            asyncio.create_task(coroutine)
            for coroutine in (self._listen(broadcast), self._speak(broadcast), self._listen_for_silence(broadcast))
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            try:
                await asyncio.wait_for(broadcast.disconnect(), 1)
            except Exception as error:
                log.debug("relay.disconnect", error=repr(error)[:100])

    async def _listen(self, broadcast: Broadcast) -> None:
        async with broadcast.subscribe(CHANNEL) as events:
            self._feed.lose()  # what was said before we listened is unknown
            while True:
                event = await events.get()
                self._hear(orjson.loads(event.message))

    async def _speak(self, broadcast: Broadcast) -> None:
        while True:
            if self._missed and self._outbox.empty():
                self._missed = False
                await self._say(broadcast, orjson.dumps({"origin": self._origin, "gap": True}))
            await self._say(broadcast, await self._outbox.get())

    async def _say(self, broadcast: Broadcast, message: bytes) -> None:
        try:
            await broadcast.publish(CHANNEL, message.decode())
        except BaseException:
            self._missed = True
            raise

    async def _listen_for_silence(self, broadcast: Broadcast) -> None:
        """Our own pings must come back; a deaf subscription raises nothing."""
        while True:
            await broadcast.publish(CHANNEL, orjson.dumps({"origin": self._origin, "ping": True}).decode())
            await asyncio.sleep(PING_EVERY_S)
            if time.monotonic() - self._heard_at > SILENCE_MAX_S:
                raise ConnectionError("no message came back")

    def _hear(self, message: dict[str, object]) -> None:
        self._heard_at = time.monotonic()
        if message["origin"] == self._origin:
            return
        if message.get("gap"):
            self._feed.lose()
        changes = message.get("changes")
        if isinstance(changes, list):
            self._feed.deliver([_unpacked(change) for change in changes])
        if self._local is None:
            return
        station_key, closing = message.get("dispatch"), message.get("close")
        if isinstance(station_key, int):
            self._local.dispatch(station_key)
        if isinstance(closing, list):
            self._local.close(int(closing[0]), str(closing[1]))


class RemoteStations:
    """`app.ports.gateway.Stations` of a process without a gateway: the row is the message, this wakes its reader."""

    def __init__(self, relay: Relay | None) -> None:
        self._relay = relay

    def send(self, command: OutboundCommand) -> bool:
        if self._relay is not None:
            self._relay.wake_gateways(command.station_key)
        return False

    def close(self, station_key: int, *, reason: str) -> bool:
        if self._relay is not None:
            self._relay.close_elsewhere(station_key, reason)
        return False

    def held(self) -> list[tuple[int, int]]:
        return []


def _packed(change: Change) -> list[object]:
    return [
        change.noun.value,
        change.operator_key,
        change.key,
        change.version,
        change.location_key,
        change.station_key,
        change.progress,
    ]


def _unpacked(row: list[object]) -> Change:
    noun, *rest = row
    return Change(Noun(str(noun)), *rest)  # type: ignore[arg-type]
