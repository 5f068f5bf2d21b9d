"""What an operator sees of a station's trust and care."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class CertificateOrigin(StrEnum):
    """How we know of a certificate."""

    ISSUED = "ISSUED"
    TRUSTED = "TRUSTED"
    REPORTED = "REPORTED"


class SigningState(StrEnum):
    """How far a station's request for a certificate has come."""

    ASKED = "ASKED"
    SIGNED = "SIGNED"
    INSTALLED = "INSTALLED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class StationCertificate:
    """A certificate of a station, or a root it holds; what is unknown of a reported one is None."""

    origin: CertificateOrigin
    use: str
    serial_number: str
    issuer_key_hash: str
    issuer_name_hash: str
    hash_algorithm: str | None
    fingerprint: str | None
    common_name: str | None
    not_before: datetime | None
    not_after: datetime | None
    since: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class CertificateSigning:
    """A station asked for a certificate."""

    use: str
    state: SigningState
    reason: str | None
    asked_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class FirmwareCampaign:
    """A firmware on its way into a station; ``status`` in the station's own words."""

    request_id: int
    publishing: bool
    location: str | None
    status: str
    status_at: datetime
    began_at: datetime
    published_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StationLog:
    """A log a station was asked for, and the file once it is here."""

    uuid: UUID
    operator_key: int
    request_id: int
    kind: str
    status: str
    status_at: datetime
    asked_at: datetime
    file_name: str | None
    file_bytes: int | None
    file_sha256: str | None
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """Something a station reported about its own security."""

    key: int
    station_key: int
    kind: str
    critical: bool
    tech_info: str | None
    occurred_at: datetime
    received_at: datetime
