"""What was said on the wire, and what was measured, as it was written down."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.handshake import AttemptResult


@dataclass(frozen=True, slots=True)
class JournalFrame:
    """One frame; ``raw`` is the text as it crossed the socket."""

    key: int
    station_key: int
    session_key: int | None
    command_key: int | None
    at: datetime
    inbound: bool
    message_id: str
    action: str
    raw: str
    problems: tuple[str, ...]
    took_ms: int | None


@dataclass(frozen=True, slots=True)
class RecordedReading:
    """One moment of a session's meter, with the time we heard of it. Whole Wh, W, mA, mV and percent."""

    at: datetime
    received_at: datetime
    energy_wh: int | None
    power_w: int | None
    current_ma: tuple[int | None, ...] | None
    voltage_mv: tuple[int | None, ...] | None
    soc_percent: int | None
    context: str
    suspect: bool


@dataclass(frozen=True, slots=True)
class ConnectionAttempt:
    """One knock at the door of an identity the operator owns."""

    key: int
    at: datetime
    path: str
    identity: str
    remote_address: str
    offered_subprotocols: tuple[str, ...]
    result: AttemptResult
    hint: str
