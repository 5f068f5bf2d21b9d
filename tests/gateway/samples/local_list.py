"""Requests about local lists."""

from datetime import UTC, datetime

from app.domain.request import StationRequest
from app.domain.request.local_list import (
    AuthorizationData,
    GetLocalListVersion,
    IdToken,
    IdTokenInfo,
    SendLocalList,
    UpdateType,
)
from app.domain.token import AuthorisationStatus

_UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
SAMPLES: list[StationRequest] = [
    GetLocalListVersion(),
    SendLocalList(3, UpdateType.FULL),
    SendLocalList(
        4,
        UpdateType.DIFFERENTIAL,
        (
            AuthorizationData(IdToken("TAG", "ISO14443")),
            AuthorizationData(
                IdToken("OTHER", "Central"),
                IdTokenInfo(AuthorisationStatus.ACCEPTED, IdToken("GROUP", "Central"), _UNTIL),
            ),
        ),
    ),
]
