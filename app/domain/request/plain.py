"""Starts, stops and unlocks said to a station exactly as given, beside those that make and watch a session."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.domain.request.charging_profile import ChargingProfile
from app.domain.request.kind import EVERY_VERSION, Priority, StationRequest
from app.domain.request.local_list import IdToken
from app.domain.station import OcppVersion


@dataclass(frozen=True, slots=True)
class RequestStartTransaction(StationRequest):
    """A start that makes no session of ours beforehand; what the station reports is judged like a card."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CHARGE

    id_token: Annotated[IdToken, "For whom."]
    remote_start_id: Annotated[int, "Comes back in the transaction's events; not in 1.6."]
    evse_id: Annotated[int | None, "The EVSE's number; null lets the station choose."] = None
    group_id_token: Annotated[IdToken | None, "Its group; not in 1.6."] = None
    charging_profile: Annotated[ChargingProfile | None, "A TxProfile for what starts, without a transaction."] = None


@dataclass(frozen=True, slots=True)
class RequestStopTransaction(StationRequest):
    """A stop of a transaction by the station's name of it, whether we know it or not."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.LEAVE

    transaction_id: Annotated[str, "The station's name of it; a number in 1.6."]


@dataclass(frozen=True, slots=True)
class ReleaseConnector(StationRequest):
    """UnlockConnector for a connector by its number, whether we know it or not."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.LEAVE

    evse_id: Annotated[int, "The EVSE's number; a 1.6 connector's."]
    connector_id: Annotated[int, "The connector's number at the EVSE."] = 1


@dataclass(frozen=True, slots=True)
class SendRaw(StationRequest):
    """Any action with any payload: for what is a vendor's own. Every standard action has a request of its own."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION

    action: Annotated[str, "The action's name, as the station knows it."]
    payload: Annotated[str, "A JSON object; checked against the version's schema if the version has the action."]


REQUESTS: tuple[type[StationRequest], ...] = (
    RequestStartTransaction,
    RequestStopTransaction,
    ReleaseConnector,
    SendRaw,
)
