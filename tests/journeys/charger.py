"""A bare OCPP-J charger for journeys: it sends what it is told, and answers by a table."""

import asyncio
import base64
import itertools
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Answer = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]


class Charger:
    """``answers`` by action; what was asked of it stands in ``asked``."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[list[Any]]] = {}
        self._asked: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.answers: dict[str, Answer] = {}
        self._reader = asyncio.create_task(self._read())

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The answer's payload; an AssertionError for a CALLERROR."""
        answer = await self.raw_call(action, payload)
        assert answer[0] == 3, answer
        found: dict[str, Any] = answer[2]
        return found

    async def raw_call(self, action: str, payload: dict[str, Any]) -> list[Any]:
        message_id = f"m{next(self._ids)}"
        answer = self._waiting[message_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(orjson.dumps([2, message_id, action, payload]).decode())
        async with asyncio.timeout(30):
            return await answer

    async def asked(self, action: str) -> dict[str, Any]:
        """The payload of the next request of this action."""
        async with asyncio.timeout(30):
            while True:
                got, payload = await self._asked.get()
                if got == action:
                    return payload

    async def _read(self) -> None:
        async for raw in self._socket:
            frame = orjson.loads(raw)
            if frame[0] == 2:
                self._asked.put_nowait((frame[2], frame[3]))
                answer = self.answers.get(frame[2], {"status": "Accepted"})
                said = answer(frame[3]) if callable(answer) else answer
                await self._socket.send(orjson.dumps([3, frame[1], said]).decode())
            elif frame[1] in self._waiting:
                self._waiting.pop(frame[1]).set_result(frame)

    async def let_go(self) -> tuple[int | None, str | None]:
        """Why the other side ended the connection, once it has."""
        async with asyncio.timeout(30):
            await self._socket.wait_closed()
        return self._socket.close_code, self._socket.close_reason

    async def close(self) -> None:
        self._reader.cancel()
        await self._socket.close()


@asynccontextmanager
async def plugged(
    url: str,
    identity: str,
    version: str,
    *,
    password: str | bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Charger]:
    """A charger with an open socket. Raises what websockets raises when it is not let in."""
    headers = {}
    if password is not None:
        secret = password.encode() if isinstance(password, str) else password
        headers["Authorization"] = "Basic " + base64.b64encode(identity.encode() + b":" + secret).decode()
    async with connect(
        f"{url}/{identity}", subprotocols=[Subprotocol(version)], additional_headers=headers, ssl=tls
    ) as socket:
        charger = Charger(socket)
        try:
            yield charger
        finally:
            await charger.close()


BOOT_2 = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
BOOT_16 = {"chargePointModel": "M", "chargePointVendor": "V"}
