"""How this machine compares with the one for which the aims were set: the same foreign work, timed on both.

What is timed is not ours, so nothing we do makes the comparison kinder: reading a frame of ten values with orjson, and
the stock `ocpp` library reading, validating and answering it.
"""

import asyncio
import math
import time
from collections.abc import Callable

import ocpp.messages
import orjson

from benchmarks.figure import Figure, middle
from benchmarks.load import Station, Tally
from benchmarks.peers import StockCentralSystem

_ROUNDS = 7
_READ_US = 2.8  # on the machine of the aims
_STOCK_US = 527.0


class _Nowhere:
    """The socket of the stock library's answers."""

    async def send(self, message: str) -> None: ...


def _timed(work: Callable[[], object], times: int) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times * 1e6)
    return middle(rounds)


def _additions() -> None:
    total = 0
    for number in range(1_000_000):
        total += number


def measure() -> list[Figure]:
    """The last figure is the factor by which this machine is slower than that of the aims."""
    _, meter_values = Station(Tally(), paced=True)._message("M")
    raw = orjson.dumps([2, "0b0b0b0b-1111-2222-3333-444444444444", "MeterValues", meter_values])
    stock, text = StockCentralSystem("peer", _Nowhere()), raw.decode()
    ocpp.messages.ASYNC_VALIDATION = False
    loop = asyncio.new_event_loop()
    read_us = _timed(lambda: orjson.loads(raw), 5_000)
    stock_us = _timed(lambda: loop.run_until_complete(stock.route_message(text)), 300)
    loop.close()
    factor = math.sqrt(read_us / _READ_US * stock_us / _STOCK_US)
    return [
        Figure("a million additions in a Python loop", _timed(_additions, 1) / 1000, "ms CPU"),
        Figure("orjson reads a frame of ten values", read_us, "µs CPU", note=f"{_READ_US} where the aims were set"),
        Figure("the stock library answers it", stock_us, "µs CPU", note=f"{_STOCK_US:.0f} where the aims were set"),
        Figure("slower than the machine of the aims", factor, "times", note="geometric mean of the two"),
    ]
