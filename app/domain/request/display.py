"""Messages on a station's display (2.0.1 O01–O06) and the running cost shown there (2.0.1 I02)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.component import Component
from app.domain.request.kind import Priority, StationRequest


class MessagePriority(StrEnum):
    """Which message is shown when several are."""

    ALWAYS_FRONT = "AlwaysFront"
    IN_FRONT = "InFront"
    NORMAL_CYCLE = "NormalCycle"


class MessageState(StrEnum):
    """In which state of the station a message is shown."""

    CHARGING = "Charging"
    FAULTED = "Faulted"
    IDLE = "Idle"
    UNAVAILABLE = "Unavailable"
    SUSPENDED = "Suspended"
    DISCHARGING = "Discharging"


class MessageFormat(StrEnum):
    """How a message is written."""

    ASCII = "ASCII"
    HTML = "HTML"
    URI = "URI"
    UTF8 = "UTF8"
    QRCODE = "QRCODE"


@dataclass(frozen=True, slots=True)
class MessageContent:
    """What is shown."""

    format: Annotated[MessageFormat, "How it is written."]
    content: Annotated[str, "The text."]
    language: Annotated[str | None, "RFC 5646 language."] = None


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """One message."""

    id: Annotated[int, "Its number at the station; the same again replaces it."]
    priority: Annotated[MessagePriority, "Its rank."]
    message: Annotated[MessageContent, "What is shown."]
    state: Annotated[MessageState | None, "Only in this state."] = None
    start_date_time: Annotated[datetime | None, "From then on."] = None
    end_date_time: Annotated[datetime | None, "Until then."] = None
    transaction_id: Annotated[str | None, "Only during this transaction."] = None
    display: Annotated[Component | None, "On this display."] = None
    message_extra: Annotated[tuple[MessageContent, ...], "2.1: the same in other languages."] = ()


@dataclass(frozen=True, slots=True)
class SetDisplayMessage(StationRequest):
    """SetDisplayMessage (2.0.1 O01, O02, O06)."""

    message: Annotated[MessageInfo, "The message."]


@dataclass(frozen=True, slots=True)
class GetDisplayMessages(StationRequest):
    """GetDisplayMessages (2.0.1 O03, O04): NotifyDisplayMessages follows, unless nothing matches."""

    priority: ClassVar[Priority] = Priority.ASK

    request_id: Annotated[int, "A number of yours; the parts of the answer carry it."]
    id: Annotated[tuple[int, ...], "Only these."] = ()
    # Every request has a ``priority`` of its own: its turn among the commands that wait.
    message_priority: Annotated[MessagePriority | None, "Only of this rank."] = field(
        default=None, metadata={"wire": "priority"}
    )
    state: Annotated[MessageState | None, "Only those for this state."] = None


@dataclass(frozen=True, slots=True)
class ClearDisplayMessage(StationRequest):
    """ClearDisplayMessage (2.0.1 O05)."""

    id: Annotated[int, "The message's number."]


@dataclass(frozen=True, slots=True)
class CostUpdated(StationRequest):
    """CostUpdated (2.0.1 I02): what the display of a running transaction shows."""

    priority: ClassVar[Priority] = Priority.CHARGE

    total_cost: Annotated[float, "In the currency's own unit, including taxes."]
    transaction_id: Annotated[str, "Of this transaction."]


REQUESTS: tuple[type[StationRequest], ...] = (SetDisplayMessage, GetDisplayMessages, ClearDisplayMessage, CostUpdated)
