"""The server of a benchmark: a whole Voltgraph process over an embedded PostgreSQL, asked for its figures on stdin.

Prints one JSON line when it serves; then answers each line of stdin with one JSON line. ``quit`` ends it.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

import psutil
import structlog
import uvloop

from app.main.process import DatabaseUrls, Process
from app.main.run import configure_logs
from app.main.settings import RunRole, Settings
from app.store.embedded import EmbeddedPostgres, embedded
from app.store.migrate import APP_ROLE, INGEST_ROLE, migrate
from benchmarks.world import build, row_counts


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _database_cpu_seconds(server: EmbeddedPostgres) -> float:
    root = psutil.Process(server.pid)
    own = root.cpu_times()
    living = sum(_cpu_seconds(child) for child in root.children(recursive=True))
    return float(living + own.user + own.system + own.children_user + own.children_system)


class LoopLag:
    """How late the event loop wakes somebody who asked for it, in milliseconds."""

    EVERY_S = 0.02

    def __init__(self) -> None:
        self._lags: list[float] = []

    async def run(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(self.EVERY_S)
            self._lags.append((time.perf_counter() - began - self.EVERY_S) * 1000)

    def take(self) -> dict[str, float]:
        """Since the last time."""
        lags, self._lags = sorted(self._lags), []
        return {"worst": lags[-1], "p99": lags[int(len(lags) * 0.99)]} if lags else {"worst": 0.0, "p99": 0.0}


def _figures(server: EmbeddedPostgres, process: Process, lag: LoopLag) -> dict[str, object]:
    me = psutil.Process()
    return {
        "cpu_s": time.process_time(),
        "database_cpu_s": _database_cpu_seconds(server),
        "rss_bytes": me.memory_info().rss,
        "connections": 0 if process.gateway is None else process.gateway.connections,
        "rows": row_counts(server.owner_url),
        "loop_lag_ms": lag.take(),
    }


async def _serve(server: EmbeddedPostgres, role: RunRole, ocpp_port: int) -> None:
    urls = DatabaseUrls(server.role_url(APP_ROLE), server.role_url(INGEST_ROLE))
    settings = Settings(data=server.folder, http="127.0.0.1:0", ocpp=f"127.0.0.1:{ocpp_port}")
    process = Process(settings, urls, role)
    await process.start()
    lag = LoopLag()
    watching = asyncio.create_task(lag.run())
    where = {
        "ocpp": process.ocpp_port,
        "http": process.http_port,
        "data": str(server.folder),
        "owner": server.owner_url,
    }
    print(json.dumps(where), flush=True)
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line or line.strip() == "quit":
            break
        print(json.dumps(_figures(server, process, lag)), flush=True)
    watching.cancel()
    await process.stop()


def main() -> None:
    # Whoever started this reads answers from stdout, one line each.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--stations", type=int, required=True)
    parser.add_argument("--ocpp-port", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="the data is there already")
    parser.add_argument("--role", type=RunRole, default=RunRole.GATEWAY)
    arguments = parser.parse_args()
    configure_logs(pretty=False)
    with embedded(arguments.data) as server:
        if not arguments.again:
            migrate(server.owner_url)
            build(server.owner_url, arguments.stations)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(server, arguments.role, arguments.ocpp_port))


if __name__ == "__main__":
    main()
