"""What happened to a session, in one order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class TimelineKind(StrEnum):
    """What an entry is about."""

    STEP = "STEP"
    COMMAND = "COMMAND"
    FRAME = "FRAME"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """``title``: the step's name or the action. ``state``: the step's or the command's, or which way a frame went.

    ``detail``: why a step failed, what the charger answered, or what a frame had wrong.
    """

    at: datetime
    kind: TimelineKind
    title: str
    state: str
    detail: str | None
    command_id: UUID | None
