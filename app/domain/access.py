"""Who may come in: API tokens, memberships, and whether an open door's rights still hold."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.scope import Role


def digest(secret: str) -> bytes:
    """What is stored of a secret of 256 random bits: guessing is hopeless, so it needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token without its secret, of which only the SHA-256 is kept."""

    key: int
    uuid: UUID
    operator_key: int
    name: str
    scopes: tuple[str, ...]
    location_keys: tuple[int, ...] | None
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Membership:
    """One person's membership at one operator, as found by e-mail address or id, before any operator is set."""

    key: int
    uuid: UUID
    operator_key: int
    operator_id: UUID
    password_hash: str | None
    role: Role
    location_keys: tuple[int, ...] | None
    revoked_at: datetime | None
    session_epoch: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A membership that waits for its password."""

    key: int
    uuid: UUID
    operator_key: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class LivingPrincipal:
    """A principal that is not revoked, and what its rights rest on; a token's ``session_epoch`` is 0."""

    session_epoch: int
    expires_at: datetime | None
    location_keys: frozenset[int] | None
