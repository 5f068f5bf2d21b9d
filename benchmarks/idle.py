"""What an idle station costs in memory, with ten thousand connected."""

import time

from benchmarks.children import child, raise_file_limit, server
from benchmarks.figure import Figure

STATIONS = 10_000
_SPARE_FILES = 200


def measure() -> list[Figure]:
    """Resident memory with all connected, less before the first; each side in its own process."""
    stations = min(STATIONS, raise_file_limit() - _SPARE_FILES)
    with server(stations) as (running, where):
        before = running.ask()
        began = time.perf_counter()
        url = f"ws://127.0.0.1:{where['ocpp']}"
        with child("benchmarks.load", "--url", url, "--stations", stations, "--idle") as load:
            load.hear()
            took = time.perf_counter() - began
            time.sleep(3)
            after = running.ask()
            connected = int(after["connections"])
    kilobytes = (after["rss_bytes"] - before["rss_bytes"]) / connected / 1000
    return [
        Figure("resident per idle station", kilobytes, "KB", at_most=35, note=f"{connected:,} connected"),
        Figure(
            "connecting them all", took, "s", note=f"{connected / took:,.0f} handshakes/s with admission and journal"
        ),
    ]
