"""What a watcher is told: that something changed and how far it has come, never what it now is."""

from dataclasses import dataclass
from enum import StrEnum


class Noun(StrEnum):
    """What can change under a watcher's eyes."""

    STATION = "station"
    SESSION = "session"
    COMMAND = "command"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class Change:
    """Row ``key`` of ``noun`` is at ``version`` or newer. Locations and stations let watchers look away early.

    ``progress``: only a meter moved, or something was heard; nobody is woken for that, it is told when there is time.
    """

    noun: Noun
    operator_key: int
    key: int
    version: int = 0
    location_key: int | None = None
    station_key: int | None = None
    progress: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages may have been lost: whoever watches must read everything again."""
