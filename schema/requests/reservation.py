"""Reservations exactly as given."""

from app.domain.request.reservation import CancelReservation, ReserveNow
from schema.requests.face import Face

FACES = (
    Face("reservationSend", ReserveNow, "Sends a reservation exactly as given, also for any EVSE or a connector type."),
    Face("reservationWithdraw", CancelReservation, "Takes a reservation back by its OCPP id."),
)
