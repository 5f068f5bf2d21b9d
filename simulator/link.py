"""A station's socket: dialling with back-off, one CALL in flight, and an outbox that survives every outage.

Transaction messages go through the outbox in order and are kept until the backend has answered (OCPP 1.6 §3.7,
2.0.1 E04); everything else is said while connected or not at all.
"""

import asyncio
import base64
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from simulator.clock import Clock
from simulator.faults import Fault, Network
from simulator.spec import SUBPROTOCOLS, StationSpec

Json = dict[str, Any]

# OCPP TransactionMessageAttempts / MessageAttempts: after these many failures a message is given up.
ATTEMPTS = 3
_RETRY_S = 5.0
_BACK_OFF_S = 2.0
_BACK_OFF_DOUBLINGS = 5


class LinkDown(Exception):
    """There is no connection, or it ended before the answer."""


class CallRefused(Exception):
    """The backend answered with a CALLERROR; the text is its code."""


@dataclass(slots=True)
class Queued:
    """A transaction message: ``build`` is asked at its turn, because 1.6 learns transaction ids on the way.

    ``offline`` is set while it waits out an outage.
    """

    build: Callable[[bool], tuple[str, Json]]
    answered: Callable[[Json], None]
    offline: bool
    attempts: int = 0


class Pongless(ClientConnection):
    """A socket that answers no ping."""

    def __init__(self, protocol: ClientProtocol, **options: Any) -> None:
        send = protocol.send_frame

        def send_frame(frame: Frame) -> None:
            if frame.opcode is not Opcode.PONG:
                send(frame)

        protocol.send_frame = send_frame  # type: ignore[method-assign]
        super().__init__(protocol, **options)


def _as_said(said: tuple[str, Json], _offline: bool) -> tuple[str, Json]:
    return said


class Link:
    """``hello`` runs after every connect, before the outbox moves; ``obey`` answers a CALL of the backend."""

    def __init__(
        self,
        url: str,
        spec: StationSpec,
        clock: Clock,
        chance: random.Random,
        *,
        hello: Callable[[], Awaitable[None]],
        obey: Callable[[str, Json], Json | str],
    ) -> None:
        self._url = f"{url.rstrip('/')}/{quote(spec.identity, safe='')}"
        self._spec = spec
        self._clock = clock
        self._chance = chance
        self._hello = hello
        self._obey = obey
        self._socket: ClientConnection | None = None
        self._manners = spec.manners
        self.network = Network(frozenset(Fault(name) for name in spec.faults), chance)
        self._pending: dict[str, asyncio.Future[Json]] = {}
        self._turn = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._outbox: deque[Queued] = deque()
        self._outbox_moved = asyncio.Event()
        self.ready = False
        self.trouble: str | None = None  # why the last attempt to dial failed

    @property
    def online(self) -> bool:
        return self._socket is not None and self.ready

    @property
    def waiting(self) -> int:
        """Transaction messages not yet answered."""
        return len(self._outbox)

    # -- connection ---------------------------------------------------------------------------------------------------

    def go_offline(self) -> None:
        """Pulls the plug: the socket ends at once and no dialling happens until `come_back`."""
        self._wanted.clear()
        self.hang_up()

    def come_back(self) -> None:
        self._wanted.set()

    def hang_up(self) -> None:
        """Ends the socket as a crash would; the link dials again if it is wanted."""
        self.ready = False
        if self._socket is not None:
            self._socket.transport.abort()

    async def run(self) -> None:
        """Dials, serves and dials again until cancelled."""
        self._wanted.set()
        failures = 0
        while True:
            await self._wanted.wait()
            try:
                await self._probe()
                async with self._dial(SUBPROTOCOLS[self._spec.version]) as first:
                    failures = 0
                    if not self._manners.second_socket:
                        await self._serve(first)
                        continue
                    async with self._dial(SUBPROTOCOLS[self._spec.version]) as second:
                        await self._serve(second)
            except (OSError, WebSocketException, TimeoutError) as error:
                failures += 1
                self.trouble = str(error) or type(error).__name__
            finally:
                self._lost()
            await self._clock.sleep(self._back_off(failures))

    def _dial(self, subprotocol: str) -> connect:
        return connect(
            self._url,
            subprotocols=[Subprotocol(subprotocol)] if self._manners.subprotocol else None,
            additional_headers=self._authorization(),
            create_connection=ClientConnection if self._manners.pongs else Pongless,
            ping_interval=None,
            compression=None,
            max_queue=4,
            close_timeout=2,
            proxy=None,
        )

    async def _probe(self) -> None:
        if self._manners.probe:
            async with self._dial(self._manners.probe):
                pass

    def _back_off(self, failures: int) -> float:
        """2.0.1 Part 4 §5.4: a random part, and twice as long after each failure up to a ceiling."""
        wait: float = _BACK_OFF_S * 2 ** min(failures, _BACK_OFF_DOUBLINGS)
        return wait + self._chance.uniform(0, wait)

    def _authorization(self) -> dict[str, str]:
        if self._spec.password is None:
            return {}
        pair = f"{self._spec.identity}:{self._spec.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    async def _serve(self, socket: ClientConnection) -> None:
        self._socket = socket
        speaking = asyncio.create_task(self._speak())
        try:
            async for raw in self.network.heard(socket):
                await self._hear(socket, raw)
        finally:
            speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError, LinkDown):
                await speaking

    async def _speak(self) -> None:
        """Says hello, then empties the outbox whenever there is something in it."""
        try:
            await self._hello()
            self.ready = True
            while True:
                while self._outbox:
                    await self._deliver(self._outbox[0])
                self._outbox_moved.clear()
                await self._outbox_moved.wait()
        except (LinkDown, CallRefused, TimeoutError):
            self.hang_up()

    def _lost(self) -> None:
        self._socket = None
        self.ready = False
        for future in self._pending.values():
            if not future.done():
                future.set_exception(LinkDown("the connection ended"))
        self._pending.clear()
        for queued in self._outbox:
            queued.offline = True

    # -- speaking -----------------------------------------------------------------------------------------------------

    def enqueue(self, build: Callable[[bool], tuple[str, Json]], answered: Callable[[Json], None]) -> None:
        """Adds a transaction message; it is delivered in order, now or after the outage."""
        self._outbox.append(Queued(build, answered, offline=not self.online))
        self._outbox_moved.set()

    async def _deliver(self, queued: Queued) -> None:
        action, payload = queued.build(queued.offline)
        queued.attempts += 1
        try:
            answer = await self.call(action, payload)
        except (CallRefused, TimeoutError):
            if queued.attempts < ATTEMPTS:
                await self._clock.sleep(_RETRY_S * queued.attempts)
                return
            self._outbox.popleft()
            return
        self._outbox.popleft()
        queued.answered(answer)

    async def call(self, action: str, payload: Json) -> Json:
        """One CALL at a time. Raises `LinkDown`, `CallRefused` or TimeoutError."""
        payload = self._manners.change(action, payload)
        answer = await self._exchange(action, payload)
        for also in self._manners.afterwards(action, payload):
            self.enqueue(partial(_as_said, also), lambda answer: None)
        return answer

    async def _exchange(self, action: str, payload: Json) -> Json:
        async with self._turn:
            socket = self._socket
            if socket is None:
                raise LinkDown("not connected")
            message_id = str(uuid4())
            future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
            self._pending[message_id] = future
            try:
                for _ in range(self._manners.copies):
                    await self.network.send(socket, orjson.dumps([2, message_id, action, payload]).decode())
                async with asyncio.timeout(self._spec.call_timeout_s):
                    return await future
            except (OSError, WebSocketException) as error:
                raise LinkDown(str(error)) from error
            finally:
                self._pending.pop(message_id, None)

    # -- listening ----------------------------------------------------------------------------------------------------

    async def _hear(self, socket: ClientConnection, raw: str | bytes) -> None:
        try:
            frame = orjson.loads(raw)
            kind, message_id = frame[0], str(frame[1])
        except (ValueError, TypeError, LookupError):
            return  # not OCPP-J: a station has nobody to tell
        if kind == 2:
            if self._manners.obeys:
                await self.network.send(socket, orjson.dumps(self._answer(message_id, frame[2:])).decode())
            return
        future = self._pending.get(message_id)
        if future is None or future.done():
            return
        if kind == 3 and len(frame) > 2 and isinstance(frame[2], dict):
            future.set_result(frame[2])
        else:
            future.set_exception(CallRefused(str(frame[2:3])))

    def _answer(self, message_id: str, call: list[Any]) -> list[Any]:
        """The frame that answers a CALL; one that lacks what it must have is refused, never fatal."""
        try:
            answer = self._obey(call[0], call[1])
        except (LookupError, TypeError, ValueError, AttributeError):
            answer = "FormationViolation" if self._spec.version == "1.6" else "FormatViolation"
        return [3, message_id, answer] if isinstance(answer, dict) else [4, message_id, answer, "", {}]
