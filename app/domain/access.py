"""Who may come in: API tokens, memberships, and whether an open door's rights still hold."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.ids import Prefix, public_id
from app.domain.scope import (
    DRIVER_PERMISSIONS,
    GUEST_PERMISSIONS,
    ROLE_PERMISSIONS,
    VISITOR_PERMISSIONS,
    CallerKind,
    Permission,
    Role,
    Scope,
)


def digest(secret: str) -> bytes:
    """What is stored of a secret of 256 random bits: guessing is hopeless, so it needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def new_guest_token() -> str:
    """A new way to a hold, for whoever has no account; of 256 random bits."""
    return "vgg_" + secrets.token_urlsafe(32)


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
    created_by: str = ""
    created_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class MemberSession:
    """What one sign-in opened; ``turn`` counts its refresh tokens, of which only the newest is good."""

    uuid: UUID
    turn: int


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
class DriverIdentity:
    """A driver who proved their address, as found by id before any operator is set."""

    key: int
    uuid: UUID
    operator_key: int
    operator_id: UUID
    session_epoch: int


@dataclass(frozen=True, slots=True)
class GuestAccess:
    """A guest's way to one hold, as found by its token before any operator is set; no end while the session is open."""

    uuid: UUID
    operator_key: int
    operator_id: UUID
    hold_key: int
    session_key: int | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A membership that waits for its password."""

    key: int
    uuid: UUID
    operator_key: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class LivingPrincipal:
    """What proved who asks and is not revoked, with the rights it gives now; a token's ``session_epoch`` is 0."""

    session_epoch: int
    expires_at: datetime | None
    location_keys: frozenset[int] | None
    permissions: frozenset[Permission]


def member_scope(member: Membership, *, session_id: UUID, expires_at: datetime | None) -> Scope:
    """The rights that a membership gives in one of its sessions."""
    return Scope(
        operator_key=member.operator_key,
        operator_id=member.operator_id,
        kind=CallerKind.MEMBER,
        caller=f"member:{public_id(Prefix.MEMBER, member.uuid)}",
        principal=member.uuid,
        permissions=ROLE_PERMISSIONS[member.role],
        location_keys=None if member.location_keys is None else frozenset(member.location_keys),
        expires_at=expires_at,
        session_epoch=member.session_epoch,
        session_id=session_id,
    )


def driver_scope(driver: DriverIdentity, *, session_id: UUID, expires_at: datetime | None) -> Scope:
    """The rights of a driver in one of their sessions: to what is theirs, and to what is published."""
    return Scope(
        operator_key=driver.operator_key,
        operator_id=driver.operator_id,
        kind=CallerKind.DRIVER,
        caller=f"driver:{public_id(Prefix.DRIVER, driver.uuid)}",
        principal=driver.uuid,
        permissions=DRIVER_PERMISSIONS,
        expires_at=expires_at,
        session_epoch=driver.session_epoch,
        session_id=session_id,
        driver_key=driver.key,
    )


def guest_scope(guest: GuestAccess) -> Scope:
    """The rights of somebody who paid without an account: to that hold and its session."""
    return Scope(
        operator_key=guest.operator_key,
        operator_id=guest.operator_id,
        kind=CallerKind.GUEST,
        caller=f"guest:{guest.uuid}",
        principal=guest.uuid,
        permissions=GUEST_PERMISSIONS,
        expires_at=guest.expires_at,
        hold_key=guest.hold_key,
        session_key=guest.session_key,
    )


def visitor_scope(operator_key: int, operator_id: UUID, *, caller: str = "visitor") -> Scope:
    """What an operation for somebody unknown runs under, at the operator of the EVSE that they stand at."""
    return Scope(
        operator_key=operator_key,
        operator_id=operator_id,
        kind=CallerKind.VISITOR,
        caller=caller,
        principal=operator_id,
        permissions=VISITOR_PERMISSIONS,
    )
