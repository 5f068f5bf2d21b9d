"""A charging station of a test: says what it is told to say, answers as it is told to answer, and remembers what it was asked."""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Json = dict[str, Any]


class Station:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._pending: dict[str, asyncio.Future[Json]] = {}
        self.answers: dict[str, Json | Callable[[Json], Json | Awaitable[Json]]] = {
            "GetLocalListVersion": {"versionNumber": 0}
        }
        self.asked: list[tuple[str, Json]] = []

    async def run(self) -> None:
        async for raw in self._socket:
            kind, message_id, *rest = orjson.loads(raw)
            if kind == 2:
                action, payload = rest
                self.asked.append((action, payload))
                answer = self.answers.get(action, {"status": "Accepted"})
                said = answer(payload) if callable(answer) else answer
                if inspect.isawaitable(said):
                    said = await said
                await self._socket.send(orjson.dumps([3, message_id, said]).decode())
            elif kind == 4:
                self.heard_error(message_id, rest[0])
            else:
                assert kind == 3, rest
                self._pending.pop(message_id).set_result(rest[0])

    def heard_error(self, message_id: str, code: str) -> None:
        raise AssertionError(f"{message_id} was answered by {code}")

    async def say(self, action: str, **payload: Any) -> Json:
        message_id = str(uuid4())
        self._pending[message_id] = asyncio.get_running_loop().create_future()
        await self._socket.send(orjson.dumps([2, message_id, action, payload]).decode())
        return await asyncio.wait_for(self._pending[message_id], 20)

    async def send(self, action: str, **payload: Any) -> None:
        """2.1's message type 6, which nobody answers."""
        await self._socket.send(orjson.dumps([6, str(uuid4()), action, payload]).decode())

    def was_asked(self, action: str) -> list[Json]:
        return [payload for name, payload in self.asked if name == action]


@contextlib.asynccontextmanager
async def dialled(port: int, identity: str, version: str) -> AsyncIterator[Station]:
    """Connected and booted, in ``version`` such as ocpp2.0.1."""
    async with connect(f"ws://127.0.0.1:{port}/ocpp/{identity}", subprotocols=[Subprotocol(version)]) as socket:
        station = Station(socket)
        running = asyncio.create_task(station.run())
        if version == "ocpp1.6":
            await station.say("BootNotification", chargePointVendor="Ada", chargePointModel="One")
        else:
            await station.say(
                "BootNotification", reason="PowerUp", chargingStation={"model": "One", "vendorName": "Ada"}
            )
        try:
            yield station
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
