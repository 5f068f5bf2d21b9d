"""Starts, stops and unlocks exactly as given."""

from app.domain.request import StationRequest
from app.domain.request.local_list import IdToken
from app.domain.request.plain import ReleaseConnector, RequestStartTransaction, RequestStopTransaction

SAMPLES: list[StationRequest] = [
    RequestStartTransaction(IdToken("TAG", "ISO14443"), 7),
    RequestStartTransaction(IdToken("TAG", "ISO14443"), 7, 2, IdToken("GROUP", "Central")),
    RequestStopTransaction("12"),
    ReleaseConnector(2, 1),
]
