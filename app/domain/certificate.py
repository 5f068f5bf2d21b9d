"""Certificates in OCPP's terms: what they are for, and how one is named without showing it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated


class HashAlgorithm(StrEnum):
    """How the parts of a certificate's name are hashed."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


class InstallCertificateUse(StrEnum):
    """What an installed root vouches for."""

    V2G_ROOT = "V2GRootCertificate"
    MO_ROOT = "MORootCertificate"
    MANUFACTURER_ROOT = "ManufacturerRootCertificate"
    CSMS_ROOT = "CSMSRootCertificate"
    OEM_ROOT = "OEMRootCertificate"


class InstalledCertificateUse(StrEnum):
    """What a certificate that a station reports is for."""

    V2G_ROOT = "V2GRootCertificate"
    MO_ROOT = "MORootCertificate"
    CSMS_ROOT = "CSMSRootCertificate"
    V2G_CHAIN = "V2GCertificateChain"
    MANUFACTURER_ROOT = "ManufacturerRootCertificate"
    OEM_ROOT = "OEMRootCertificate"


class SigningUse(StrEnum):
    """What a station wants its own certificate for."""

    CHARGING_STATION = "ChargingStationCertificate"
    V2G = "V2GCertificate"
    V2G_20 = "V2G20Certificate"


@dataclass(frozen=True, slots=True)
class CertificateHashData:
    """The name of a certificate, as a station reports it."""

    hash_algorithm: Annotated[HashAlgorithm, "How the names are hashed."]
    issuer_name_hash: Annotated[str, "Hash of the issuer's distinguished name."]
    issuer_key_hash: Annotated[str, "Hash of the issuer's public key."]
    serial_number: Annotated[str, "Serial number in hexadecimal."]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What a station showed in its TLS handshake; the chain was verified there."""

    common_name: str
    organizations: frozenset[str]
    fingerprint: str  # SHA-256 of the DER form, lower-case hexadecimal
    not_after: datetime


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """One certificate and who knows whether it is revoked (OCSPRequestDataType)."""

    hash_data: CertificateHashData
    responder_url: str


class Revocation(StrEnum):
    """What a responder says of a certificate."""

    GOOD = "Good"
    REVOKED = "Revoked"
    UNKNOWN = "Unknown"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One certificate of a chain, where to ask about it, and what was said."""

    request: OcspRequest
    source: str
    revocation: Revocation = Revocation.UNKNOWN
    next_update: datetime | None = None
