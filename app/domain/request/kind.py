"""What every request to a station is."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from app.domain.station import OcppVersion

EVERY_VERSION = frozenset(OcppVersion)
SINCE_201 = frozenset({OcppVersion.V201, OcppVersion.V21})
SINCE_21 = frozenset({OcppVersion.V21})


class Priority(IntEnum):
    """What goes first when several commands wait for one station (lower is sooner)."""

    LEAVE = 0  # a driver who wants to leave
    CHARGE = 1  # one who wants to charge
    CARE = 2  # care of the hardware
    ASK = 3  # a question
    SETTLE = 4  # configuration, which can wait


@dataclass(frozen=True, slots=True)
class StationRequest:
    """Something we ask of a station, in OCPP 2.0.1's terms; the class is named as 2.0.1 or 2.1 names the action.

    Fields are the action's own, in snake case, with ``Annotated`` descriptions: the 2.x payload and the GraphQL input
    are both made from them. ``shows`` says that a later fact tells whether it happened, so its effect is awaited;
    ``versions`` are those that have words for it.
    """

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_201
    priority: ClassVar[Priority] = Priority.SETTLE
    shows: ClassVar[bool] = False
