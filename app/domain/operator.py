"""The tenant: an operator of charging stations, identified the way OCPI identifies a party."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.scope import Role


@dataclass(frozen=True, slots=True)
class Operator:
    key: int
    uuid: UUID
    name: str
    country_code: str
    party_id: str
    currency: str
    version: int
    certificate_organizations: tuple[str, ...] = ()  # whose client certificates are good by a station's name alone


@dataclass(frozen=True, slots=True)
class Member:
    """A person at an operator; ``location_keys`` None means all of them."""

    key: int
    uuid: UUID
    operator_key: int
    email: str
    role: Role
    location_keys: tuple[int, ...] | None
    revoked_at: datetime | None
    version: int
    created_at: datetime
    invited: bool = False  # has not set a password yet


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what; ``before`` and ``after`` are JSON text of the fields that changed."""

    key: int
    at: datetime
    actor: str
    action: str
    subject_kind: str | None
    subject_id: UUID | None
    before: str | None
    after: str | None
    reason: str | None
