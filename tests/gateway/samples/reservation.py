"""Requests about reservations."""

from datetime import UTC, datetime

from app.domain.request import StationRequest
from app.domain.request.local_list import IdToken
from app.domain.request.reservation import CancelReservation, ReserveNow

SAMPLES: list[StationRequest] = [
    ReserveNow(7, datetime(2027, 1, 1, tzinfo=UTC), IdToken("TAG", "ISO14443"), None, 1, IdToken("GROUP", "Central")),
    ReserveNow(8, datetime(2027, 1, 1, tzinfo=UTC), IdToken("TAG", "ISO14443")),
    CancelReservation(7),
]
