"""Facts a station's gateway reports, in the past tense and without OCPP versions.

OCPP 2.0.1 is the model; 1.6 and 2.1 are dialects that end at their translators. Every fact travels in an `Arrival`,
which says whose it is, when we received it and which raw frame it came from.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, NamedTuple

from app.domain.meter import Reading
from app.domain.signed_meter import SignedValue
from app.domain.station import ChargingState, ConnectorStatus, OcppVersion
from app.domain.station_cost import CostDetails
from app.domain.token import PresentedToken
from app.domain.transaction_limit import TransactionLimit


class TransactionPhase(StrEnum):
    """OCPP 2.0.1 TransactionEventEnumType."""

    STARTED = "STARTED"
    UPDATED = "UPDATED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class StationEvent:
    """What every fact of a station is; `app.inbox.decisions.DECISIONS` says what each kind does.

    ``needs_registration``: refused from an OCPP 2.x station whose boot is not accepted (2.0.1 B02.FR.09, B03.FR.07).
    Billing records never are.
    """

    needs_registration: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Connected(StationEvent):
    """A socket was authenticated and upgraded. Its answer is the epoch that everything after it must carry."""

    gateway_id: str
    subprotocol: str
    security_profile: int
    remote_address: str


@dataclass(frozen=True, slots=True)
class Disconnected(StationEvent):
    """A socket is gone. Ignored when a newer one owns the station."""

    reason: str


@dataclass(frozen=True, slots=True)
class Booted(StationEvent):
    """BootNotification (1.6 §4.2, 2.0.1 B01)."""

    vendor: str
    model: str
    serial_number: str | None = None
    firmware_version: str | None = None
    reason: str | None = None
    iccid: str | None = None
    imsi: str | None = None


@dataclass(frozen=True, slots=True)
class HeartbeatSent(StationEvent):
    """Heartbeat: answered at once, written at most once a minute."""


@dataclass(frozen=True, slots=True)
class StatusReported(StationEvent):
    """StatusNotification. ``evse`` None is the station itself (1.6 connector 0, 2.0.1 evse 0).

    ``charging_state`` is what a 1.6 status adds beyond the connector's (Preparing, Charging, Suspended…, Finishing).
    """

    needs_registration: ClassVar[bool] = True

    evse: int | None
    connector: int | None
    status: ConnectorStatus
    charging_state: ChargingState | None = None
    error_code: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenPresented(StationEvent):
    """Authorize."""

    needs_registration: ClassVar[bool] = True

    token: PresentedToken


@dataclass(frozen=True, slots=True)
class TransactionReported(StationEvent):
    """TransactionEvent, and 1.6 StartTransaction, StopTransaction and MeterValues with a transaction.

    ``transaction_id`` is None in a 1.6 start (ours to give) and for a 1.6 id ≤ 0 (errata 3.18).
    ``seq_no`` is None in 1.6. ``occurred_at`` is the station's claim, None when it could not be read.
    Readings carry the register: a 1.6 meterStart is a reading with context Transaction.Begin, meterStop one with
    Transaction.End. ``identity`` is the business key of a message that may be sent again under a new message id.
    """

    phase: TransactionPhase
    transaction_id: str | None
    seq_no: int | None
    occurred_at: datetime | None
    trigger: str
    evse: int | None = None
    connector: int | None = None
    token: PresentedToken | None = None
    charging_state: ChargingState | None = None
    stop_reason: str | None = None
    offline: bool = False
    remote_start_id: int | None = None
    readings: tuple[Reading, ...] = ()
    identity: str | None = None
    signed: tuple[SignedValue, ...] = ()
    cost: CostDetails | None = None  # what the station calculated itself (2.1 I12)
    limit: TransactionLimit | None = None  # the station's own, or ours as it took it (2.1 E16)

    @property
    def says_nothing(self) -> bool:
        """Whether it names no transaction, place, person, number or reading: nobody's bill could depend on it."""
        named = (self.transaction_id, self.seq_no, self.evse, self.token, self.remote_start_id)
        return not self.readings and not self.signed and all(one is None for one in named)


@dataclass(frozen=True, slots=True)
class MeterReported(StationEvent):
    """MeterValues outside any transaction."""

    evse: int | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class MonitoredEvent:
    """One entry of NotifyEvent (2.0.1 N07); ``kind`` is its eventNotificationType, ``monitor_id`` what noticed it.

    ``severity`` is said by 2.1 only; an earlier station's is that of its monitor.
    """

    event_id: int
    occurred_at: datetime | None
    trigger: str
    component: str
    variable: str
    evse: int | None
    actual_value: str
    cleared: bool = False
    tech_code: str | None = None
    tech_info: str | None = None
    component_instance: str | None = None
    variable_instance: str | None = None
    connector: int | None = None
    kind: str = ""
    severity: int | None = None
    monitor_id: int | None = None
    cause: int | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class EventsNotified(StationEvent):
    """NotifyEvent."""

    needs_registration: ClassVar[bool] = True

    events: tuple[MonitoredEvent, ...]


@dataclass(frozen=True, slots=True)
class DataTransferred(StationEvent):
    """DataTransfer from the station; ``data`` is its raw JSON text."""

    needs_registration: ClassVar[bool] = True

    vendor_id: str
    message_id: str | None
    data: str | None


@dataclass(frozen=True, slots=True)
class CommandSending(StationEvent):
    """A command's turn on the wire has come: its frame is journalled before it is sent, and only once."""

    command_key: int


@dataclass(frozen=True, slots=True)
class CommandAnswered(StationEvent):
    """The station answered a command: ``status`` in its own words, ``raw`` its payload as JSON text."""

    command_key: int
    status: str
    accepted: bool
    reason_code: str | None
    additional_info: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class CommandFailed(StationEvent):
    """No usable answer: ``timed_out`` after sending, otherwise it could not be delivered (``detail`` says why)."""

    command_key: int
    timed_out: bool
    detail: str


# Arrivals, frames and readings are made thousands of times a second: named tuples cost a third of frozen dataclasses.
class Arrival(NamedTuple):
    """One event as it reached us.

    ``epoch`` is the connection's (0 for `Connected`, which asks for one); ``frame`` the raw text that carried the
    event ("" when none did), ``problems`` what was repaired or tolerated in it, short and bounded.
    """

    station_key: int
    operator_key: int
    epoch: int
    version: OcppVersion
    received_at: datetime
    event: StationEvent
    message_id: str = ""
    action: str = ""
    frame: str = ""
    outbound: bool = False
    problems: tuple[str, ...] = ()


class Frame(NamedTuple):
    """A frame for the journal: of an event, or alone (our answers, refused calls, unknown actions, stray results)."""

    station_key: int
    operator_key: int
    at: datetime
    inbound: bool
    message_id: str
    action: str
    raw: str
    problems: tuple[str, ...] = ()
    took_ms: int | None = None
    session_key: int | None = None
    command_key: int | None = None
