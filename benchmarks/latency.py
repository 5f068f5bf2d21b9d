"""From a connector's change to two hundred dashboards, while five hundred messages a second arrive."""

import json
import time
import urllib.request

from benchmarks.children import Answer, Child, child, server
from benchmarks.figure import Figure
from benchmarks.world import API_TOKEN

STATIONS = 1000
WATCHERS = 200
_PROBES = 20
_RATE = 500
_SETTLE_S = 3


def locations(http: int) -> list[str]:
    """The ids of the benchmark's locations."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{http}/graphql",
        json.dumps({"query": "{ locations { nodes { id } } }"}).encode(),
        {"Authorization": f"Bearer {API_TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [node["id"] for node in json.load(answer)["data"]["locations"]["nodes"]]


def _await_connections(running: Child) -> None:
    """A thousand stations that connect are another load than a thousand that report: the first is over then."""
    while running.ask()["connections"] < STATIONS:
        time.sleep(0.2)
    time.sleep(_SETTLE_S)


def measure(seconds: float) -> list[Figure]:
    """One watcher in eleven sees everything, the others one of ten locations each."""
    with server(STATIONS, "all") as (running, where):
        ocpp, http = f"ws://127.0.0.1:{where['ocpp']}", f"ws://127.0.0.1:{where['http']}/graphql"
        watched = ("--ocpp", ocpp, "--http", http, "--watchers", WATCHERS, "--probes", _PROBES, "--seconds", seconds)
        with child("benchmarks.watchers", *watched, "--locations", *locations(where["http"])) as watchers:
            watchers.hear()
            loaded = ("--url", ocpp, "--first", _PROBES, "--stations", STATIONS - _PROBES, "--rate", _RATE)
            with child("benchmarks.load", *loaded, "--warm-up", _SETTLE_S, "--seconds", seconds + 2) as load:
                _await_connections(running)
                before, began = running.ask(), time.perf_counter()
                seen = watchers.ask("go")
                after, took = running.ask(), time.perf_counter() - began
                tally: Answer = load.hear()
    note = f"{STATIONS} stations, {WATCHERS} subscribers, {tally['rate']:,.0f} msg/s; {seen['observed']:,} of {seen['changes'] * WATCHERS * 2 // 11:,} possible; {seen['deliveries'] / took:,.0f} deliveries/s"
    return [
        Figure("status change to subscriber, p95", seen["p95_ms"], "ms", at_most=100, note=note),
        Figure("status change to subscriber, p50", seen["p50_ms"], "ms"),
        Figure("status change to subscriber, p99", seen["p99_ms"], "ms"),
        Figure("server CPU meanwhile", (after["cpu_s"] - before["cpu_s"]) / took * 100, "% of a core"),
    ]
