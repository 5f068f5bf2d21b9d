"""Many stations in one process, each living its own day."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.chance import chance
from simulator.clock import Clock
from simulator.day import answer_remote_starts, live
from simulator.memory import kept_of, read, recall, write
from simulator.spec import StationSpec
from simulator.station import Station

# Stations of a fleet do not power up in the same instant.
_ARRIVALS_PER_SECOND = 200.0
_KEEP_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class FleetState:
    """A glance at a fleet; ``unsent`` counts transaction messages that wait in outboxes."""

    stations: int
    online: int
    plugged: int
    charging: int
    sessions: int
    power_w: int
    unsent: int


class Fleet:
    """Simulated stations that dial ``url``. Same ``seed``, same story; ``time_factor`` is `simulator.clock`'s.

    Stations without tokens connect, report and obey, but nobody visits them. ``memory`` is the file in which they keep
    what outlives a power cut.
    """

    def __init__(
        self,
        url: str,
        stations: Sequence[StationSpec],
        seed: int | str = 0,
        time_factor: float = 1.0,
        memory: Path | None = None,
    ) -> None:
        self._clock = Clock(time_factor)
        self._seed = str(seed)
        self.stations = {spec.identity: Station(spec, url, self._clock, self._seed) for spec in stations}
        if len(self.stations) != len(stations):
            raise ValueError("identities in a fleet are unique")
        self._stopping = asyncio.Event()
        self._memory = memory
        for identity, kept in ({} if memory is None else read(memory)).items():
            if identity in self.stations:
                recall(self.stations[identity], kept)

    def __getitem__(self, identity: str) -> Station:
        return self.stations[identity]

    async def run(self, *, visitors: bool = True) -> None:
        """Lives until `stop`, also one that came first. Without ``visitors`` nothing happens at the plugs by itself."""
        lives: list[asyncio.Task[None]] = []
        if self._memory is not None:
            lives.append(asyncio.create_task(self._remember(self._memory)))
        try:
            for number, station in enumerate(self.stations.values()):
                lives.append(asyncio.create_task(station.run()))
                if visitors and station.spec.tokens:
                    lives.extend(self._visitors(station))
                if number and number % 20 == 0:
                    await asyncio.sleep(20 / _ARRIVALS_PER_SECOND)
                if self._stopping.is_set():
                    break
            await self._stopping.wait()
        finally:
            for task in lives:
                task.cancel()
            if self._memory is not None:
                write(self._memory, kept_of(self.stations.values()))
            await asyncio.gather(*lives, return_exceptions=True)
            self._stopping.clear()

    async def _remember(self, file: Path) -> None:
        while True:
            await asyncio.sleep(_KEEP_EVERY_S)
            write(file, kept_of(self.stations.values()))

    def _visitors(self, station: Station) -> list[asyncio.Task[None]]:
        answer_remote_starts(station, self._chance(station, "remote"), self._clock)
        return [
            asyncio.create_task(live(station, position, self._chance(station, position.number), self._clock))
            for position in station.positions.values()
        ]

    def _chance(self, station: Station, part: object) -> random.Random:
        return chance(self._seed, station.spec.identity, part)

    async def stop(self) -> None:
        """Ends `run`: every station vanishes as if its power were cut."""
        self._stopping.set()
        await asyncio.sleep(0)

    def troubles(self) -> dict[str, str]:
        """By identity, why a station that is not online could not dial."""
        return {
            identity: station.link.trouble
            for identity, station in self.stations.items()
            if station.link.trouble is not None and not station.link.online
        }

    def state(self) -> FleetState:
        positions = [position for station in self.stations.values() for position in station.positions.values()]
        return FleetState(
            stations=len(self.stations),
            online=sum(station.link.online for station in self.stations.values()),
            plugged=sum(position.plugged for position in positions),
            charging=sum(position.charging for position in positions),
            sessions=sum(position.sessions for position in positions),
            power_w=round(sum(position.drawn_w for position in positions if position.charging)),
            unsent=sum(station.link.waiting for station in self.stations.values()),
        )
