"""Asking an OCSP responder (RFC 6960) about one certificate."""

import asyncio
import base64
import ipaddress
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from asn1crypto import algos, core, ocsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.domain.certificate import CertificateHashData, OcspRequest, Revocation
from app.pki import asking
from app.ports.pki import OcspReply, Unanswered

_TIMEOUT_S = 5.0
_ANSWER_BYTES_MAX = 13_500  # 18,000 characters of base64 is what a station takes
_SIGNATURES: dict[str, HashAlgorithm] = {
    "sha256_rsa": SHA256(),
    "sha384_rsa": SHA384(),
    "sha512_rsa": SHA512(),
    "sha256_ecdsa": SHA256(),
    "sha384_ecdsa": SHA384(),
    "sha512_ecdsa": SHA512(),
}
_SAID = {"good": Revocation.GOOD, "revoked": Revocation.REVOKED, "unknown": Revocation.UNKNOWN}


@dataclass(frozen=True, slots=True)
class ResponderPolicy:
    """Whom to ask and whom to believe.

    A station names the responder, so addresses of our own network are refused unless their host is in
    ``private_hosts``. ``verify`` off believes unsigned answers: for laboratories only.
    """

    private_hosts: frozenset[str] = frozenset()
    verify: bool = True


async def ask_responder(
    client: httpx.AsyncClient, request: OcspRequest, issuers: tuple[x509.Certificate, ...], policy: ResponderPolicy
) -> OcspReply:
    """Raises `Unanswered`, which says why."""
    await asyncio.to_thread(check_address, request.responder_url, policy.private_hosts)
    asked = _certificate_id(request.hash_data)
    body = ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": asked}]}}).dump()
    answer = await asking.asked(
        client,
        request.responder_url,
        body,
        "application/ocsp-request",
        within_s=_TIMEOUT_S,
        bytes_max=_ANSWER_BYTES_MAX,
    )
    return _read(answer, asked, issuers, policy)


def check_address(url: str, private_hosts: frozenset[str]) -> None:
    """Raises `Unanswered` unless it is http(s) to a public address or to a host that the installation names."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unanswered(f"{url[:200]!r} is no http address")
    if parts.hostname in private_hosts:
        return
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(parts.hostname, parts.port or 80)}
    except OSError as error:
        raise Unanswered(f"{parts.hostname}: {error.strerror}") from error
    if not all(ipaddress.ip_address(str(address)).is_global for address in found):
        raise Unanswered(f"{parts.hostname} is inside our network; VOLTGRAPH_PKI_PRIVATE_HOSTS may allow it")


def octets(text: str) -> bytes:
    """A hash is hexadecimal; some stations write base64."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise Unanswered("the certificate's hashes are not readable") from error


def _certificate_id(name: CertificateHashData) -> ocsp.CertId:
    try:
        serial = int(name.serial_number, 16)
    except ValueError as error:
        raise Unanswered("the certificate's serial number is not hexadecimal") from error
    return ocsp.CertId(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": name.hash_algorithm.value.lower()}),
            "issuer_name_hash": core.OctetString(octets(name.issuer_name_hash)),
            "issuer_key_hash": core.OctetString(octets(name.issuer_key_hash)),
            "serial_number": serial,
        }
    )


def _read(der: bytes, asked: ocsp.CertId, issuers: tuple[x509.Certificate, ...], policy: ResponderPolicy) -> OcspReply:
    try:
        response = ocsp.OCSPResponse.load(der, strict=True)
        if response["response_status"].native != "successful":
            raise Unanswered(f"the responder says {response['response_status'].native}")
        basic = response.basic_ocsp_response
        single = basic["tbs_response_data"]["responses"][0]
        said = _SAID[single["cert_status"].name]
        next_update: datetime | None = single["next_update"].native
        matches = single["cert_id"].dump() == asked.dump()
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Unanswered("the responder's answer is not readable") from error
    if policy.verify:
        if not matches:
            raise Unanswered("the responder answered about another certificate")
        if next_update is not None and next_update < datetime.now(UTC):
            raise Unanswered("the responder's answer is out of date")
        if not any(_signed_by(basic, issuer) for issuer in (*_own_signers(basic, issuers), *issuers)):
            raise Unanswered("the responder's answer is not signed by anybody we trust")
    return OcspReply(base64.b64encode(der).decode(), said, next_update)


def _own_signers(basic: ocsp.BasicOCSPResponse, issuers: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    """Certificates in the answer that a trusted issuer made for its responder (RFC 6960 §4.2.2.2).

    Without that purpose any car's certificate could vouch for any other.
    """
    given = [x509.load_der_x509_certificate(entry.dump()) for entry in basic["certs"] or ()]
    return tuple(one for one in given if _vouches(one) and any(_issued(one, issuer) for issuer in issuers))


def _vouches(certificate: x509.Certificate) -> bool:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    now = datetime.now(UTC)
    valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _signed_by(basic: ocsp.BasicOCSPResponse, signer: x509.Certificate) -> bool:
    algorithm = _SIGNATURES.get(basic["signature_algorithm"].native["algorithm"])
    key, signature = signer.public_key(), basic["signature"].native
    signed = basic["tbs_response_data"].dump()
    try:
        if algorithm is not None and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif algorithm is not None and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
