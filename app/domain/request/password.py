"""A station's new password over OCPP (2.0.1 A01; 1.6 security: AuthorizationKey)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.domain.request.kind import EVERY_VERSION, Priority, StationRequest
from app.domain.station import OcppVersion


@dataclass(frozen=True, slots=True)
class RotatePassword(StationRequest):
    """The password a station is to connect with from now on; it leaves the row when the request is sent."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CARE

    password: Annotated[str, "16 to 40 characters."] = ""


REQUESTS: tuple[type[StationRequest], ...] = (RotatePassword,)
