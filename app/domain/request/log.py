"""Logs (2.0.1 N01; 1.6 GetDiagnostics §5.9 and GetLog of the security extension)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.kind import EVERY_VERSION, StationRequest
from app.domain.station import OcppVersion


class LogType(StrEnum):
    """Which log."""

    DIAGNOSTICS = "DiagnosticsLog"
    SECURITY = "SecurityLog"
    DATA_COLLECTOR = "DataCollectorLog"


@dataclass(frozen=True, slots=True)
class LogParameters:
    """Where to send a log, and of which time."""

    remote_location: Annotated[str, "URL the station uploads to."]
    oldest_timestamp: Annotated[datetime | None, "Entries from then on."] = None
    latest_timestamp: Annotated[datetime | None, "Entries until then."] = None


@dataclass(frozen=True, slots=True)
class GetLog(StationRequest):
    """A log the station is to upload."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    shows: ClassVar[bool] = True

    log_type: Annotated[LogType, "Which log."]
    request_id: Annotated[int, "Names the upload in the station's notifications."]
    log: Annotated[LogParameters, "Where to, and of which time."]
    retries: Annotated[int | None, "How often to try the upload again."] = None
    retry_interval: Annotated[int | None, "Seconds between tries."] = None


@dataclass(frozen=True, slots=True)
class GetDiagnostics(StationRequest):
    """1.6's way to ask for a diagnostics log; newer stations are asked with GetLog."""

    versions: ClassVar[frozenset[OcppVersion]] = frozenset({OcppVersion.V16})
    shows: ClassVar[bool] = True

    location: Annotated[str, "URL of the folder the station uploads to."]
    start_time: Annotated[datetime | None, "Entries from then on."] = None
    stop_time: Annotated[datetime | None, "Entries until then."] = None
    retries: Annotated[int | None, "How often to try the upload again."] = None
    retry_interval: Annotated[int | None, "Seconds between tries."] = None


REQUESTS: tuple[type[StationRequest], ...] = (GetLog, GetDiagnostics)
