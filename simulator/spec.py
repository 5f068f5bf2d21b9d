"""What a simulated station is, before it starts to live."""

from dataclasses import dataclass

from simulator.faults import Fault
from simulator.personas import PERSONAS, Persona

VENDOR = "Voltgraph Simulator"

SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


@dataclass(frozen=True, slots=True)
class StationSpec:
    """One station: ``version`` is 1.6, 2.0.1 or 2.1; each EVSE has one connector of ``max_power_w``.

    ``tokens`` are the cards its visitors carry, and its local list while it is offline. ``meter_interval_s`` is in
    real seconds; ``connection_timeout_s`` is how long a remote start or a card waits for a cable. ``persona`` is how it
    misbehaves, ``faults`` what its network does, ``call_timeout_s`` how long (in real seconds) it waits for an answer.
    """

    identity: str
    password: str | None = None
    version: str = "2.0.1"
    evses: int = 1
    max_power_w: int = 22_000
    phases: int = 3
    tokens: tuple[str, ...] = ()
    model: str = "Simulated AC"
    firmware: str = "1.0.0"
    meter_interval_s: int = 10
    connection_timeout_s: int = 60
    persona: str = "well-behaved"
    faults: tuple[str, ...] = ()
    call_timeout_s: float = 30.0

    def __post_init__(self) -> None:
        if self.version not in SUBPROTOCOLS:
            raise ValueError(f"{self.version!r} is none of {', '.join(SUBPROTOCOLS)}")
        if self.evses < 1 or self.max_power_w < 1 or self.phases not in (1, 3):
            raise ValueError("a station has at least one EVSE with power on one or three phases")
        if self.persona not in PERSONAS:
            raise ValueError(f"{self.persona!r} is no persona; there are {', '.join(PERSONAS)}")
        only = self.manners.only
        if only is not None and self.version != only:
            raise ValueError(
                f"{self.persona!r} is something that only OCPP {only} stations can do: make it one (--version {only})"
            )
        strange = sorted(set(self.faults) - set(Fault))
        if strange:
            raise ValueError(f"{strange[0]!r} is no fault; there are {', '.join(Fault)}")

    @property
    def manners(self) -> Persona:
        return PERSONAS[self.persona]
