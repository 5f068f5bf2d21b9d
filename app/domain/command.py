"""Commands: what we ask of a station, and the three facts kept apart about each.

Delivered (`CommandStatus`), the charger's own answer (`CommandAnswer`), and the effect observed (`CommandEffect`).
Each command is sent at most once and ends by its deadline.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.domain.token import PresentedToken


class CommandStatus(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    ANSWERED = "ANSWERED"
    TIMED_OUT = "TIMED_OUT"
    UNDELIVERABLE = "UNDELIVERABLE"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"


class CommandEffect(StrEnum):
    NOT_EXPECTED = "NOT_EXPECTED"
    AWAITED = "AWAITED"
    OBSERVED = "OBSERVED"
    NOT_OBSERVED = "NOT_OBSERVED"


class CommandTrigger(StrEnum):
    """What moves a command along."""

    SEND = "SEND"
    ANSWER = "ANSWER"
    TIME_OUT = "TIME_OUT"
    FAIL = "FAIL"
    CANCEL = "CANCEL"
    RESTART = "RESTART"


# The whole life of a command. A trigger that is absent for a status changes nothing: late news about an ended command.
COMMAND_TRANSITIONS: dict[CommandStatus, dict[CommandTrigger, CommandStatus]] = {
    CommandStatus.QUEUED: {
        CommandTrigger.SEND: CommandStatus.SENT,
        CommandTrigger.FAIL: CommandStatus.UNDELIVERABLE,
        CommandTrigger.TIME_OUT: CommandStatus.UNDELIVERABLE,
        CommandTrigger.CANCEL: CommandStatus.CANCELLED,
        CommandTrigger.RESTART: CommandStatus.UNDELIVERABLE,
    },
    CommandStatus.SENT: {
        CommandTrigger.ANSWER: CommandStatus.ANSWERED,
        CommandTrigger.TIME_OUT: CommandStatus.TIMED_OUT,
        CommandTrigger.FAIL: CommandStatus.UNDELIVERABLE,
        CommandTrigger.RESTART: CommandStatus.UNKNOWN,
    },
    CommandStatus.ANSWERED: {},
    # A charger that answers after we gave up still tells the truth.
    CommandStatus.TIMED_OUT: {CommandTrigger.ANSWER: CommandStatus.ANSWERED},
    CommandStatus.UNKNOWN: {CommandTrigger.ANSWER: CommandStatus.ANSWERED},
    CommandStatus.UNDELIVERABLE: {},
    CommandStatus.CANCELLED: {},
}

ENDED_STATUSES = frozenset(CommandStatus) - {CommandStatus.QUEUED, CommandStatus.SENT}


@dataclass(frozen=True, slots=True)
class StartTransaction:
    """RemoteStartTransaction / RequestStartTransaction (1.6 §5.11, 2.0.1 F01–F02)."""

    token: PresentedToken
    remote_start_id: int
    evse: int
    connector: int | None = None


@dataclass(frozen=True, slots=True)
class StopTransaction:
    """RemoteStopTransaction / RequestStopTransaction (1.6 §5.12, 2.0.1 F03)."""

    transaction_id: str


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset (1.6 §5.14, 2.0.1 B11–B12). ``when_idle``: 1.6 Soft / 2.x OnIdle, otherwise Hard / Immediate."""

    when_idle: bool
    evse: int | None = None


@dataclass(frozen=True, slots=True)
class UnlockConnector:
    """UnlockConnector (1.6 §5.18, 2.0.1 F05)."""

    evse: int
    connector: int


@dataclass(frozen=True, slots=True)
class ChangeAvailability:
    """ChangeAvailability (1.6 §5.2, 2.0.1 G03–G04). No EVSE: the whole station."""

    operative: bool
    evse: int | None = None
    connector: int | None = None


@dataclass(frozen=True, slots=True)
class TriggerMessage:
    """TriggerMessage (1.6 §5.17, 2.0.1 F06). ``message`` is OCPP's own name, e.g. StatusNotification."""

    message: str
    evse: int | None = None
    connector: int | None = None


@dataclass(frozen=True, slots=True)
class VariableName:
    """A 2.x variable; a 1.6 configuration key is variable ``key`` of component ``OCPPCommCtrlr`` (or any other)."""

    component: str
    variable: str
    instance: str | None = None
    evse: int | None = None


@dataclass(frozen=True, slots=True)
class GetVariables:
    """GetConfiguration / GetVariables (1.6 §5.8, 2.0.1 B06)."""

    variables: tuple[VariableName, ...]


@dataclass(frozen=True, slots=True)
class SetVariables:
    """ChangeConfiguration / SetVariables (1.6 §5.3, 2.0.1 B05). 1.6 takes exactly one."""

    variables: tuple[tuple[VariableName, str], ...]


@dataclass(frozen=True, slots=True)
class SendDataTransfer:
    """DataTransfer to the station; ``data`` is JSON text."""

    vendor_id: str
    message_id: str | None = None
    data: str | None = None


StationCommand = (
    StartTransaction
    | StopTransaction
    | Reset
    | UnlockConnector
    | ChangeAvailability
    | TriggerMessage
    | GetVariables
    | SetVariables
    | SendDataTransfer
)

# What goes first when several commands wait for one station (lower is sooner): a driver who wants to leave, then one
# who wants to charge, then care of the hardware, then configuration.
PRIORITY: dict[type[StationCommand], int] = {
    StopTransaction: 0,
    UnlockConnector: 0,
    StartTransaction: 1,
    Reset: 2,
    ChangeAvailability: 2,
    TriggerMessage: 3,
    SetVariables: 4,
    GetVariables: 4,
    SendDataTransfer: 4,
}


@dataclass(frozen=True, slots=True)
class OutboundCommand:
    """A command on its way to the gateway: ``deadline`` is when waiting for the station's answer ends."""

    command_key: int
    station_key: int
    operator_key: int
    body: StationCommand
    deadline: datetime


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """The charger's own words; ``raw`` is its payload as JSON text."""

    status: str
    accepted: bool
    reason_code: str | None
    additional_info: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command as an operator reads it."""

    key: int
    uuid: UUID
    operator_key: int
    station_key: int
    evse_key: int | None
    session_key: int | None
    action: str
    body: StationCommand
    status: CommandStatus
    answer: CommandAnswer | None
    effect: CommandEffect
    requested_by: str
    reason: str | None
    created_at: datetime
    deadline: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    version: int


_BODIES: dict[str, type[StationCommand]] = {body.__name__: body for body in PRIORITY}


def action_of(body: StationCommand) -> str:
    """The command's name, the same at every door."""
    return type(body).__name__


def body_json(body: StationCommand) -> dict[str, object]:
    """A command's fields as JSON values; `body_from_json` reads them back."""
    return asdict(body)


def body_from_json(action: str, fields: dict[str, Any]) -> StationCommand:
    """The command behind a stored row."""
    kind = _BODIES[action]
    values = dict(fields)
    if kind is StartTransaction:
        values["token"] = PresentedToken(**values["token"])
    elif kind is GetVariables:
        values["variables"] = tuple(VariableName(**name) for name in values["variables"])
    elif kind is SetVariables:
        values["variables"] = tuple((VariableName(**name), value) for name, value in values["variables"])
    return kind(**values)
