"""A station's manners on the wire, against a backend that has none."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

import orjson
import pytest
from rich.console import Console
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from simulator.board import board
from simulator.fleet import Fleet
from simulator.spec import StationSpec
from simulator.station import Station

Frame = list[Any]
BOOTED = {"status": "Accepted", "currentTime": "2026-05-04T12:00:00Z", "interval": 300}


@asynccontextmanager
async def backend(answer: Callable[[ServerConnection, Frame], Awaitable[None]]) -> AsyncIterator[str]:
    async def serve_one(socket: ServerConnection) -> None:
        async for raw in socket:
            await answer(socket, orjson.loads(raw))

    async with serve(serve_one, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


@asynccontextmanager
async def station_at(url: str) -> AsyncIterator[Station]:
    fleet = Fleet(url, [StationSpec("S", version="1.6", tokens=("TAG",))], time_factor=1000)
    running = asyncio.create_task(fleet.run(visitors=False))
    try:
        yield fleet["S"]
    finally:
        await fleet.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def reply(socket: ServerConnection, frame: Frame, payload: dict[str, Any]) -> None:
    await socket.send(orjson.dumps([3, frame[1], payload]).decode())


async def test_noise_does_not_end_it_and_a_bad_command_is_refused() -> None:
    heard: list[Frame] = []

    async def answer(socket: ServerConnection, frame: Frame) -> None:
        heard.append(frame)
        if frame[0] != 2:
            return
        for noise in ("", "{}", "[]", "[3]", '[3,"unknown",{}]', "[9,1]"):
            await socket.send(noise)
        await reply(socket, frame, BOOTED if frame[2] == "BootNotification" else {})
        if frame[2] == "BootNotification":
            await socket.send('[2,"x","RemoteStartTransaction",{}]')
            await socket.send('[2,"y","Reset",null]')
            await socket.send('[2,"z","Nonsense",{}]')

    async with backend(answer) as url, station_at(url) as station:
        await station.wait_until(lambda one: one.link.online and len([f for f in heard if f[0] == 4]) == 3)
    assert [frame[1:3] for frame in heard if frame[0] == 4] == [
        ["x", "FormationViolation"],
        ["y", "FormationViolation"],
        ["z", "NotImplemented"],
    ]


async def test_a_message_the_backend_keeps_refusing_is_given_up_after_three_attempts() -> None:
    starts: list[Frame] = []
    stops: list[Frame] = []

    async def answer(socket: ServerConnection, frame: Frame) -> None:
        if frame[2] == "StartTransaction":
            starts.append(frame)
            await socket.send(orjson.dumps([4, frame[1], "InternalError", "", {}]).decode())
            return
        if frame[2] == "StopTransaction":
            stops.append(frame)
        answers: dict[str, dict[str, Any]] = {
            "BootNotification": BOOTED,
            "Authorize": {"idTagInfo": {"status": "Accepted"}},
        }
        await reply(socket, frame, answers.get(frame[2], {}))

    async with backend(answer) as url, station_at(url) as station:
        await station.wait_until(lambda one: one.link.online)
        await station.plug_in(1)
        assert await station.tap(1, "TAG")
        await station.unplug(1)
        await station.wait_until(lambda one: one.link.waiting == 0)
    assert len(starts) == 3
    assert len({frame[1] for frame in starts}) == 3, "a retry is a new message with the same content"
    assert len({orjson.dumps(frame[3]) for frame in starts}) == 1
    assert [frame[3]["transactionId"] for frame in stops] == [-1], "errata 3.18"


async def test_impossible_things_do_not_happen() -> None:
    station = Fleet("ws://127.0.0.1:9", [StationSpec("S", tokens=("TAG",))])["S"]
    await station.plug_in(1)
    with pytest.raises(ValueError):
        await station.plug_in(1)
    with pytest.raises(TimeoutError):
        await station.wait_until(lambda one: one.link.online, within=0.05)


def test_the_board_says_what_it_is() -> None:
    fleet = Fleet("ws://x", [StationSpec("S")])
    console = Console(width=120, record=True, file=StringIO())
    console.print(board(fleet.state(), url="ws://x"))
    assert "no real charger involved" in console.export_text()
