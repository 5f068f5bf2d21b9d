"""Reading a WebSocket upgrade request: who says they are knocking, and with which password."""

import base64
import binascii
import hashlib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from urllib.parse import unquote_to_bytes

from cryptography.x509 import load_der_x509_certificate
from cryptography.x509.oid import NameOID

from app.domain.certificate import ClientCertificate
from gateway.limits import IDENTITY_CANDIDATES, IDENTITY_LENGTH, PASSWORD_BYTES, PATH_LENGTH

_FORBIDDEN = frozenset({*(chr(code) for code in range(0x20)), "\x7f", ":", "\ufffd"})


def identity_of(path: str) -> str:
    """The last non-empty path segment, percent-decoded once; "" when there is none or it is no identity.

    OCPP-J 1.6 §3.1.1, 2.x Part 4 §3.1.1. Slashes too many, a trailing slash and a whole URL inside the path are noise
    seen in the field. 2.x identities have at most 48 characters and no ":" (it would break Basic's user name).
    """
    segments = [segment for segment in path.partition("?")[0].split("/") if segment]
    if not segments:
        return ""
    identity = unquote_to_bytes(segments[-1]).decode("utf-8", "replace").strip()
    if len(identity) > IDENTITY_LENGTH or not _FORBIDDEN.isdisjoint(identity):
        return ""
    return identity


def other_identities(path: str) -> tuple[str, ...]:
    """The parts of a path before the last one that could be an identity, the last first."""
    parts = [segment for segment in path.partition("?")[0].split("/") if segment][:-1]
    found = (identity_of(part) for part in reversed(parts[-IDENTITY_CANDIDATES:]))
    return tuple(one for one in found if one)


def shown_path(path: str) -> str:
    """The path as it may be recorded: bounded, without control characters and without a query (it may hold secrets)."""
    bare = path.partition("?")[0][:PATH_LENGTH]
    return "".join(character if character.isprintable() else "\ufffd" for character in bare)


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: bytes


def basic_credentials(headers: Iterable[str]) -> Credentials | None:
    """User name and password of the one Basic header (RFC 7617); None when it is absent, doubled or not readable.

    The password is what follows the first colon, as bytes: 1.6 chargers send raw key bytes that are no text.
    """
    values = list(headers)
    if len(values) != 1:
        return None
    scheme, _, encoded = values[0].strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip() + "=" * (-len(encoded.strip()) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    username, colon, password = decoded.partition(b":")
    if not colon or len(password) > PASSWORD_BYTES:
        return None
    return Credentials(username.decode("utf-8", "replace")[: 4 * IDENTITY_LENGTH].replace("\0", "\ufffd"), password)


def client_certificate(session: ssl.SSLObject | None) -> ClientCertificate | None:
    """What the peer showed in its TLS handshake, whose chain was verified there; None without one."""
    der = None if session is None else session.getpeercert(binary_form=True)
    if der is None:
        return None
    shown = load_der_x509_certificate(der)
    names = shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    owners = shown.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return ClientCertificate(
        common_name=str(names[0].value) if names else "",
        organizations=frozenset(str(owner.value) for owner in owners),
        fingerprint=hashlib.sha256(der).hexdigest(),
        not_after=shown.not_valid_after_utc,
    )


class TokenBucket:
    """So many at once, so many per second."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._level = burst
        self._at = monotonic()

    def take(self) -> bool:
        now = monotonic()
        self._level = min(self._burst, self._level + (now - self._at) * self._per_second)
        self._at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True
