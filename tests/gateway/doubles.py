"""A named, checked double of the core's side of the seam: it keeps what it heard and answers from a script."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from app.domain.answer import (
    Acknowledged,
    Answer,
    BootAnswer,
    ConnectedAnswer,
    DataTransferAnswer,
    HeartbeatAnswer,
    Proceed,
    TokenAnswer,
    TransactionAnswer,
)
from app.domain.command import OutboundCommand
from app.domain.event import (
    Arrival,
    Booted,
    CommandSending,
    Connected,
    DataTransferred,
    Frame,
    HeartbeatSent,
    StationEvent,
    TokenPresented,
    TransactionReported,
)
from app.domain.handshake import Admission, AttemptResult, Handshake, Rejection, agreed_version
from app.domain.quirk import Quirk
from app.domain.request import StationRequest
from app.domain.station import Registration
from app.domain.token import AuthorisationStatus
from app.ports.gateway import Intake

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
E = TypeVar("E", bound=StationEvent)

Script = Callable[[Arrival], Answer]

_USUAL: dict[type[StationEvent], Answer] = {
    Booted: BootAnswer(Registration.ACCEPTED, NOW, 300),
    HeartbeatSent: HeartbeatAnswer(NOW),
    TokenPresented: TokenAnswer(AuthorisationStatus.ACCEPTED),
    DataTransferred: DataTransferAnswer("UnknownVendorId"),
    CommandSending: Proceed(),
}


async def until(condition: Callable[[], bool], *, within: float = 20.0) -> None:
    """Returns once a condition that other tasks bring about holds."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


@dataclass
class ScriptedIntake:
    """Knows the stations it is told, remembers every arrival and frame, answers each event type by a small script."""

    passwords: dict[str, bytes | None] = field(default_factory=dict)
    allowances: dict[str, frozenset[Quirk]] = field(default_factory=dict)
    verdicts: dict[str, Rejection] = field(default_factory=dict)
    scripts: dict[type[StationEvent], Script] = field(default_factory=dict)
    handshakes: list[Handshake] = field(default_factory=list)
    turned: list[tuple[Handshake, int]] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    open_gate: asyncio.Event = field(default_factory=asyncio.Event)
    _epochs: dict[int, int] = field(default_factory=dict)
    _keys: dict[str, int] = field(default_factory=dict)
    _transactions: int = 0

    def __post_init__(self) -> None:
        self.open_gate.set()

    def key_of(self, identity: str) -> int:
        return self._keys.setdefault(identity, len(self._keys) + 1)

    async def admit(self, handshake: Handshake) -> Admission | Rejection:
        self.handshakes.append(handshake)
        await asyncio.sleep(0)
        if handshake.identity in self.verdicts:
            return self.verdicts[handshake.identity]
        if not handshake.identity:
            return Rejection(AttemptResult.NO_IDENTITY)
        if self.passwords and handshake.identity not in self.passwords:
            return Rejection(AttemptResult.UNKNOWN_IDENTITY)
        wanted = self.passwords.get(handshake.identity)
        if wanted is not None and handshake.password is None:
            return Rejection(AttemptResult.CREDENTIALS_MISSING)
        if wanted is not None and handshake.password != wanted:
            return Rejection(AttemptResult.CREDENTIALS_WRONG)
        return Admission(
            station_key=self.key_of(handshake.identity),
            operator_key=1,
            identity=handshake.identity,
            security_profile=0 if wanted is None else 1,
            subprotocol=agreed_version(
                handshake.offered_subprotocols, self.allowances.get(handshake.identity, frozenset())
            ),
            allowances=self.allowances.get(handshake.identity, frozenset()),
            nothing_offered=not handshake.offered_subprotocols,
        )

    def turned_away(self, handshake: Handshake, times: int) -> None:
        self.turned.append((handshake, times))

    async def receive(self, arrival: Arrival) -> Answer:
        assert arrival.received_at.tzinfo is not None
        assert "\0" not in arrival.frame
        self.arrivals.append(arrival)
        await self.open_gate.wait()
        await asyncio.sleep(0)
        if isinstance(arrival.event, Connected):
            assert arrival.epoch == 0
            epoch = self._epochs[arrival.station_key] = self._epochs.get(arrival.station_key, 0) + 1
            return ConnectedAnswer(epoch)
        assert 0 < arrival.epoch <= self._epochs[arrival.station_key]
        script = self.scripts.get(type(arrival.event))
        return script(arrival) if script is not None else self._usual(arrival)

    def _usual(self, arrival: Arrival) -> Answer:
        event = arrival.event
        if isinstance(event, TransactionReported):
            self._transactions += event.transaction_id is None
            accepted = None if event.token is None else TokenAnswer(AuthorisationStatus.ACCEPTED)
            return TransactionAnswer(event.transaction_id or str(self._transactions), accepted)
        return _USUAL.get(type(event), Acknowledged())

    def record(self, frames: Sequence[Frame]) -> None:
        assert all("\0" not in frame.raw for frame in frames)
        self.frames.extend(frames)

    # -- what tests ask -----------------------------------------------------------------------------------------------

    def events(self, kind: type[E]) -> list[E]:
        return [arrival.event for arrival in self.arrivals if isinstance(arrival.event, kind)]

    async def wait_for(self, kind: type[E], count: int = 1) -> list[E]:
        """The events of a kind once there are ``count`` of them."""
        await until(lambda: len(self.events(kind)) >= count)
        return self.events(kind)


def checked(intake: ScriptedIntake) -> Intake:
    """The double as the protocol it must satisfy: mypy is the check."""
    return intake


def command(key: int, station_key: int, body: StationRequest, *, within: float = 10.0) -> OutboundCommand:
    """A command whose deadline is ``within`` seconds of the real clock."""
    return OutboundCommand(key, station_key, 1, body, datetime.now(UTC) + timedelta(seconds=within))
