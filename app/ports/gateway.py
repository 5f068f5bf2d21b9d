"""The seam between the chargers' sockets and the core: what each side promises the other."""

from collections.abc import Sequence
from typing import Protocol

from app.domain.answer import Answer
from app.domain.command import OutboundCommand
from app.domain.event import Arrival, Frame
from app.domain.handshake import Admission, Handshake, Rejection


class Intake(Protocol):
    """What the core offers the gateway."""

    async def admit(self, handshake: Handshake) -> Admission | Rejection:
        """Judges an upgrade request and records the attempt. Never raises for what a charger sent."""
        ...

    def turned_away(self, handshake: Handshake, times: int) -> None:
        """Records, not awaited, that an address knocked so often in vain: its requests were too many to be judged."""
        ...

    async def receive(self, arrival: Arrival) -> Answer:
        """Returns once the event is durable. Waits for as long as the database is away; never raises for its data.

        `Superseded` means a newer socket owns the station: answer nothing.
        """
        ...

    def record(self, frames: Sequence[Frame]) -> None:
        """Appends to the journal soon: not awaited, lost only with the process."""
        ...


class Stations(Protocol):
    """What the gateway offers the core."""

    def send(self, command: OutboundCommand) -> bool:
        """Puts a command in its station's lane; False when this process does not hold the station's socket.

        What happens next arrives as events: `CommandSending`, then `CommandAnswered` or `CommandFailed`.
        """
        ...

    def close(self, station_key: int, *, reason: str) -> bool:
        """Ends the station's connection (changed credentials, removed station); False when not held here."""
        ...

    def held(self) -> Sequence[tuple[int, int]]:
        """Station keys and epochs of the sockets this process holds."""
        ...
