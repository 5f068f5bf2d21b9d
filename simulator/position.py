"""One EVSE with its connector: what stands there, who may charge, and the meter that never runs backwards."""

from dataclasses import dataclass, field
from datetime import datetime

from simulator.battery import Battery

VOLTAGE_V = 230.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Who may charge here until when; whoever is of the group may, too, if the station knows their group."""

    number: int
    uid: str
    group: str | None
    until: datetime


@dataclass(slots=True)
class Transaction:
    """A transaction as its station knows it. ``key`` is its id in 2.x and only a name of ours in 1.6.

    ``backend_id`` is what 1.6's StartTransaction.conf gave; later messages wait behind it in the outbox.
    """

    key: str
    token: str
    started_at: datetime
    remote_start_id: int | None = None
    reservation: int | None = None
    backend_id: int | None = None
    seq_no: int = 0
    state: str = "EVConnected"
    stopped: bool = False

    def next_seq_no(self) -> int:
        number = self.seq_no
        self.seq_no += 1
        return number


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment of the meter: lifetime register in Wh, power in W, the lines in A and V, state of charge in %."""

    at: datetime
    register_wh: int
    power_w: int
    current_a: float
    voltage_v: float
    phases: int
    soc_percent: int | None
    context: str


@dataclass(slots=True)
class Position:
    """``authorised`` is a card or remote start that waits for a cable."""

    number: int
    max_power_w: float
    phases: int
    register_wh: float
    operative: bool = True
    pending_inoperative: bool = False
    battery: Battery | None = None
    authorised: str | None = None
    remote_start_id: int | None = None
    transaction: Transaction | None = None
    ended: bool = False
    measured_at: datetime | None = None
    drawn_w: float = 0.0
    sessions: int = field(default=0)
    reservation: Reservation | None = None

    def free_for(self, uid: str) -> bool:
        """Whether a token may begin here now."""
        return self.operative and self.transaction is None and self.authorised is None and self.open_to(uid)

    def open_to(self, uid: str) -> bool:
        """Whether a token may charge here: a reservation keeps out everybody else."""
        return self.reservation is None or self.reservation.uid == uid

    def take_reservation(self) -> int | None:
        """Ends the reservation by keeping it; its number."""
        kept, self.reservation = self.reservation, None
        return None if kept is None else kept.number

    @property
    def kept_free(self) -> bool:
        return self.reservation is not None and not self.plugged and self.authorised is None

    @property
    def plugged(self) -> bool:
        return self.battery is not None

    @property
    def charging(self) -> bool:
        return self.transaction is not None and self.transaction.state == "Charging"

    def advance(self, now: datetime) -> None:
        """Lets the time since the last look pass: what was drawn then is what the register gained."""
        since, self.measured_at = self.measured_at, now
        if since is None or self.battery is None or not self.charging:
            self.drawn_w = 0.0
            return
        seconds = max(0.0, (now - since).total_seconds())
        taken_wh = self.battery.charge(self.max_power_w, seconds)
        self.register_wh += taken_wh
        self.drawn_w = taken_wh * 3600 / seconds if seconds else self.battery.power_w(self.max_power_w)

    def sample(self, now: datetime, context: str) -> Sample:
        """Advances to ``now`` and reads the meter."""
        self.advance(now)
        return Sample(
            at=now,
            register_wh=round(self.register_wh),
            power_w=round(self.drawn_w),
            current_a=round(self.drawn_w / VOLTAGE_V / self.phases, 2),
            voltage_v=VOLTAGE_V,
            phases=self.phases,
            soc_percent=None if self.battery is None else round(self.battery.soc * 100),
            context=context,
        )
