"""What a station hears, before its dialect is known."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.certificate import ChainEntry
from app.domain.request.tariff import ChargerTariff
from app.domain.station import Registration
from app.domain.token import AuthorisationStatus
from app.domain.transaction_limit import TransactionLimit


@dataclass(frozen=True, slots=True)
class Answer:
    """What every answer is."""


@dataclass(frozen=True, slots=True)
class Acknowledged(Answer):
    """Nothing to say beyond "it is written down"."""


@dataclass(frozen=True, slots=True)
class ConnectedAnswer(Answer):
    """The epoch of this connection; larger than any before it at this station."""

    epoch: int


@dataclass(frozen=True, slots=True)
class BootAnswer(Answer):
    registration: Registration
    at: datetime
    interval_s: int


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer(Answer):
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenAnswer(Answer):
    """Authorize and the idTokenInfo of transaction messages.

    ``price`` is for the station's display (2.0.1 I01), ``tariff`` what it calculates with for this driver (2.1 I08),
    ``allowed_transfer`` how energy may flow, in 2.1's words (Q01); empty: not said.
    """

    status: AuthorisationStatus
    group_id: str | None = None
    valid_until: datetime | None = None
    price: str | None = None
    tariff: ChargerTariff | None = None
    allowed_transfer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateTokenAnswer(TokenAnswer):
    """An Authorize with a contract: ``certificate_status`` in AuthorizeCertificateStatusEnumType's words."""

    certificate_status: str | None = None


@dataclass(frozen=True, slots=True)
class Decided(Answer):
    """Yes or no; a no says why."""

    accepted: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EvCertificateAnswer(Answer):
    """What the provisioning service said for the car, in base64; None: nothing."""

    exi_response: str | None
    remaining_contracts: int | None = None


@dataclass(frozen=True, slots=True)
class RevocationAnswer(Answer):
    """The responder's own answer (DER in base64); None: it did not give one."""

    ocsp_result: str | None


@dataclass(frozen=True, slots=True)
class ChainRevocationAnswer(Answer):
    """What was found of each certificate of a chain."""

    entries: tuple[ChainEntry, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class TransactionAnswer(Answer):
    """``transaction_id`` is what 1.6 StartTransaction waits for; ``token`` is None when none was presented.

    ``cost_minor`` is the running cost (final after the end) in ``currency``'s minor units, when a tariff applies.
    ``limit`` is what the station must hear of the transaction's limits now (2.1 E16).
    """

    transaction_id: str
    token: TokenAnswer | None = None
    cost_minor: int | None = None
    currency: str | None = None
    limit: TransactionLimit | None = None


@dataclass(frozen=True, slots=True)
class DataTransferAnswer(Answer):
    """``status``: Accepted, Rejected, UnknownMessageId or UnknownVendorId."""

    status: str


@dataclass(frozen=True, slots=True)
class Proceed(Answer):
    """Send the command's frame now: it is journalled."""


@dataclass(frozen=True, slots=True)
class Withhold(Answer):
    """Do not send: the command was cancelled, expired or already sent."""


@dataclass(frozen=True, slots=True)
class NotRegistered(Answer):
    """The station's boot is not accepted: it hears SecurityError."""


@dataclass(frozen=True, slots=True)
class Superseded(Answer):
    """A newer socket owns the station: answer nothing and close."""
