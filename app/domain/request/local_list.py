"""The local authorisation list (1.6 §5.15, §5.10; 2.0.1 D01, D02)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.kind import EVERY_VERSION, StationRequest
from app.domain.station import OcppVersion
from app.domain.token import AuthorisationStatus


class UpdateType(StrEnum):
    """How a list is to be taken."""

    FULL = "Full"
    DIFFERENTIAL = "Differential"


@dataclass(frozen=True, slots=True)
class AdditionalInfo:
    """Something else that identifies the bearer of a token."""

    additional_id_token: Annotated[str, "What it says."]
    type: Annotated[str, "What it is."]


@dataclass(frozen=True, slots=True)
class IdToken:
    """A token as OCPP writes it."""

    id_token: Annotated[str, "What the reader reads."]
    type: Annotated[str, "OCPP IdTokenType, such as ISO14443."]
    additional_info: Annotated[tuple[AdditionalInfo, ...], "What else identifies its bearer (2.x)."] = ()


@dataclass(frozen=True, slots=True)
class IdTokenInfo:
    """What a station may know of a token."""

    status: Annotated[AuthorisationStatus, "Whether it may charge."]
    group_id_token: Annotated[IdToken | None, "Its group."] = None
    cache_expiry_date_time: Annotated[datetime | None, "Until when that holds."] = None


@dataclass(frozen=True, slots=True)
class AuthorizationData:
    """One entry of a local list; without an idTokenInfo it is taken off the list."""

    id_token: Annotated[IdToken, "Which token."]
    id_token_info: Annotated[IdTokenInfo | None, "What the station is to know of it."] = None


@dataclass(frozen=True, slots=True)
class SendLocalList(StationRequest):
    """A local authorisation list, whole or as differences."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION

    version_number: Annotated[int, "Its version; larger than the one before."]
    update_type: Annotated[UpdateType, "Whole, or differences."]
    local_authorization_list: Annotated[tuple[AuthorizationData, ...], "Its entries."] = ()


@dataclass(frozen=True, slots=True)
class GetLocalListVersion(StationRequest):
    """Which version of the local list the station holds."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION


REQUESTS: tuple[type[StationRequest], ...] = (SendLocalList, GetLocalListVersion)
