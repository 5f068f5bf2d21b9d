"""A gateway is killed (``kill -9``) under ten thousand stations and started again: how long until they are back?"""

import json
import socket
import tempfile
import time
from pathlib import Path

import psycopg

from benchmarks.children import Answer, Child, child, raise_file_limit
from benchmarks.figure import Figure
from benchmarks.idle import STATIONS

_SPARE_FILES = 300
_PATIENCE_S = 180.0
# Every message that a station saw answered, by the station that sent it.
_KEPT = """SELECT s.identity, count(DISTINCT f.message_id) FROM frame f JOIN station s ON s.key = f.station_key
WHERE f.inbound GROUP BY s.identity"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def lost_messages(owner_url: str, acknowledged: dict[str, int]) -> int:
    """Acknowledged messages of which the journal knows nothing."""
    with psycopg.connect(owner_url) as connection:
        kept: dict[str, int] = dict(connection.execute(_KEPT).fetchall())
    return sum(max(0, count - kept.get(identity, 0)) for identity, count in acknowledged.items())


def measure(stations: int = STATIONS) -> list[Figure]:
    stations = min(stations, raise_file_limit() - _SPARE_FILES)
    with tempfile.TemporaryDirectory(prefix="vgb-", dir="/tmp") as folder:
        data, port, told = Path(folder) / "data", free_port(), Path(folder) / "told.json"
        arguments = ("--data", data, "--stations", stations, "--ocpp-port", port)
        first = Child("benchmarks.server", *arguments)
        first.hear()
        with child(
            "benchmarks.storm_load", "--url", f"ws://127.0.0.1:{port}", "--stations", stations, "--told", told
        ) as load:
            load.hear()
            time.sleep(5)
            killed_at = time.time()
            first.kill()
            with child("benchmarks.server", *arguments, "--again") as second:
                where = second.hear()
                listening_at = time.time()
                back_at = _all_back(load, stations)
                lag = second.ask()["loop_lag_ms"]
                load.end()
                said = json.loads(told.read_text())
                lost = lost_messages(str(where["owner"]), said["acknowledged"])
    total = sum(said["acknowledged"].values())
    return [
        Figure("99 % back after the kill", back_at - killed_at, "s", note=f"{stations:,} stations, 1.6, boot answered"),
        Figure("99 % back after the new gateway listens", back_at - listening_at, "s"),
        Figure("worst loop lag meanwhile", lag["worst"], "ms", note=f"p99 {lag['p99']:.0f} ms"),
        Figure("acknowledged messages lost", lost, "", at_most=0, note=f"of {total:,}; {said['dialled']:,} handshakes"),
    ]


def _all_back(load: Child, stations: int) -> float:
    """The moment when 99 of 100 were back, in seconds since the epoch."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        answer: Answer = load.ask()
        if answer["settled"] >= 0.99 * stations:
            return float(answer["back_at"])
        time.sleep(0.2)
    raise RuntimeError(f"only {answer['settled']} of {stations} came back within {_PATIENCE_S:.0f} s")
