"""A station's reservations: taken, kept by who comes, and lapsed by the clock."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from simulator.clock import Clock
from simulator.position import Position, Reservation

Work = Coroutine[Any, Any, None]


class Bookings:
    """``tell`` reports a connector's status if it has changed, ``over`` that a reservation has lapsed."""

    def __init__(
        self,
        positions: dict[int, Position],
        clock: Clock,
        spawn: Callable[[Work], None],
        soon: Callable[[Callable[[], Work]], None],
        tell: Callable[[Position], Work],
        over: Callable[[int], Work],
    ) -> None:
        self._positions = positions
        self._clock = clock
        self._spawn = spawn
        self._soon = soon
        self._tell = tell
        self._over = over

    def take(self, evse: int | None, reservation: Reservation) -> str:
        """Accepted, Occupied or Unavailable; one with the same number is replaced."""
        chosen = [self._positions.get(evse)] if evse else list(self._positions.values())
        there = [one for one in chosen if one is not None]
        mine = [one for one in there if _numbered(one, reservation.number)]
        free = [one for one in there if one.operative and not one.plugged and one.authorised is None]
        position = next(iter([*mine, *(one for one in free if one.reservation is None)]), None)
        if position is None:
            return "Occupied" if any(one.operative for one in there) else "Unavailable"
        self._end(reservation.number)
        position.reservation = reservation
        self._soon(partial(self._tell, position))
        self._spawn(self._lapse(position, reservation))
        return "Accepted"

    def give_up(self, number: int) -> bool:
        """Whether there was such a reservation."""
        return self._end(number)

    def _end(self, number: int) -> bool:
        found = [one for one in self._positions.values() if _numbered(one, number)]
        for position in found:
            position.reservation = None
            self._soon(partial(self._tell, position))
        return bool(found)

    async def _lapse(self, position: Position, reservation: Reservation) -> None:
        """Nobody came until its time: the backend hears of it, and the plug is free again."""
        await asyncio.sleep(max(0.0, (reservation.until - self._clock.now()).total_seconds()))
        if position.reservation is reservation:
            position.reservation = None
            await self._over(reservation.number)
            await self._tell(position)


def _numbered(position: Position, number: int) -> bool:
    return position.reservation is not None and position.reservation.number == number
