"""Who asks, for which operator, and how far they may see: the first argument of every operation and query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.refusal import ErrorCode, Refusal, Refused


class Permission(StrEnum):
    """What a scope may do. An API token lists its own; a member's follow from the role."""

    NETWORK_READ = "network:read"
    NETWORK_WRITE = "network:write"
    SESSIONS_READ = "sessions:read"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    TARIFFS_READ = "tariffs:read"
    TARIFFS_WRITE = "tariffs:write"
    COMMANDS_READ = "commands:read"
    COMMANDS_SEND = "commands:send"
    COMMANDS_RAW = "commands:raw"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    JOURNAL_READ = "journal:read"
    AUDIT_READ = "audit:read"
    ACCESS_WRITE = "access:write"
    DRIVERS_READ = "drivers:read"
    DRIVERS_WRITE = "drivers:write"


class Role(StrEnum):
    """What a member is to the operator."""

    OWNER = "OWNER"
    MANAGER = "MANAGER"
    SUPPORT = "SUPPORT"
    VIEWER = "VIEWER"


_READ = frozenset(
    {
        Permission.NETWORK_READ,
        Permission.SESSIONS_READ,
        Permission.TOKENS_READ,
        Permission.TARIFFS_READ,
        Permission.COMMANDS_READ,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: frozenset(Permission) - {Permission.ACCESS_WRITE, Permission.COMMANDS_RAW},
    Role.SUPPORT: _READ | {Permission.COMMANDS_SEND, Permission.JOURNAL_READ, Permission.DRIVERS_READ},
    Role.VIEWER: _READ - {Permission.TOKENS_READ},
}


# Of kinds of things; of each a driver sees their own, and of the network what is published (`app.store.within`).
DRIVER_PERMISSIONS: frozenset[Permission] = frozenset(
    {Permission.NETWORK_READ, Permission.SESSIONS_READ, Permission.TOKENS_READ, Permission.DRIVERS_READ}
)


# Somebody who paid without an account: of sessions and holds their own one, of the network what is published.
GUEST_PERMISSIONS: frozenset[Permission] = frozenset(
    {Permission.NETWORK_READ, Permission.SESSIONS_READ, Permission.PAYMENTS_READ}
)

# Somebody whom nobody knows: a price of what is published, and a hold on their own card.
VISITOR_PERMISSIONS: frozenset[Permission] = frozenset(
    {Permission.NETWORK_READ, Permission.TARIFFS_READ, Permission.PAYMENTS_WRITE}
)


def permissions_of(names: Iterable[str]) -> frozenset[Permission]:
    """Those that are known: a name from a later version gives nothing."""
    known = {permission.value: permission for permission in Permission}
    return frozenset(known[name] for name in names if name in known)


class CallerKind(StrEnum):
    MEMBER = "MEMBER"
    API_TOKEN = "API_TOKEN"  # noqa: S105 - a kind of caller
    SYSTEM = "SYSTEM"
    DRIVER = "DRIVER"
    GUEST = "GUEST"
    VISITOR = "VISITOR"


@dataclass(frozen=True, slots=True)
class Scope:
    """One caller's rights at one operator. ``location_keys`` None means all of the operator's locations.

    ``caller`` names the caller in audit rows and idempotency keys (``member:mem_…`` or ``token:apt_…``).
    """

    operator_key: int
    operator_id: UUID
    kind: CallerKind
    caller: str
    principal: UUID
    permissions: frozenset[Permission]
    location_keys: frozenset[int] | None = None
    expires_at: datetime | None = None
    session_epoch: int = 0
    session_id: UUID | None = None  # the sign-in behind it; None for programs
    driver_key: int | None = None  # a driver, who sees their own and nothing else
    hold_key: int | None = None  # a guest, who sees this hold and its session and nothing else
    session_key: int | None = None  # the guest's session, once there is one

    @property
    def proof(self) -> UUID:
        """What must not be revoked for these rights to hold: the session of a person, or the API token."""
        return self.session_id or self.principal

    @property
    def is_outside(self) -> bool:
        """Nobody of the operator's: what these see is asked for by name, and of the network only what is published."""
        return self.driver_key is not None or self.kind in (CallerKind.DRIVER, CallerKind.GUEST, CallerKind.VISITOR)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises `Refused` with FORBIDDEN, naming the permission that is missing."""
        if permission not in self.permissions:
            raise Refused(Refusal(ErrorCode.FORBIDDEN, f"This needs the permission {permission.value}."))

    @property
    def rights(
        self,
    ) -> tuple[int, tuple[int, ...] | None, frozenset[Permission], CallerKind | None, int | None, int | None]:
        """What decides what is seen: callers with equal rights may share one execution of a subscription."""
        locations = None if self.location_keys is None else tuple(sorted(self.location_keys))
        outside = self.kind if self.is_outside else None
        return (self.operator_key, locations, self.permissions, outside, self.driver_key, self.hold_key)
