"""Stations that lose their server and dial again: each boots, tells its status, then beats; 1.6 on real sockets.

Prints one JSON line when all are connected and, for every line on stdin, one with how many are back. ``quit`` ends it
with a file that says how many messages of each station were acknowledged. Backing off is what OCPP 2.0.1 asks for:
a random part of a wait that doubles.
"""

import argparse
import asyncio
import base64
import json
import random
import sys
import time
from pathlib import Path

import orjson
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.load import now
from benchmarks.world import PASSWORD

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 16.0
DIALLING = 400  # handshakes this one process has open at the same time


class Station(WSListener):
    """One station: its next message goes out when the last is answered and ``every`` seconds are over."""

    def __init__(self, number: int, url: str, every: float, gate: asyncio.Semaphore) -> None:
        super().__init__()
        self.number, self.url, self.every, self.gate = number, url, every, gate
        self.acknowledged = 0
        self.attempts = 0
        self.settled = False  # connected, booted and answered since
        self.back_at = 0.0
        self.transport: WSTransport | None = None
        self.gone = asyncio.Event()
        self.answered = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.settled = False
        self.transport = None
        self.gone.set()
        self.answered.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT and orjson.loads(frame.get_payload_as_bytes())[0] == 3:
            self.acknowledged += 1
            self.answered.set()

    async def live(self) -> None:
        wait = FIRST_WAIT_S
        while True:
            if await self._dial():
                wait = FIRST_WAIT_S
                await self._talk()
            await asyncio.sleep(wait * random.uniform(0.5, 1.5))
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def _dial(self) -> bool:
        identity = f"BENCH-{self.number}"
        secret = base64.b64encode(f"{identity}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Sec-WebSocket-Protocol": "ocpp1.6"}
        self.gone.clear()
        self.attempts += 1
        async with self.gate:
            try:
                await ws_connect(
                    lambda: self,
                    f"{self.url}/{identity}",
                    extra_headers=headers,
                    websocket_handshake_timeout=10,
                    read_buffer_init_size=1024,
                )
            except Exception:  # refused, reset, timed out: whatever it was, it is tried again
                return False
        return self.transport is not None

    async def _talk(self) -> None:
        """Until the socket is gone."""
        boot: dict[str, object] = {"chargePointVendor": "Bench", "chargePointModel": "Storm"}
        status: dict[str, object] = {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "Available",
            "timestamp": now(),
        }
        if not (await self._say("BootNotification", boot) and await self._say("StatusNotification", status)):
            return
        self.settled, self.back_at = True, time.time()
        while not self.gone.is_set():
            try:
                await asyncio.wait_for(self.gone.wait(), self.every * random.uniform(0.5, 1.5))
            except TimeoutError:
                if not await self._say("Heartbeat", {}):
                    return

    async def _say(self, action: str, payload: dict[str, object]) -> bool:
        if self.transport is None:
            return False
        self.answered.clear()
        identity = f"{self.number}-{self.attempts}-{self.acknowledged}"
        self.transport.send(WSMsgType.TEXT, orjson.dumps([2, identity, action, payload]))
        await self.answered.wait()
        return self.transport is not None


async def _main(arguments: argparse.Namespace) -> None:
    gate = asyncio.Semaphore(DIALLING)
    stations = [Station(number, arguments.url, arguments.every, gate) for number in range(arguments.stations)]
    lives = [asyncio.create_task(station.live()) for station in stations]
    while sum(station.settled for station in stations) < len(stations):
        await asyncio.sleep(0.1)
    print(json.dumps({"connected": len(stations)}), flush=True)
    loop = asyncio.get_running_loop()
    while (line := await loop.run_in_executor(None, sys.stdin.readline)) and line.strip() != "quit":
        back = sorted(station.back_at for station in stations if station.settled)
        print(json.dumps({"settled": len(back), "back_at": back[int(len(back) * 0.99) - 1] if back else 0}), flush=True)
    for life in lives:
        life.cancel()
    said = {
        "acknowledged": {f"BENCH-{station.number}": station.acknowledged for station in stations},
        "dialled": sum(station.attempts for station in stations),
    }
    arguments.told.write_text(json.dumps(said))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--stations", type=int, required=True)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between heartbeats")
    parser.add_argument("--told", type=Path, required=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
