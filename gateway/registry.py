"""Which connection speaks for a station in this process: the one with the newest epoch."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Epochal(Protocol):
    """A connection whose epoch the core gave."""

    @property
    def station_key(self) -> int: ...

    @property
    def epoch(self) -> int: ...


C = TypeVar("C", bound=Epochal)


class Registry(Generic[C]):
    """Station key -> its newest connection."""

    def __init__(self) -> None:
        self._newest: dict[int, C] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def __iter__(self) -> Iterator[C]:
        return iter(list(self._newest.values()))

    def get(self, station_key: int) -> C | None:
        return self._newest.get(station_key)

    def enter(self, connection: C) -> C | None:
        """Registers; returns the connection that lost: the older one, or the argument itself when it came late."""
        other = self._newest.get(connection.station_key)
        if other is not None and other.epoch > connection.epoch:
            return connection
        self._newest[connection.station_key] = connection
        return other

    def leave(self, connection: C) -> None:
        """Forgets a connection unless a newer one has taken its place."""
        if self._newest.get(connection.station_key) is connection:
            del self._newest[connection.station_key]
