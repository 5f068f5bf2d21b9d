"""Tokens: what a driver presents, and what we say to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

# OCPP 2.1's type of a payment at a station's own terminal: the uid is the payment provider's reference.
PAID_AT_TERMINAL = "DirectPayment"


class TokenType(StrEnum):
    """OCPI TokenType, with the OCPP types that OCPI calls OTHER kept apart by `ocpp_type`."""

    RFID = "RFID"
    APP_USER = "APP_USER"
    AD_HOC_USER = "AD_HOC_USER"
    EMAID = "EMAID"
    OTHER = "OTHER"


class AuthorisationStatus(StrEnum):
    """OCPP 2.0.1 AuthorizationStatusEnumType; OCPP 1.6 knows the subset its translator maps to."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """What a reader read: the uid as the station wrote it, and OCPP 2.x's type (ISO14443 when 1.6 does not say)."""

    uid: str
    ocpp_type: str = "ISO14443"

    @property
    def normalised(self) -> str:
        return normalise_uid(self.uid)


def normalise_uid(uid: str) -> str:
    """Case and separators differ between readers and card printers; the stored form has neither."""
    return "".join(character for character in uid.upper() if character.isalnum() or character in "*-_|.@/")


@dataclass(frozen=True, slots=True)
class Token:
    """A token an operator knows. ``uid`` is stored normalised, as are ``aliases``: what other readers make of it."""

    key: int
    uuid: UUID
    operator_key: int
    uid: str
    type: TokenType
    ocpp_type: str
    visual_number: str | None
    contract_id: str | None
    group_id: str | None
    valid: bool
    blocked_reason: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    last_used_at: datetime | None
    version: int
    driver_key: int | None = None
    account_key: int | None = None
    aliases: tuple[str, ...] = ()
    allowed_energy_transfer: tuple[str, ...] = ()  # OCPP 2.1's words; none: nothing is said, which is charging alone

    @property
    def names(self) -> tuple[str, ...]:
        """Every uid under which a reader may present it."""
        return (self.uid, *self.aliases)


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Why a tap was accepted or refused."""

    at: datetime
    station_key: int
    token_key: int | None
    presented_uid: str
    decision: AuthorisationStatus
    rule: str
    source: str
    took_ms: int


def authorise(token: Token | None, *, at: datetime, busy: bool = False) -> tuple[AuthorisationStatus, str]:
    """The local rules, first match wins: the status a station hears and the rule's name.

    ``busy``: the token has a session elsewhere, which refuses a start from afar. A tap at the charger is not asked so:
    families and fleets share cards, and whoever stands there has the card.
    """
    if token is None:
        return AuthorisationStatus.UNKNOWN, "NO_SUCH_TOKEN"
    if not token.valid:
        return AuthorisationStatus.BLOCKED, "TOKEN_BLOCKED"
    if token.valid_from is not None and at < token.valid_from:
        return AuthorisationStatus.INVALID, "NOT_YET_VALID"
    if token.valid_until is not None and at >= token.valid_until:
        return AuthorisationStatus.EXPIRED, "TOKEN_EXPIRED"
    if busy:
        return AuthorisationStatus.CONCURRENT_TX, "ALREADY_CHARGING"
    return AuthorisationStatus.ACCEPTED, "KNOWN_AND_VALID"
