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


_LOOK_EVERY_S = 1.0
_TOLD_MAX = 20  # a backend that is away refuses everybody alike


async def _tell(fleet: Fleet, console: Console) -> None:
    """Says once when everybody is online, and of each station once why it is not."""
    told: set[str] = set()
    everybody = False
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        for identity, trouble in fleet.troubles().items():
            if identity not in told and len(told) < _TOLD_MAX:
                told.add(identity)
                console.print(f"{identity} is not let in: {trouble}. It tries again; see connectionAttempts there.")
        state = fleet.state()
        if not everybody and state.online == state.stations:
            everybody = True
            console.print(f"All {state.stations} are online.")


def run_fleet(url: str, specs: Sequence[StationSpec], *, seed: int, time_factor: float, console: Console) -> None:
    """Until SIGINT or SIGTERM."""

    async def main() -> None:
        over = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, over.set)
        fleet = Fleet(url, list(specs), seed=seed, time_factor=time_factor)
        task = asyncio.create_task(fleet.run())
        console.print(f"{len(specs)} simulated stations connect to {url}. Ctrl-C stops them.")
        telling = asyncio.create_task(_tell(fleet, console))
        await over.wait()
        telling.cancel()
        await fleet.stop()
        await asyncio.gather(task, return_exceptions=True)

    run_once(main())
