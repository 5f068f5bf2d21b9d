"""`voltgraph simulate`: stations from a file against any backend, until Ctrl-C."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from app.main.run import run_once
from simulator.fleet import Fleet
from simulator.spec import StationSpec


def specs_from(raw: Sequence[dict[str, Any]]) -> list[StationSpec]:
    """Specs from their JSON form."""
    lists = ("tokens", "faults")
    return [StationSpec(**(entry | {name: tuple(entry.get(name, ())) for name in lists})) for entry in raw]


def run_fleet(url: str, specs: Sequence[StationSpec], *, seed: int, time_factor: float, console: Console) -> None:
    """Until SIGINT or SIGTERM."""

    async def main() -> None:
        over = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, over.set)
        fleet = Fleet(url, list(specs), seed=seed, time_factor=time_factor)
        task = asyncio.create_task(fleet.run())
        console.print(f"{len(specs)} simulated stations connect to {url}. Ctrl-C stops them.")
        await over.wait()
        await fleet.stop()
        await asyncio.gather(task, return_exceptions=True)

    run_once(main())
