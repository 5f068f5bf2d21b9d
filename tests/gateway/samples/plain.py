"""Starts, stops and unlocks exactly as given."""

from app.domain.request import StationRequest
from app.domain.request.charging_profile import ChargingProfilePurpose
from app.domain.request.local_list import IdToken
from app.domain.request.plain import ReleaseConnector, RequestStartTransaction, RequestStopTransaction, SendRaw
from tests.gateway.samples.charging_profile import profile

SAMPLES: list[StationRequest] = [
    RequestStartTransaction(IdToken("TAG", "ISO14443"), 7),
    RequestStartTransaction(IdToken("TAG", "ISO14443"), 7, 2, IdToken("GROUP", "Central")),
    RequestStartTransaction(
        IdToken("TAG", "ISO14443"),
        7,
        2,
        IdToken("GROUP", "Central"),
        profile(charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE),
    ),
    RequestStopTransaction("12"),
    ReleaseConnector(2, 1),
    SendRaw("ClearCache", "{}"),
]
