"""Swapping batteries (2.1 S)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.domain.request.kind import SINCE_21, Priority, StationRequest
from app.domain.request.local_list import IdToken
from app.domain.station import OcppVersion


@dataclass(frozen=True, slots=True)
class RequestBatterySwap(StationRequest):
    """Lets somebody swap a battery."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CHARGE

    id_token: Annotated[IdToken, "For which token."]
    request_id: Annotated[int, "Names the swap in what follows."]


REQUESTS: tuple[type[StationRequest], ...] = (RequestBatterySwap,)
