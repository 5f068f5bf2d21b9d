"""Named doubles of the ports, each checked against its Protocol by mypy."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.domain.command import OutboundCommand
from app.ports.gateway import Stations


@dataclass
class ScriptedStations:
    """Stations that remember what they were sent; ``on_send`` plays the charger."""

    sent: list[OutboundCommand] = field(default_factory=list)
    closed: list[tuple[int, str]] = field(default_factory=list)
    holds: bool = True
    on_send: Callable[[OutboundCommand], None] | None = None

    def send(self, command: OutboundCommand) -> bool:
        self.sent.append(command)
        if self.on_send is not None:
            self.on_send(command)
        return self.holds

    def close(self, station_key: int, *, reason: str) -> bool:
        self.closed.append((station_key, reason))
        return self.holds


@dataclass
class HandClock:
    """A clock that only moves when told, beginning with the real time so that database defaults agree."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def _checked(stations: ScriptedStations) -> Stations:
    return stations
