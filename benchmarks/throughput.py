"""Acknowledged-after-commit messages through real sockets, and what is in the tables afterwards."""

import time

from benchmarks.children import Answer, child, server
from benchmarks.figure import Figure

STATIONS = 600
_SETTLE_S = 2.0  # the journal's last frames follow their answers


def _run(rate: float, seconds: float) -> tuple[Answer, Answer, Answer]:
    """The load generator's tally and the server's figures before and after."""
    with server(STATIONS) as (running, where):
        before = running.ask()
        url = f"ws://127.0.0.1:{where['ocpp']}"
        with child(
            "benchmarks.load",
            "--url",
            url,
            "--stations",
            STATIONS,
            "--seconds",
            seconds,
            "--warm-up",
            5,
            "--rate",
            rate,
        ) as load:
            tally = load.hear()
        time.sleep(_SETTLE_S)
        return tally, before, running.ask()


def _books(tally: Answer, after: Answer) -> Figure:
    """Every acknowledged message is in the journal, every reading and session in its table."""
    acknowledged, rows = tally["acknowledged"], after["rows"]
    total = sum(acknowledged.values())
    expected = {
        "frames_inbound": total,
        "frames_outbound": total,
        "meter_values": acknowledged["M"],
        "readings": acknowledged["M"] + acknowledged["B"] + acknowledged["E"],
        "sessions": acknowledged["B"],
        "completed": acknowledged["E"],
        "quarantine": 0,
    }
    wrong = {name: (rows[name], count) for name, count in expected.items() if rows[name] != count}
    note = f"{total:,} acknowledged, all in the tables" if not wrong else f"rows and acknowledged differ: {wrong}"
    return Figure("messages not in the tables", float(len(wrong)) + tally["errors"], "", at_most=0, note=note)


def measure(seconds: float) -> list[Figure]:
    """The peak in a closed loop, then the answers' times at 80 % of it."""
    tally, before, after = _run(0, seconds)
    peak = float(tally["rate"])
    total = sum(tally["acknowledged"].values())

    def micros(name: str) -> float:
        return float((after[name] - before[name]) / total * 1e6)

    figures = [
        Figure("acknowledged after commit", peak, "msg/s", at_least=5000, note=f"{STATIONS} stations, closed loop"),
        _books(tally, after),
        Figure("server CPU a message", micros("cpu_s"), "µs"),
        Figure("database CPU a message", micros("database_cpu_s"), "µs"),
        Figure("load generator CPU a message", tally["cpu_s"] / total * 1e6, "µs"),
    ]
    paced, _, paced_after = _run(peak * 0.8, seconds)
    return [
        *figures,
        Figure(
            "p50 answer at 80 % of the peak", paced["p50_ms"], "ms", note=f"{paced['rate']:,.0f} msg/s, from due time"
        ),
        Figure("p99 answer at 80 % of the peak", paced["p99_ms"], "ms", at_most=250),
        _books(paced, paced_after),
    ]
