"""`make bench`: every figure as a table and as JSON under bench-results/. Nothing else should run meanwhile."""

import argparse
import json
import os
import platform
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import graphql, idle, latency, machine, mutation, peers, pricing, session_layer, storm, throughput
from benchmarks.figure import Figure

console = Console()


def _sections(seconds: float, stations: int) -> dict[str, Callable[[dict[str, list[Figure]]], list[Figure]]]:
    """By name; a later section may use an earlier one's figures."""

    def compare(done: dict[str, list[Figure]]) -> list[Figure]:
        measured = done.get("throughput")
        peak = measured[0].value if measured else throughput.measure(seconds)[0].value
        return peers.measure(seconds, peak)

    return {
        "machine": lambda done: machine.measure(),
        "session layer": lambda done: session_layer.measure(),
        "mutated frames": lambda done: mutation.measure(),
        "pricing": lambda done: pricing.measure(),
        "graphql": lambda done: graphql.measure(),
        "throughput": lambda done: throughput.measure(seconds),
        "peers": compare,
        "latency": lambda done: latency.measure(seconds),
        "idle": lambda done: idle.measure(),
        "storm": lambda done: storm.measure(stations),
    }


def _table(section: str, figures: list[Figure], factor: float | None) -> Table:
    """``factor``: how much slower this machine is than that of the aims, if it was measured."""
    table = Table(title=section, title_justify="left", show_edge=False)
    for column in ("figure", "measured", "unit", "aim", "at the aims' pace", ""):
        table.add_column(column, justify="left" if column in ("figure", "unit", "") else "right")
    marks = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}
    for figure in figures:
        paced = "" if factor is None else figure.elsewhere(factor)
        said = f"{marks[figure.met]} {figure.note}".strip()
        table.add_row(figure.name, f"{figure.value:,.1f}", figure.unit, figure.aim, paced, said)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="sections: machine, throughput, …")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each measured load")
    parser.add_argument("--storm-stations", type=int, default=idle.STATIONS, help="stations in the reconnection storm")
    arguments = parser.parse_args()
    done: dict[str, list[Figure]] = {}
    for name, measure in _sections(arguments.seconds, arguments.storm_stations).items():
        if arguments.only and name not in arguments.only:
            continue
        with console.status(f"Measuring {name} …"):
            done[name] = measure(done)
        factor = done["machine"][-1].value if "machine" in done else None
        console.print(_table(name, done[name], factor), "")
    at = datetime.now(UTC)
    file = Path("bench-results") / f"{at:%Y%m%dT%H%M%S}.json"
    file.parent.mkdir(exist_ok=True)
    host = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    figures = {name: [asdict(figure) | {"met": figure.met} for figure in rows] for name, rows in done.items()}
    file.write_text(json.dumps({"at": at.isoformat(), "machine": host, "figures": figures}, indent=2))
    console.print(f"Wrote {file}")


if __name__ == "__main__":
    main()
