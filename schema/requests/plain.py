"""Starts, stops and unlocks exactly as given."""

from app.domain.request.core import SendDataTransfer
from app.domain.request.plain import ReleaseConnector, RequestStartTransaction, RequestStopTransaction, SendRaw
from app.domain.scope import Permission
from schema.requests.face import Face

FACES = (
    Face("startRequestSend", RequestStartTransaction, "Asks for a start exactly as given; prefer sessionStart."),
    Face("stopRequestSend", RequestStopTransaction, "Asks for a stop exactly as given; prefer sessionStop."),
    Face("dataTransferSend", SendDataTransfer, "Sends a vendor's own message."),
    Face("ocppSend", SendRaw, "Sends any action with any payload.", Permission.COMMANDS_RAW),
    Face("unlockRequestSend", ReleaseConnector, "Asks for an unlock by numbers; prefer connectorUnlock."),
)
