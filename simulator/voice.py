"""What a station must be able to say and hear, before its OCPP version is known."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from simulator.bookings import Bookings
from simulator.holdings import Holdings
from simulator.position import Position, Sample, Transaction
from simulator.settings import Settings
from simulator.spec import StationSpec

if TYPE_CHECKING:
    from simulator.device import DeviceModel

Json = dict[str, Any]
Said = tuple[str, Json]
# Built at its turn in the outbox; the argument says whether it waited out an outage.
Build = Callable[[bool], Said]


class Obedient(Protocol):
    """The part of a station that a command may touch. Everything answers at once and acts a moment later."""

    @property
    def settings(self) -> Settings: ...

    @property
    def device(self) -> "DeviceModel": ...

    @property
    def unsent(self) -> int:
        """Transaction messages that nobody has heard yet."""
        ...

    def tell(self, said: list[Said]) -> None:
        """Says things soon, in order, after the answer to what asked for them."""
        ...

    @property
    def positions(self) -> dict[int, Position]: ...

    @property
    def holdings(self) -> Holdings: ...

    def now(self) -> datetime: ...

    @property
    def bookings(self) -> Bookings: ...

    def remote_start(self, evse: int | None, uid: str, remote_start_id: int | None) -> bool: ...

    def remote_stop(self, position: Position) -> None: ...

    def reset(self, *, when_idle: bool, stop_reason: str) -> bool:
        """True: at once, ending what runs with ``stop_reason``; False: as soon as nobody charges."""
        ...

    def set_availability(self, evse: int | None, *, operative: bool) -> bool:
        """True: done; False: scheduled, because somebody charges."""
        ...

    def unlock(self, position: Position) -> None: ...

    def repeat(self, message: str, evse: int | None) -> bool:
        """Sends a triggered message soon; False when this station has no such message."""
        ...


class Voice(Protocol):
    """One OCPP version."""

    def boot(self, spec: StationSpec, reason: str) -> Said: ...

    def status(self, position: Position, at: datetime) -> Said: ...

    def station_status(self, *, operative: bool, at: datetime) -> Said | None: ...

    def status_word(self, position: Position) -> str:
        """The connector status in the version's words; a change of it is worth a notification."""
        ...

    def authorize(self, uid: str) -> Said: ...

    def token_accepted(self, answer: Json) -> bool:
        """Whether an answer that may carry a verdict on a token lets it charge; no verdict does."""
        ...

    def started(self, position: Position, transaction: Transaction, sample: Sample, trigger: str) -> Build: ...

    def updated(self, position: Position, transaction: Transaction, sample: Sample, trigger: str) -> Build | None:
        """None when the version has nothing to say about this trigger."""
        ...

    def ended(self, position: Position, transaction: Transaction, sample: Sample, reason: str) -> Build: ...

    def learn(self, transaction: Transaction, answer: Json) -> None:
        """Takes what the answer to the start tells about the transaction."""
        ...

    def meter_values(self, position: Position, sample: Sample) -> Said: ...

    def reservation_over(self, number: int) -> Said | None:
        """What is said of a reservation that lapsed; None when the version has no words for it."""
        ...

    def obey(self, station: Obedient, action: str, payload: Json) -> Json | str:
        """The response to a command, or the code of a CALLERROR."""
        ...
