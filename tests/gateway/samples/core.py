"""Core requests."""

from app.domain.request import StationRequest
from app.domain.request.core import (
    ChangeAvailability,
    GetVariables,
    Reset,
    ResetAndResume,
    SendDataTransfer,
    SetVariables,
    StartTransaction,
    StopTransaction,
    TriggerMessage,
    UnlockConnector,
    VariableName,
)
from app.domain.token import PresentedToken

NAME = VariableName("OCPPCommCtrlr", "HeartbeatInterval")

SAMPLES: list[StationRequest] = [
    StartTransaction(PresentedToken("TAG", "Central"), 7, 1),
    StopTransaction("7"),
    Reset(when_idle=True),
    ResetAndResume(),
    ResetAndResume(evse=1),
    UnlockConnector(1, 1),
    ChangeAvailability(operative=False),
    ChangeAvailability(operative=True, evse=1),
    ChangeAvailability(operative=True, evse=1, connector=1),
    TriggerMessage("StatusNotification", 1, 1),
    TriggerMessage("Heartbeat"),
    GetVariables((NAME, VariableName("EVSE", "Power", "Max", 1))),
    SetVariables(((NAME, "60"),)),
    SendDataTransfer("vendor", "m", '{"a":1}'),
    SendDataTransfer("vendor", None, "not json"),
    SendDataTransfer("vendor"),
]
