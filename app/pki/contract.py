"""Contract certificates: is the chain sound by itself, and whom to ask whether it was revoked."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from app.domain.certificate import CertificateHashData, HashAlgorithm, OcspRequest

ACCEPTED, EXPIRED, CHAIN_ERROR, SIGNATURE_ERROR = "Accepted", "CertificateExpired", "CertChainError", "SignatureError"


def roots_in(folder: Path) -> tuple[x509.Certificate, ...]:
    """The trusted roots of mobility operators and V2G: every PEM file of a folder."""
    found: list[x509.Certificate] = []
    for file in sorted(folder.glob("*.pem")) if folder.is_dir() else ():
        found.extend(x509.load_pem_x509_certificates(file.read_bytes()))
    return tuple(found)


def examine(
    chain_pem: str, roots: Sequence[x509.Certificate], *, at: datetime, verify: bool
) -> tuple[str, tuple[OcspRequest, ...]]:
    """AuthorizeCertificateStatusEnumType's word, and the responders the certificates name."""
    try:
        chain = x509.load_pem_x509_certificates(chain_pem.encode())
    except ValueError:
        return SIGNATURE_ERROR, ()
    if not all(one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in chain):
        return EXPIRED, ()
    if verify and not _reaches(chain, roots):
        return CHAIN_ERROR, ()
    issuers = [*chain[1:], *roots, chain[-1]]
    return ACCEPTED, tuple(request for one in chain if (request := _question(one, issuers)) is not None)


def _reaches(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> bool:
    return all(_issued(one, above) for one, above in pairwise(chain)) and any(
        _issued(chain[-1], root) for root in roots
    )


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _question(certificate: x509.Certificate, issuers: Sequence[x509.Certificate]) -> OcspRequest | None:
    try:
        access = certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
    except x509.ExtensionNotFound:
        return None
    assert isinstance(access, x509.AuthorityInformationAccess)
    urls = [d.access_location.value for d in access if d.access_method == AuthorityInformationAccessOID.OCSP]
    if not urls:
        return None
    issuer = next((one for one in issuers if one.subject == certificate.issuer), certificate)
    return OcspRequest(name_of(certificate, issuer), str(urls[0]))


def name_of(certificate: x509.Certificate, issuer: x509.Certificate) -> CertificateHashData:
    """OCPP's CertificateHashData, as RFC 6960 hashes it."""
    return CertificateHashData(
        HashAlgorithm.SHA256,
        hashlib.sha256(certificate.issuer.public_bytes()).hexdigest(),
        hashlib.sha256(key_bits(issuer)).hexdigest(),
        f"{certificate.serial_number:x}",
    )


def key_bits(certificate: x509.Certificate) -> bytes:
    """The key's bit string without its count of unused bits (RFC 6960 §4.1.1)."""
    info = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return bytes(PublicKeyInfo.load(info)["public_key"].contents[1:])
