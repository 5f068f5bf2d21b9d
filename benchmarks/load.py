"""The load generator: OCPP 1.6 stations on real sockets, closed loop or at a fixed rate.

The mix of one session's twenty messages: 11 readings of ten values (55 %), 4 statuses, 3 heartbeats, a start and a stop.
Latency at a fixed rate is measured from when a message was due, so that a stalled server cannot hide it.
"""

import argparse
import asyncio
import base64
import json
import time
from datetime import UTC, datetime
from typing import cast

import orjson
import uvloop
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.world import CARD, PASSWORD

CYCLE = "BMMSMHMSMMHMSMMHMSME"  # Begin, Meter, Status, Heartbeat, End
_VALUES = (
    ("Energy.Active.Import.Register", None, "Wh"),
    ("Power.Active.Import", None, "W"),
    ("Current.Import", "L1", "A"),
    ("Current.Import", "L2", "A"),
    ("Current.Import", "L3", "A"),
    ("Voltage", "L1-N", "V"),
    ("Voltage", "L2-N", "V"),
    ("Voltage", "L3-N", "V"),
    ("SoC", None, "Percent"),
    ("Power.Offered", None, "W"),
)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Tally:
    """What all stations of this process have seen."""

    def __init__(self) -> None:
        self.sent = dict.fromkeys("BMSHE", 0)
        self.acknowledged = dict.fromkeys("BMSHE", 0)
        self.errors = 0
        self.closed = 0
        self.latencies_ms: list[float] = []
        self.measuring = False


class Station(WSListener):
    """One simulated charger: sends its next message when the last is answered (or when it is due)."""

    def __init__(self, tally: Tally, paced: bool) -> None:
        super().__init__()
        self.tally = tally
        self.paced = paced
        self.transport: WSTransport | None = None
        self.position = 0
        self.messages = 0
        self.register = 1000
        self.transaction = 0
        self.due = 0.0
        self.waiting = ""
        self.stopping = False
        self.idle = asyncio.Event()
        self.idle.set()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if not self.stopping:
            self.tally.closed += 1

    def send_next(self, due: float) -> None:
        letter = CYCLE[self.position % len(CYCLE)]
        self.position += 1
        self.messages += 1
        self.due, self.waiting = due, letter
        self.idle.clear()
        action, payload = self._message(letter)
        self.tally.sent[letter] += 1
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, orjson.dumps([2, f"b{self.messages:08d}", action, payload]))

    def _message(self, letter: str) -> tuple[str, dict[str, object]]:
        if letter == "B":
            return "StartTransaction", {
                "connectorId": 1, "idTag": CARD, "meterStart": self.register, "timestamp": now(),
            }  # fmt: skip
        if letter == "E":
            return "StopTransaction", {
                "transactionId": self.transaction, "idTag": CARD, "meterStop": self.register, "timestamp": now(),
                "reason": "Local",
            }  # fmt: skip
        if letter == "S":
            status = "Charging" if self.position % 2 else "SuspendedEV"
            return "StatusNotification", {
                "connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": now(),
            }  # fmt: skip
        if letter == "H":
            return "Heartbeat", {}
        self.register += 12
        return "MeterValues", {
            "connectorId": 1,
            "transactionId": self.transaction,
            "meterValue": [{"timestamp": now(), "sampledValue": self._samples()}],
        }

    def _samples(self) -> list[dict[str, str]]:
        samples = []
        for measurand, phase, unit in _VALUES:
            value = str(self.register) if unit == "Wh" else "16.25"
            sample = {"value": value, "context": "Sample.Periodic", "format": "Raw", "measurand": measurand,
                      "location": "Outlet", "unit": unit}  # fmt: skip
            if phase is not None:
                sample["phase"] = phase
            samples.append(sample)
        return samples

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        message = orjson.loads(frame.get_payload_as_bytes())
        if message[0] != 3:
            self.tally.errors += 1
        letter, self.waiting = self.waiting, ""
        self.tally.acknowledged[letter] += 1
        if self.tally.measuring:
            self.tally.latencies_ms.append((time.perf_counter() - self.due) * 1000)
        if letter == "B":
            self.transaction = message[2]["transactionId"]
        if self.paced or (self.stopping and letter == "E"):
            self.idle.set()
        else:
            self.send_next(time.perf_counter())


async def connect(url: str, first: int, count: int, tally: Tally, *, paced: bool) -> list[Station]:
    """Opens the stations' sockets, a hundred at a time."""
    gate = asyncio.Semaphore(100)

    async def one(number: int) -> Station:
        identity = f"BENCH-{number}"
        credentials = base64.b64encode(f"{identity}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Sec-WebSocket-Protocol": "ocpp1.6"}
        async with gate:
            _, made = await ws_connect(
                lambda: Station(tally, paced),
                f"{url}/{identity}",
                extra_headers=headers,
                websocket_handshake_timeout=30,
                read_buffer_init_size=1024,
            )
        return cast(Station, made)

    return await asyncio.gather(*(one(number) for number in range(first, first + count)))


async def closed_loop(stations: list[Station], tally: Tally, warm_up_s: float, seconds: float) -> float:
    """Every station sends as soon as it is answered; returns the acknowledged messages a second."""
    for station in stations:
        station.send_next(time.perf_counter())
    await asyncio.sleep(warm_up_s)
    before, began = sum(tally.acknowledged.values()), time.perf_counter()
    tally.measuring = True
    await asyncio.sleep(seconds)
    rate = (sum(tally.acknowledged.values()) - before) / (time.perf_counter() - began)
    tally.measuring = False
    return rate


async def paced(stations: list[Station], tally: Tally, rate: float, warm_up_s: float, seconds: float) -> float:
    """Every station sends when its message is due; one that is late waits for its answer and counts the delay."""
    spacing = len(stations) / rate
    began = time.perf_counter()
    ends = began + warm_up_s + seconds

    async def live(station: Station, offset: float) -> None:
        due = began + offset
        while due < ends:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await station.idle.wait()
            station.send_next(due)
            due += spacing

    async def measure() -> float:
        await asyncio.sleep(warm_up_s)
        tally.measuring = True
        before, start = sum(tally.acknowledged.values()), time.perf_counter()
        await asyncio.sleep(seconds)
        tally.measuring = False
        return (sum(tally.acknowledged.values()) - before) / (time.perf_counter() - start)

    measured = asyncio.create_task(measure())
    await asyncio.gather(*(live(station, spacing * index / len(stations)) for index, station in enumerate(stations)))
    return await measured


async def drain(stations: list[Station]) -> None:
    """Lets every station finish the session it is in, then hangs up."""
    for station in stations:
        station.stopping = True
    if stations and stations[0].paced:
        while any(station.position % len(CYCLE) for station in stations):
            for station in stations:
                if station.idle.is_set() and station.position % len(CYCLE):
                    station.send_next(time.perf_counter())
            await asyncio.sleep(0.01)
    async with asyncio.timeout(120):
        await asyncio.gather(*(station.idle.wait() for station in stations))
    for station in stations:
        if station.transport is not None:
            station.transport.send_close(WSCloseCode.OK)
    await asyncio.sleep(0.5)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


async def _main(arguments: argparse.Namespace) -> None:
    tally = Tally()
    stations = await connect(arguments.url, arguments.first, arguments.stations, tally, paced=arguments.rate > 0)
    if arguments.idle:
        print(json.dumps({"connected": len(stations)}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, input)
        return
    cpu = time.process_time()
    if arguments.rate:
        rate = await paced(stations, tally, arguments.rate, arguments.warm_up, arguments.seconds)
    else:
        rate = await closed_loop(stations, tally, arguments.warm_up, arguments.seconds)
    cpu = time.process_time() - cpu
    await drain(stations)
    print(
        json.dumps(
            {
                "rate": rate,
                "acknowledged": tally.acknowledged,
                "sent": tally.sent,
                "errors": tally.errors,
                "closed": tally.closed,
                "p50_ms": percentile(tally.latencies_ms, 0.5),
                "p99_ms": percentile(tally.latencies_ms, 0.99),
                "cpu_s": cpu,
            }
        ),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--stations", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second; 0: as fast as answered")
    parser.add_argument("--warm-up", type=float, default=3.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--idle", action="store_true", help="only connect, then wait for a line on stdin")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
