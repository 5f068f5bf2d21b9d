"""What a charger tried when it knocked, and what we said.

Every attempt is recorded with a hint for the installer, whoever the charger turns out to be.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.certificate import ClientCertificate
from app.domain.quirk import Quirk
from app.domain.station import OcppVersion


class AttemptResult(StrEnum):
    """How an attempt ended, each with what the installer should change."""

    ACCEPTED = "ACCEPTED"
    UNKNOWN_IDENTITY = "UNKNOWN_IDENTITY"
    NO_IDENTITY = "NO_IDENTITY"
    CREDENTIALS_MISSING = "CREDENTIALS_MISSING"
    CREDENTIALS_WRONG = "CREDENTIALS_WRONG"
    USERNAME_MISMATCH = "USERNAME_MISMATCH"
    NO_COMMON_SUBPROTOCOL = "NO_COMMON_SUBPROTOCOL"
    INSECURE_TRANSPORT = "INSECURE_TRANSPORT"
    CERTIFICATE_MISSING = "CERTIFICATE_MISSING"
    CERTIFICATE_WRONG = "CERTIFICATE_WRONG"
    PROFILE_TOO_LOW = "PROFILE_TOO_LOW"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    NOT_READY = "NOT_READY"


HINTS: dict[AttemptResult, str] = {
    AttemptResult.ACCEPTED: "Connected.",
    AttemptResult.UNKNOWN_IDENTITY: "No station has this identity. Register it, or correct it in the charger.",
    AttemptResult.NO_IDENTITY: "The URL ends without an identity. Append /<identity> to the URL in the charger.",
    AttemptResult.CREDENTIALS_MISSING: "The charger sent no password. Set the station's password in the charger "
    "(1.6: AuthorizationKey, 2.x: SecurityCtrlr.BasicAuthPassword).",
    AttemptResult.CREDENTIALS_WRONG: "The password does not match. Rotate the station's credentials and enter the new "
    "password in the charger.",
    AttemptResult.USERNAME_MISMATCH: "The Basic user name differs from the identity in the URL. Set both to the same.",
    AttemptResult.NO_COMMON_SUBPROTOCOL: "The charger offered no OCPP version we speak. Enable ocpp1.6, ocpp2.0.1 or "
    "ocpp2.1 (JSON over WebSocket) in the charger.",
    AttemptResult.INSECURE_TRANSPORT: "This station may only connect over TLS. Use a wss:// URL in the charger.",
    AttemptResult.CERTIFICATE_MISSING: "This station may only connect with a client certificate (security profile 3). "
    "Install one in the charger, or lower the station's security profile.",
    AttemptResult.CERTIFICATE_WRONG: "The client certificate is another's: its common name is neither the identity nor "
    "the serial number of this station, or its owner is none of the operator's certificateOrganizations, and nobody "
    "has said that it may use it (certificateTrust).",
    AttemptResult.PROFILE_TOO_LOW: "This station must connect with a higher security profile than it tried. Give it a "
    "password, or lower the station's security profile.",
    AttemptResult.TOO_MANY_ATTEMPTS: "Too many attempts in a short time. Correct the settings; the charger may try "
    "again in a minute.",
    AttemptResult.NOT_READY: "The database did not answer. Nothing to change in the charger: it may try again.",
}

# What an HTTP client hears. 404 and 401 by OCPP-J 1.6 §3.2 and security white paper A00.FR; 200 never occurs.
HTTP_STATUS: dict[AttemptResult, int] = {
    AttemptResult.UNKNOWN_IDENTITY: 404,
    AttemptResult.NO_IDENTITY: 404,
    AttemptResult.CREDENTIALS_MISSING: 401,
    AttemptResult.CREDENTIALS_WRONG: 401,
    AttemptResult.USERNAME_MISMATCH: 401,
    AttemptResult.INSECURE_TRANSPORT: 403,
    AttemptResult.CERTIFICATE_MISSING: 401,
    AttemptResult.CERTIFICATE_WRONG: 401,
    AttemptResult.PROFILE_TOO_LOW: 403,
    AttemptResult.TOO_MANY_ATTEMPTS: 429,
    AttemptResult.NOT_READY: 503,
}


@dataclass(frozen=True, slots=True)
class Handshake:
    """A WebSocket upgrade request, read but not yet judged.

    ``identity`` is the last non-empty path segment, percent-decoded ("" when there is none), ``other_identities`` the
    segments before it; ``password`` the bytes after the first colon of a Basic header, which need not be text.
    """

    at: datetime
    path: str
    identity: str
    remote_address: str
    offered_subprotocols: tuple[str, ...]
    username: str | None = None
    password: bytes | None = None
    secure: bool = False
    certificate: ClientCertificate | None = None
    other_identities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """The station may connect; ``subprotocol`` None means: finish the handshake, then close (OCPP-J 1.6 §3.3).

    ``negotiated`` is what the handshake answers, "" when the station offered nothing and may (it is taken for 1.6).
    ``serial_number`` is set where its client certificate is named after one: its boot must say the same (B01.FR.11).
    """

    station_key: int
    operator_key: int
    identity: str
    security_profile: int
    subprotocol: OcppVersion | None
    allowances: frozenset[Quirk] = frozenset()
    time_zone: str = "UTC"
    nothing_offered: bool = False
    serial_number: str | None = None

    @property
    def negotiated(self) -> str:
        return "" if self.nothing_offered or self.subprotocol is None else self.subprotocol.value


@dataclass(frozen=True, slots=True)
class Rejection:
    """The station may not connect; the gateway answers with `HTTP_STATUS` of ``result``."""

    result: AttemptResult
    retry_after_s: int | None = None


# Ours first: the newest version both sides speak, deterministically (a charger may offer several).
PREFERENCE = (OcppVersion.V21, OcppVersion.V201, OcppVersion.V16)


def choose_subprotocol(offered: tuple[str, ...]) -> OcppVersion | None:
    """The newest common version, whatever the order offered; None when there is none."""
    names = {name.strip().lower() for name in offered}
    return next((version for version in PREFERENCE if version.value in names), None)


def agreed_version(offered: tuple[str, ...], allowances: frozenset[Quirk]) -> OcppVersion | None:
    """As `choose_subprotocol`, with what the station is allowed: to offer nothing, or to mean 1.6 whenever it can."""
    if not offered and Quirk.NO_SUBPROTOCOL in allowances:
        return OcppVersion.V16
    if Quirk.SPEAKS_16 in allowances and choose_subprotocol(offered) is not None:
        names = {name.strip().lower() for name in offered}
        return OcppVersion.V16 if OcppVersion.V16.value in names else choose_subprotocol(offered)
    return choose_subprotocol(offered)


def spoken(agreed: OcppVersion, allowances: frozenset[Quirk]) -> OcppVersion:
    """The version its frames are read in."""
    return OcppVersion.V16 if Quirk.SPEAKS_16 in allowances else agreed


def password_forms(presented: bytes) -> tuple[bytes, ...]:
    """The passwords one presented password may mean, most literal first.

    A 1.6 AuthorizationKey is configured in hex: some chargers send the text, some the hex, some the raw bytes it
    spells (security white paper, A00.FR.205). Each form is compared with the one stored digest.
    """
    forms = [presented]
    try:
        decoded = bytes.fromhex(presented.decode("ascii"))
    except (UnicodeDecodeError, ValueError):
        decoded = b""
    if decoded and decoded != presented:
        forms.append(decoded)
    encoded = presented.hex().encode()
    forms += [encoded, encoded.upper()]
    if decoded:
        forms += [presented.lower(), presented.upper()]
    return tuple(dict.fromkeys(forms))
