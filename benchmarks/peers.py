"""What we compare with: the stock `ocpp` central system, and a server that only answers, under the same load.

Neither keeps anything: their figures bound what a Python server could reach, they are not rivals in durability.
"""

import argparse
import asyncio
import json
import logging
import re
from datetime import UTC, datetime
from itertools import count
from typing import Any

import uvloop
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.children import child
from benchmarks.figure import Figure

_STATIONS = 200
_MESSAGE_ID = re.compile(r'^\[2,"([^"]+)"')
_numbers = count(1)


class StockCentralSystem(ChargePoint):  # type: ignore[misc]
    """The stock library's own session layer and validation, answering from memory."""

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def started(self, **fields: Any) -> call_result.StartTransaction:
        return call_result.StartTransaction(next(_numbers), IdTagInfo(AuthorizationStatus.accepted))

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    def stopped(self, **fields: Any) -> call_result.StopTransaction:
        return call_result.StopTransaction()

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def metered(self, **fields: Any) -> call_result.MeterValues:
        return call_result.MeterValues()

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def changed(self, **fields: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def beat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(datetime.now(UTC).isoformat())


async def _stock(socket: ServerConnection) -> None:
    request = socket.request
    await StockCentralSystem("peer" if request is None else request.path, socket).start()


async def _echo(socket: ServerConnection) -> None:
    """Answers every call with the same payload, having read nothing but its id."""
    async for frame in socket:
        found = _MESSAGE_ID.match(frame if isinstance(frame, str) else frame.decode())
        if found:
            await socket.send(f'[3,"{found[1]}",{{"transactionId":1}}]')


async def _serve(kind: str) -> None:
    handler = _stock if kind == "stock" else _echo
    async with serve(handler, "127.0.0.1", 0, subprotocols=["ocpp1.6"], compression=None) as running:  # type: ignore[list-item]
        print(json.dumps({"ocpp": next(iter(running.sockets)).getsockname()[1]}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, input)


def measure(seconds: float, peak: float) -> list[Figure]:
    """Their rates in the same run, and ours as a ratio of each."""
    figures = []
    for kind, name in (("stock", "stock ocpp central system, nothing kept"), ("echo", "bare echo server")):
        with child("benchmarks.peers", kind) as peer:
            url = f"ws://127.0.0.1:{peer.hear()['ocpp']}"
            with child(
                "benchmarks.load", "--url", url, "--stations", _STATIONS, "--seconds", seconds, "--warm-up", 2
            ) as load:
                rate = float(load.hear()["rate"])
        figures += [Figure(name, rate, "msg/s"), Figure(f"ours / {kind}", peak / rate, "×")]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("stock", "echo"))
    logging.disable(logging.CRITICAL)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(parser.parse_args().kind))
        except EOFError:
            return


if __name__ == "__main__":
    main()
