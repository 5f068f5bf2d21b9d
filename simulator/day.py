"""A day at one EVSE: who comes, with which car and card, how long they stay and how they leave.

Everything is drawn from one seeded source, so the same seed tells the same story. A story's seconds and its cars'
batteries are divided by the time factor; the power is real.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.battery import Battery
from simulator.clock import Clock
from simulator.position import Position
from simulator.station import Station

_MEAN_PAUSE_S = 1_200.0
_STAY_S = (1_200.0, 5_400.0)
_CAPACITIES_WH = (40_000.0, 52_000.0, 64_000.0, 77_000.0, 100_000.0)
_CAR_POWER_W = (7_400.0, 11_000.0, 22_000.0, 50_000.0, 150_000.0)
_FULL_CHECKS = 40


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit in story seconds. ``taps_out``: the driver ends with the card; otherwise by pulling the cable."""

    pause_s: float
    fumble_s: float
    stay_s: float
    token: str
    capacity_wh: float
    soc: float
    car_power_w: float
    taps_out: bool
    lingers_s: float


def visits(chance: random.Random, tokens: tuple[str, ...]) -> Iterator[Visit]:
    """An endless day of visits."""
    while True:
        yield Visit(
            pause_s=chance.expovariate(1 / _MEAN_PAUSE_S),
            fumble_s=chance.uniform(5, 40),
            stay_s=chance.uniform(*_STAY_S),
            token=chance.choice(tokens),
            capacity_wh=chance.choice(_CAPACITIES_WH),
            soc=chance.uniform(0.1, 0.75),
            car_power_w=chance.choice(_CAR_POWER_W),
            taps_out=chance.random() < 0.8,
            lingers_s=chance.expovariate(1 / 180),
        )


async def live(station: Station, position: Position, chance: random.Random, clock: Clock) -> None:
    """Lets visitors come and go at one EVSE until cancelled."""
    for visit in visits(chance, station.spec.tokens):
        await clock.sleep(visit.pause_s)
        if position.plugged or not position.operative:
            continue
        await station.plug_in(position.number, _car(visit, clock))
        if await _starts(station, position, visit, clock):
            await _stay(position, visit, clock)
            await _ends(station, position, visit, clock)
        await _leave(station, position)


async def _starts(station: Station, position: Position, visit: Visit, clock: Clock) -> bool:
    """Fumbles for the card and taps it, unless charging has begun without it. False: the driver gives up."""
    await clock.sleep(visit.fumble_s)
    return position.transaction is not None or await station.tap(position.number, visit.token)


async def _ends(station: Station, position: Position, visit: Visit, clock: Clock) -> None:
    if position.transaction is not None and visit.taps_out:
        await station.tap(position.number, position.transaction.token)
        await clock.sleep(visit.lingers_s)


async def _leave(station: Station, position: Position) -> None:
    if position.plugged:
        await station.unplug(position.number)


def _car(visit: Visit, clock: Clock) -> Battery:
    return Battery(visit.capacity_wh / clock.factor, visit.soc, visit.car_power_w)


async def _stay(position: Position, visit: Visit, clock: Clock) -> None:
    """Stays as planned, or leaves early when somebody else ended the session."""
    for _ in range(_FULL_CHECKS):
        await clock.sleep(visit.stay_s / _FULL_CHECKS)
        if position.transaction is None:
            return


def answer_remote_starts(station: Station, chance: random.Random, clock: Clock) -> None:
    """Whoever started remotely stands in front of the station: most plug in within a minute."""
    following: set[asyncio.Task[None]] = set()

    async def follow(position: Position, visit: Visit) -> None:
        await clock.sleep(visit.fumble_s)
        if position.plugged or position.authorised is None:
            return
        await station.plug_in(position.number, _car(visit, clock))
        await _stay(position, visit, clock)
        await _leave(station, position)

    def waits(position: Position) -> None:
        task = asyncio.get_running_loop().create_task(follow(position, next(visits(chance, station.spec.tokens))))
        following.add(task)
        task.add_done_callback(following.discard)

    station.remote_start_waits = waits
