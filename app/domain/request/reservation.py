"""Reservations (1.6 §5.13, §5.4; 2.0.1 H01, H02)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from app.domain.request.kind import EVERY_VERSION, Priority, StationRequest
from app.domain.request.local_list import IdToken
from app.domain.station import OcppVersion


@dataclass(frozen=True, slots=True)
class ReserveNow(StationRequest):
    """Reserves an EVSE, or any, for a token; one with the same id is replaced."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CHARGE

    id: Annotated[int, "The reservation's id."]
    expiry_date_time: Annotated[datetime, "Until when."]
    id_token: Annotated[IdToken, "For which token."]
    connector_type: Annotated[str | None, "Any EVSE with such a connector (2.x)."] = None
    evse_id: Annotated[int | None, "Which EVSE; any without it."] = None
    group_id_token: Annotated[IdToken | None, "Or for any token of this group."] = None


@dataclass(frozen=True, slots=True)
class CancelReservation(StationRequest):
    """Takes a reservation back."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CHARGE

    reservation_id: Annotated[int, "Its id."]


REQUESTS: tuple[type[StationRequest], ...] = (
    ReserveNow,
    CancelReservation,
)
