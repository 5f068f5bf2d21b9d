"""Certificates on stations (2.0.1 block M and A02; 1.6 security extension §4)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.domain.certificate import CertificateHashData, InstallCertificateUse, InstalledCertificateUse, SigningUse
from app.domain.request.kind import EVERY_VERSION, Priority, StationRequest
from app.domain.station import OcppVersion


@dataclass(frozen=True, slots=True)
class CertificateRequest(StationRequest):
    """What every version has words for; 1.6 since its security extension."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION
    priority: ClassVar[Priority] = Priority.CARE


@dataclass(frozen=True, slots=True)
class InstallCertificate(CertificateRequest):
    """A root certificate the station is to trust."""

    certificate_type: Annotated[InstallCertificateUse, "What it vouches for; 1.6 knows CSMS and manufacturer roots."]
    certificate: Annotated[str, "PEM."]


@dataclass(frozen=True, slots=True)
class DeleteCertificate(CertificateRequest):
    """A certificate the station is to forget."""

    certificate_hash_data: Annotated[CertificateHashData, "Which, as the station reported it."]


@dataclass(frozen=True, slots=True)
class GetInstalledCertificateIds(CertificateRequest):
    """Which certificates the station holds."""

    certificate_type: Annotated[
        tuple[InstalledCertificateUse, ...], "Only these; none for all. 1.6 is asked about exactly one."
    ] = ()


@dataclass(frozen=True, slots=True)
class CertificateSigned(CertificateRequest):
    """The certificate a station asked for, with its chain."""

    certificate_chain: Annotated[str, "PEM, the station's own first."]
    certificate_type: Annotated[SigningUse | None, "What it is for; not in 1.6."] = None
    request_id: Annotated[int | None, "OCPP 2.1: the request it answers."] = None


REQUESTS: tuple[type[StationRequest], ...] = (
    InstallCertificate,
    DeleteCertificate,
    GetInstalledCertificateIds,
    CertificateSigned,
)
