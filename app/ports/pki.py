"""What the core asks of a public key infrastructure; the built-in one is `app.pki`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.certificate import OcspRequest, Revocation, SigningUse


class Unanswered(Exception):
    """Nobody could answer; the text says who was asked and what went wrong."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate made for a station: ``chain`` in PEM, its own first."""

    chain: str
    common_name: str
    serial_number: str
    fingerprint: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class OcspReply:
    """A responder's answer: its DER in base64, and what it says."""

    der: str
    revocation: Revocation
    next_update: datetime | None


@dataclass(frozen=True, slots=True)
class ListReply:
    """What a revocation list says of a certificate, and until when it counts."""

    revocation: Revocation
    next_update: datetime | None


@dataclass(frozen=True, slots=True)
class EvReply:
    """A provisioning service's answer for a car, in base64."""

    exi_response: str
    remaining_contracts: int | None = None


class Pki(Protocol):
    """Certificates for stations, and what others know of certificates. Every wait is bounded."""

    def complaint(self, csr: str) -> str | None:
        """Why a signing request cannot be signed by anybody; None when it can."""
        ...

    async def sign(self, csr: str, use: SigningUse, names: frozenset[str], *, at: datetime) -> Issued:
        """A certificate for one of ``names``. Raises `ValueError` for a refusal, `Unanswered` for later."""
        ...

    async def revocation(self, request: OcspRequest) -> OcspReply:
        """Raises `Unanswered`."""
        ...

    async def listed(self, request: OcspRequest) -> ListReply:
        """Whether the revocation list at the request's address names the certificate. Raises `Unanswered`."""
        ...

    async def ev_certificate(self, *, schema_version: str, action: str, exi_request: str) -> EvReply:
        """Raises `Unanswered`."""
        ...

    def examine_contract(self, chain: str, *, at: datetime) -> tuple[str, tuple[OcspRequest, ...]]:
        """AuthorizeCertificateStatusEnumType's word for a contract chain by itself, and whom to ask further."""
        ...
