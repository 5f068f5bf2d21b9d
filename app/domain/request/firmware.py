"""Firmware (2.0.1 block L; 1.6 §5.19 and SignedUpdateFirmware)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from app.domain.request.kind import EVERY_VERSION, Priority, StationRequest
from app.domain.station import OcppVersion


@dataclass(frozen=True, slots=True)
class Firmware:
    """Where a firmware lies, when to fetch and install it, and who signed it."""

    location: Annotated[str, "URL the station fetches it from."]
    retrieve_date_time: Annotated[datetime, "Not fetched before."]
    install_date_time: Annotated[datetime | None, "Not installed before; null: at once."] = None
    signing_certificate: Annotated[str | None, "PEM of whoever signed it; null: unsigned."] = None
    signature: Annotated[str | None, "Base64 signature over the firmware."] = None


@dataclass(frozen=True, slots=True)
class UpdateFirmware(StationRequest):
    """A firmware the station is to install; what becomes of it arrives as status notifications."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CARE
    shows: ClassVar[bool] = True

    request_id: Annotated[int, "Names the update in the station's notifications."]
    firmware: Annotated[Firmware, "What to install."]
    retries: Annotated[int | None, "How often to try the download again."] = None
    retry_interval: Annotated[int | None, "Seconds between tries."] = None


@dataclass(frozen=True, slots=True)
class PublishFirmware(StationRequest):
    """A firmware a local controller is to offer to the stations behind it."""

    shows: ClassVar[bool] = True

    location: Annotated[str, "URL the controller fetches it from."]
    checksum: Annotated[str, "MD5 of the file, in hexadecimal."]
    request_id: Annotated[int, "Names the publication in the controller's notifications."]
    retries: Annotated[int | None, "How often to try the download again."] = None
    retry_interval: Annotated[int | None, "Seconds between tries."] = None


@dataclass(frozen=True, slots=True)
class UnpublishFirmware(StationRequest):
    """A firmware a local controller is to offer no longer."""

    checksum: Annotated[str, "MD5 of the file, in hexadecimal."]


REQUESTS: tuple[type[StationRequest], ...] = (UpdateFirmware, PublishFirmware, UnpublishFirmware)
