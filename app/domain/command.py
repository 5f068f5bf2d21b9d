"""Commands: what we ask of a station, and the three facts kept apart about each.

Delivered (`CommandStatus`), the charger's own answer (`CommandAnswer`), and the effect observed (`CommandEffect`).
Each command is sent at most once and ends by its deadline.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.request.kind import StationRequest

OUR_OWN = "voltgraph"  # who asks for what no person asked for


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
class OutboundCommand:
    """A command on its way to the gateway: ``deadline`` is when waiting for the station's answer ends."""

    command_key: int
    station_key: int
    operator_key: int
    body: StationRequest
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
    body: StationRequest
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
    failure: str | None = None


def action_of(body: StationRequest) -> str:
    """The command's name, the same at every door."""
    return type(body).__name__
