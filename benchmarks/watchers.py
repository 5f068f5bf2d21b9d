"""Watching processes: dashboards on graphql-transport-ws, and probe stations whose changes they wait for.

A change's latency runs from the station's frame leaving this process to the subscriber's message arriving in it.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import orjson
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.load import Station, Tally, connect, now, percentile
from benchmarks.world import API_TOKEN

_DOCUMENT = """subscription Wall($filter: StationFilter!) { stationUpdates(filter: $filter) { kind leftIds
  stations { id identity version connection { state } evses { number connectors { number status statusSince } } } } }"""


_REMEMBERED = 64


class Probes:
    """Which status each probe station last sent, and when; and what the last messages said.

    Equal dashboards hear equal bytes. They are decoded once here, because two hundred dashboards on one core would
    otherwise measure themselves.
    """

    def __init__(self) -> None:
        self.sent: dict[str, tuple[str, float]] = {}
        self._heard: dict[bytes, tuple[dict[str, Any], list[tuple[str, str]]]] = {}

    def read(self, frame: bytes) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The message, and the probes in it with their statuses."""
        known = self._heard.get(frame)
        if known is None:
            message = orjson.loads(frame)
            known = self._heard[frame] = (message, self._probes_in(message))
            if len(self._heard) > _REMEMBERED:
                del self._heard[next(iter(self._heard))]
        return known

    def _probes_in(self, message: dict[str, Any]) -> list[tuple[str, str]]:
        if message["type"] != "next":
            return []
        stations = message["payload"]["data"]["stationUpdates"]["stations"]
        return [
            (one["identity"], one["evses"][0]["connectors"][0]["status"])
            for one in stations
            if one["identity"] in self.sent
        ]


class Watcher(WSListener):
    """One dashboard. ``deliveries`` counts every message of its subscription."""

    def __init__(self, variables: dict[str, object], probes: Probes) -> None:
        super().__init__()
        self.variables = variables
        self.probes = probes
        self.ready = asyncio.Event()
        self.latencies_ms: list[float] = []
        self.deliveries = 0
        self.seen: dict[str, float] = {}

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._send(transport, {"type": "connection_init", "payload": {"Authorization": f"Bearer {API_TOKEN}"}})

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        at = time.perf_counter()
        message, probes = self.probes.read(frame.get_payload_as_bytes())
        kind = message["type"]
        if kind == "connection_ack":
            payload = {"query": _DOCUMENT, "variables": self.variables}
            self._send(transport, {"id": "1", "type": "subscribe", "payload": payload})
        elif kind == "ping":
            self._send(transport, {"type": "pong"})
        elif kind == "next":
            self._take(message["payload"]["data"]["stationUpdates"]["kind"], probes, at)
        else:
            raise RuntimeError(message)

    def _take(self, kind: str, probes: list[tuple[str, str]], at: float) -> None:
        self.deliveries += 1
        if kind == "SNAPSHOT_END":
            self.ready.set()
        if kind != "CHANGE":
            return
        for identity, status in probes:
            wanted, sent_at = self.probes.sent[identity]
            if status == wanted and self.seen.get(identity) != sent_at:
                self.seen[identity] = sent_at
                self.latencies_ms.append((at - sent_at) * 1000)

    @staticmethod
    def _send(transport: WSTransport, message: dict[str, object]) -> None:
        transport.send(WSMsgType.TEXT, orjson.dumps(message))


_STATUSES = (("Available", "AVAILABLE"), ("Preparing", "OCCUPIED"))


async def _toggle(stations: Sequence[Station], first: int, probes: Probes, seconds: float, every_s: float) -> int:
    """Each probe changes its status in turn; how many changes were sent."""
    ends, sent = time.perf_counter() + seconds, 0
    while time.perf_counter() < ends:
        for index, station in enumerate(stations):
            await station.idle.wait()
            said, shown = _STATUSES[(sent // len(stations)) % 2]
            station.idle.clear()
            station.waiting = "S"
            station.messages += 1
            payload = {"connectorId": 1, "errorCode": "NoError", "status": said, "timestamp": now()}
            probes.sent[f"BENCH-{first + index}"] = (shown, time.perf_counter())
            assert station.transport is not None
            station.transport.send(
                WSMsgType.TEXT, orjson.dumps([2, f"p{station.messages:08d}", "StatusNotification", payload])
            )
            sent += 1
            await asyncio.sleep(every_s / len(stations))
    return sent


async def _main(arguments: argparse.Namespace) -> None:
    probes, tally = Probes(), Tally()
    stations = await connect(arguments.ocpp, arguments.first, arguments.probes, tally, paced=True)
    filters: list[dict[str, object]] = [{}]
    filters += [{"locationIds": [location]} for location in arguments.locations]
    gate = asyncio.Semaphore(50)

    async def watch(number: int) -> Watcher:
        async with gate:
            watcher = Watcher({"filter": filters[number % len(filters)]}, probes)
            await ws_connect(
                lambda: watcher,
                arguments.http,
                extra_headers={"Sec-WebSocket-Protocol": "graphql-transport-ws"},
                websocket_handshake_timeout=30,
            )
            await asyncio.wait_for(watcher.ready.wait(), 60)
            return watcher

    watchers = await asyncio.gather(*(watch(number) for number in range(arguments.watchers)))
    print(json.dumps({"watching": len(watchers)}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, input)
    before = sum(watcher.deliveries for watcher in watchers)
    sent = await _toggle(stations, arguments.first, probes, arguments.seconds, arguments.every)
    await asyncio.sleep(1)
    latencies = [value for watcher in watchers for value in watcher.latencies_ms]
    print(
        json.dumps(
            {
                "changes": sent,
                "deliveries": sum(watcher.deliveries for watcher in watchers) - before,
                "observed": len(latencies),
                "p50_ms": percentile(latencies, 0.5),
                "p95_ms": percentile(latencies, 0.95),
                "p99_ms": percentile(latencies, 0.99),
            }
        ),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ocpp", required=True)
    parser.add_argument("--http", required=True, help="ws:// URL of /graphql")
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--probes", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first probe station")
    parser.add_argument("--locations", nargs="*", default=[], help="ids: watchers are spread over them and the whole")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between one probe's changes")
    parser.add_argument("--seconds", type=float, default=10.0)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
