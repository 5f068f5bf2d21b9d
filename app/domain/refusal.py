"""Errors by whose fault they are.

* `Refusal`: an expected no. A value that travels to the caller with a code, never a page at night.
* `PeerError`: the other side broke its protocol. Counted, answered, not paged.
* `VendorUnavailable`: somebody else's service is away. Retried later.
* Anything else is our bug: masked at the door with a reference, and logged in full.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Every code a refusal may carry; clients branch on these, never on messages."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    STATION_OFFLINE = "STATION_OFFLINE"
    STATION_NOT_ACCEPTED = "STATION_NOT_ACCEPTED"
    NOT_SUPPORTED_BY_STATION = "NOT_SUPPORTED_BY_STATION"
    EVSE_BUSY = "EVSE_BUSY"
    EVSE_OUT_OF_SERVICE = "EVSE_OUT_OF_SERVICE"
    SESSION_NOT_ACTIVE = "SESSION_NOT_ACTIVE"
    SESSION_NOT_SETTLEABLE = "SESSION_NOT_SETTLEABLE"
    COMMAND_NOT_QUEUED = "COMMAND_NOT_QUEUED"
    TOKEN_REFUSED = "TOKEN_REFUSED"  # noqa: S105 - a code
    QUOTE_EXPIRED = "QUOTE_EXPIRED"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    TARIFF_PUBLISHED = "TARIFF_PUBLISHED"
    TARIFF_NEVER_MATCHES = "TARIFF_NEVER_MATCHES"
    AUTHENTICATION_REQUIRED = "AUTHENTICATION_REQUIRED"
    FORBIDDEN = "FORBIDDEN"
    ALREADY_REGISTERED = "ALREADY_REGISTERED"
    FILTER_TOO_BROAD = "FILTER_TOO_BROAD"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    PAYMENTS_NOT_CONFIGURED = "PAYMENTS_NOT_CONFIGURED"
    HOLD_ENDED = "HOLD_ENDED"
    HOLD_IN_USE = "HOLD_IN_USE"
    PRICE_DIFFERS = "PRICE_DIFFERS"
    HOLD_NOT_CAPTURED = "HOLD_NOT_CAPTURED"
    REFUND_EXCEEDS_CAPTURE = "REFUND_EXCEEDS_CAPTURE"
    PAYMENT_BLOCKED = "PAYMENT_BLOCKED"
    REFUND_WHILE_DISPUTED = "REFUND_WHILE_DISPUTED"
    DISPUTE_CLOSED = "DISPUTE_CLOSED"
    MESSAGES_NOT_CONFIGURED = "MESSAGES_NOT_CONFIGURED"
    ALREADY_BILLED = "ALREADY_BILLED"
    DOCUMENT_WAITS = "DOCUMENT_WAITS"
    VOUCHER_UNKNOWN = "VOUCHER_UNKNOWN"
    VOUCHER_USED_UP = "VOUCHER_USED_UP"
    VOUCHER_NOT_NOW = "VOUCHER_NOT_NOW"
    VOUCHER_NOT_HERE = "VOUCHER_NOT_HERE"


_RETRYABLE = frozenset({ErrorCode.STATION_OFFLINE, ErrorCode.EVSE_BUSY, ErrorCode.VERSION_CONFLICT})


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected no: what, where, and what to do about it (the message ends with that).

    ``subject`` is the public id of what it is about; ``path`` the input field, outermost first.
    """

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()
    subject: str | None = None
    retry_after_s: int | None = None

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without a change."""
        return self.code in _RETRYABLE


class Refused(Exception):
    """Carries a `Refusal` out of nested calls to the operation that returns it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.message}")
        self.refusal = refusal


class PeerError(Exception):
    """The other side broke its protocol."""


class VendorUnavailable(Exception):
    """A service we depend on is away; what is owed stays owed."""
