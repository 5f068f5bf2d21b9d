"""Starts, stops and unlocks exactly as given."""

from app.domain.request.plain import ReleaseConnector, RequestStartTransaction, RequestStopTransaction
from schema.requests.face import Face

FACES = (
    Face("startRequestSend", RequestStartTransaction, "Asks for a start exactly as given; prefer sessionStart."),
    Face("stopRequestSend", RequestStopTransaction, "Asks for a stop exactly as given; prefer sessionStop."),
    Face("unlockRequestSend", ReleaseConnector, "Asks for an unlock by numbers; prefer connectorUnlock."),
)
