"""Reading a certificate revocation list (RFC 5280 §5) for one certificate (2.1 M07)."""

import asyncio
import hashlib
from datetime import UTC, datetime

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.domain.certificate import CertificateHashData, OcspRequest, Revocation
from app.pki import asking
from app.pki.contract import key_bits
from app.pki.revocation import ResponderPolicy, check_address, octets
from app.ports.pki import ListReply, Unanswered

_TIMEOUT_S = 5.0
_BYTES_MAX = 1024 * 1024  # tens of thousands of revoked certificates


async def look_up(
    client: httpx.AsyncClient, request: OcspRequest, issuers: tuple[x509.Certificate, ...], policy: ResponderPolicy
) -> ListReply:
    """Raises `Unanswered` where there is no list, or none that the certificate's own issuer signed
    and that counts now.
    """
    await asyncio.to_thread(check_address, request.responder_url, policy.private_hosts)
    body = await asking.fetched(client, request.responder_url, within_s=_TIMEOUT_S, bytes_max=_BYTES_MAX)
    return await asyncio.to_thread(_read, body, request.hash_data, issuers, policy)


def _read(
    body: bytes, name: CertificateHashData, issuers: tuple[x509.Certificate, ...], policy: ResponderPolicy
) -> ListReply:
    try:
        pem = body.lstrip().startswith(b"-----BEGIN")
        found = x509.load_pem_x509_crl(body) if pem else x509.load_der_x509_crl(body)
        serial, next_update = int(name.serial_number, 16), found.next_update_utc
        entry = found.get_revoked_certificate_by_serial_number(serial)
    except ValueError as error:
        raise Unanswered("the revocation list is not readable") from error
    if policy.verify:
        if not any(_signed_by(found, issuer) for issuer in issuers if _is_issuer(issuer, name)):
            raise Unanswered("the revocation list is not signed by an issuer whom we trust")
        now = datetime.now(UTC)
        if found.last_update_utc > now or (next_update is not None and next_update < now):
            raise Unanswered("the revocation list is out of date")
    return ListReply(Revocation.GOOD if entry is None else Revocation.REVOKED, next_update)


def _is_issuer(issuer: x509.Certificate, name: CertificateHashData) -> bool:
    algorithm = name.hash_algorithm.value.lower()
    known = tuple(hashlib.new(algorithm, part).digest() for part in (issuer.subject.public_bytes(), key_bits(issuer)))
    return known == (octets(name.issuer_name_hash), octets(name.issuer_key_hash))


def _signed_by(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    return found.issuer == issuer.subject and found.is_signature_valid(key)
