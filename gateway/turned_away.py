"""Upgrade requests that were turned away unread, because too many came at once: one line an address and minute."""

import asyncio

from app.domain.handshake import Handshake
from app.ports.gateway import Intake
from gateway import limits


class TurnedAway:
    """Counts by address; the last request of an address stands for all of its minute."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._counts: dict[str, tuple[Handshake, int]] = {}

    def count(self, handshake: Handshake) -> None:
        """Addresses beyond the limit are left to the metric: a rush from everywhere must not fill the memory."""
        address = handshake.remote_address
        if address not in self._counts and len(self._counts) >= limits.TURNED_AWAY_ADDRESSES:
            return
        _, times = self._counts.get(address, (handshake, 0))
        self._counts[address] = (handshake, times + 1)

    def tell(self) -> None:
        """Hands over what was counted since the last time."""
        counts, self._counts = self._counts, {}
        for handshake, times in counts.values():
            self._intake.turned_away(handshake, times)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(limits.TURNED_AWAY_EVERY_S)
            self.tell()
