"""What stations say about trust and care: certificates, security, firmware and logs.

Questions whose answer somebody else knows carry it (``revocation``, ``exi_response``): it is asked for before the event
is written, so that the question, the answer and what follows are one commit.
"""

from dataclasses import dataclass
from datetime import datetime

from app.domain.certificate import ChainEntry, OcspRequest, SigningUse
from app.domain.event import StationEvent, TokenPresented


@dataclass(frozen=True, slots=True)
class SigningAsked(StationEvent):
    """SignCertificate (2.0.1 A02; 1.6 security §4.5). ``complaint`` says why the request cannot be signed."""

    csr: str
    use: SigningUse
    request_id: int | None = None
    complaint: str | None = None


@dataclass(frozen=True, slots=True)
class EvCertificateAsked(StationEvent):
    """Get15118EVCertificate (2.0.1 M01, M02); None: nobody could answer, ``failure`` says why."""

    schema_version: str
    action: str
    exi_request: str
    maximum_contracts: int | None = None
    prioritized_emaids: tuple[str, ...] = ()
    exi_response: str | None = None
    remaining_contracts: int | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class RevocationAsked(StationEvent):
    """GetCertificateStatus (2.0.1 M06). ``ocsp_result`` is the responder's DER answer in base64."""

    request: OcspRequest
    ocsp_result: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ChainRevocationAsked(StationEvent):
    """GetCertificateChainStatus (2.1 M07)."""

    entries: tuple[ChainEntry, ...]


@dataclass(frozen=True, slots=True)
class ContractPresented(TokenPresented):
    """Authorize with a contract certificate (2.0.1 C07): its chain in PEM, or only its names.

    ``certificate_status`` is our finding in AuthorizeCertificateStatusEnumType's words; None when there was nothing to
    check.
    """

    certificate: str | None = None
    hash_data: tuple[OcspRequest, ...] = ()
    certificate_status: str | None = None


@dataclass(frozen=True, slots=True)
class SecurityEventReported(StationEvent):
    """SecurityEventNotification (2.0.1 A04; 1.6 security §4.7)."""

    kind: str
    occurred_at: datetime | None
    tech_info: str | None = None


@dataclass(frozen=True, slots=True)
class FirmwareStatusReported(StationEvent):
    """FirmwareStatusNotification, plain or signed, and PublishFirmwareStatusNotification (``published`` URLs)."""

    status: str
    request_id: int | None = None
    publishing: bool = False
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogStatusReported(StationEvent):
    """LogStatusNotification and 1.6 DiagnosticsStatusNotification (without a request id)."""

    status: str
    request_id: int | None = None
