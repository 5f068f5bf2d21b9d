"""What a station hears, before its dialect is known."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.station import Registration
from app.domain.token import AuthorisationStatus


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Nothing to say beyond "it is written down"."""


@dataclass(frozen=True, slots=True)
class ConnectedAnswer:
    """The epoch of this connection; larger than any before it at this station."""

    epoch: int


@dataclass(frozen=True, slots=True)
class BootAnswer:
    registration: Registration
    at: datetime
    interval_s: int


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer:
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """Authorize and the idTokenInfo of transaction messages."""

    status: AuthorisationStatus
    group_id: str | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransactionAnswer:
    """``transaction_id`` is what 1.6 StartTransaction waits for; ``token`` is None when none was presented.

    ``cost_minor`` is the running cost (final after the end) in ``currency``'s minor units, when a tariff applies.
    """

    transaction_id: str
    token: TokenAnswer | None = None
    cost_minor: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class DataTransferAnswer:
    """``status``: Accepted, Rejected, UnknownMessageId or UnknownVendorId."""

    status: str


@dataclass(frozen=True, slots=True)
class Proceed:
    """Send the command's frame now: it is journalled."""


@dataclass(frozen=True, slots=True)
class Withhold:
    """Do not send: the command was cancelled, expired or already sent."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer socket owns the station: answer nothing and close."""


Answer = (
    Acknowledged
    | ConnectedAnswer
    | BootAnswer
    | HeartbeatAnswer
    | TokenAnswer
    | TransactionAnswer
    | DataTransferAnswer
    | Proceed
    | Withhold
    | Superseded
)
