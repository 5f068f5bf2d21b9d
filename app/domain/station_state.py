"""A station and what hangs off it, as one batch of events works on it.

The store reads it under the station's row lock, decisions change it in memory, and the store writes what changed.
These are the only mutable values of the domain: they live for one transaction and are never shared.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.domain.account import Standing
from app.domain.command import CommandEffect, CommandStatus
from app.domain.event_stream import StreamPace
from app.domain.meter import Reading
from app.domain.pricing import SessionRecord
from app.domain.request import StationRequest
from app.domain.request.charging_profile import ChargingProfile, ChargingScheduleUpdate
from app.domain.session import Session
from app.domain.station import ChargingState, ConnectorStatus, Registration
from app.domain.tariff import Tariff, TariffAssignment
from app.domain.terminal import Till
from app.domain.token import Token
from app.domain.transaction_limit import TransactionLimit


@dataclass(slots=True)
class ConnectorState:
    """``key`` is None for a connector the station has just shown us."""

    key: int | None
    evse_number: int
    number: int
    status: ConnectorStatus | None = None
    status_since: datetime | None = None
    error_code: str | None = None
    vendor_error_code: str | None = None
    changed: bool = False


@dataclass(slots=True)
class EvseState:
    """``key`` is None for an EVSE the station has just shown us."""

    key: int | None
    number: int
    operative: bool = True
    charging_state: ChargingState | None = None
    status_since: datetime | None = None
    max_power_w: int = 0
    changed: bool = False


@dataclass(slots=True)
class CommandState:
    """A command that events of this batch may move."""

    key: int
    uuid: UUID
    action: str
    body: StationRequest
    status: CommandStatus
    effect: CommandEffect
    session_key: int | None
    deadline: datetime
    sent_at: datetime | None
    message_id: str | None
    version: int
    answered_at: datetime | None = None
    answer_status: str | None = None
    answer_accepted: bool | None = None
    answer_reason_code: str | None = None
    answer_additional_info: str | None = None
    answer_raw: str | None = None
    gateway_id: str | None = None
    failure: str | None = None
    effect_deadline: datetime | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class PromisedPower:
    """What a running transaction may draw by our profile, and how often in a row its car meant to draw more.

    ``allowed``: the energy transfer modes that we allowed it; None when we said nothing about them.
    """

    profile: ChargingProfile | None
    refusals: int = 0
    allowed: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SessionBounds:
    """What a card's hold bounds a session by, and which limits its station was told and says itself."""

    energy_wh: int | None = None
    cost_minor: int | None = None
    soc_percent: int | None = None
    duration_s: int | None = None
    told: TransactionLimit | None = None
    said: TransactionLimit | None = None


@dataclass(slots=True)
class StationState:
    """The locked station row; ``version`` is raised once by the write if anything changed."""

    key: int
    uuid: UUID
    operator_key: int
    location_key: int
    identity: str
    registration: Registration
    epoch: int
    last_seen_at: datetime | None
    version: int
    accepts_no_authorization: bool = False
    accepts_direct_payment: bool = False
    limits_due: bool = False  # a limit has changed that some transaction here has not been told
    changed: bool = False
    news: bool = False  # something happened that a watcher waits for; a meter's progress is none
    link_changed: bool = False
    problems_added: int = 0
    # What a connection or a boot says; written only when it was said.
    link: dict[str, object] = field(default_factory=dict)
    shows_prices: bool = False  # known only where a token was presented (2.x)
    calculates: bool = False  # takes a driver's own tariff, and conditions in it; known as the line above (2.1)
    calculates_conditions: bool = True
    evses: dict[int, EvseState] = field(default_factory=dict)
    connectors: dict[tuple[int, int], ConnectorState] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    commands: dict[int, CommandState] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)  # by token: the account behind it
    tariffs: dict[int, Tariff] = field(default_factory=dict)  # pinned ones, and all that may apply to a start
    assignments: tuple[TariffAssignment, ...] = ()
    # By id: what we set, and what moved it since; read for a station that asks for them.
    dynamic_profiles: dict[int, tuple[ChargingProfile, ChargingScheduleUpdate | None]] = field(default_factory=dict)
    streams: dict[int, StreamPace] = field(default_factory=dict)  # of event streams that had more to send
    # By the reference of a payment that its terminal tells of, and the transaction's id, or "".
    tills: dict[tuple[str, str], Till] = field(default_factory=dict)
    triggered: set[str] = field(default_factory=set)  # messages we asked for lately; of a station not accepted yet
    promised: dict[int, PromisedPower] = field(default_factory=dict)  # by session; read for a car's own plan
    # Of a 2.1 station where a transaction begins: the limits it can keep to, and by session what bounds it.
    supported_limits: frozenset[str] = frozenset()
    bounds: dict[int, SessionBounds] = field(default_factory=dict)
    readings: dict[int, list[Reading]] = field(default_factory=dict)  # history, of sessions that need a full fold
    time_zone: str = "UTC"  # read with the records
    records: dict[int, SessionRecord] = field(default_factory=dict)  # of sessions whose price depends on theirs
