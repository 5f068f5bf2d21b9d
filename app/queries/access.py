"""Who is this? Scopes behind API tokens and memberships, and which open ones still hold."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.domain.access import LivingPrincipal, Membership, digest
from app.domain.ids import Prefix, public_id
from app.domain.scope import ROLE_PERMISSIONS, CallerKind, Permission, Scope
from app.queries import Database
from app.store import access, operators

_KNOWN = frozenset(permission.value for permission in Permission)


async def by_api_token(*, database: Database, secret: str, at: datetime) -> Scope | None:
    """The rights of an API token; None when it is unknown, revoked or expired."""
    async with database.lookup() as connection:
        token = await access.token_by_digest(connection, digest(secret))
    if token is None or token.revoked_at is not None or token.expires_at <= at:
        return None
    async with database.transaction(token.operator_key) as connection:
        operator = await operators.own(connection)
    return Scope(
        operator_key=token.operator_key,
        operator_id=operator.uuid,
        kind=CallerKind.API_TOKEN,
        caller=f"token:{public_id(Prefix.API_TOKEN, token.uuid)}",
        principal=token.uuid,
        permissions=frozenset(Permission(name) for name in token.scopes if name in _KNOWN),
        location_keys=None if token.location_keys is None else frozenset(token.location_keys),
        expires_at=token.expires_at,
    )


def member_scope(member: Membership, *, expires_at: datetime | None) -> Scope:
    """The rights that a membership gives."""
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
    )


async def by_member(
    *, database: Database, member_id: UUID, session_epoch: int, expires_at: datetime | None
) -> Scope | None:
    """The rights of a member's session; None when it was ended or the member revoked."""
    async with database.lookup() as connection:
        member = await access.membership(connection, member_id)
    if member is None or member.revoked_at is not None or member.session_epoch != session_epoch:
        return None
    return member_scope(member, expires_at=expires_at)


async def living(*, database: Database, principals: Collection[UUID]) -> dict[UUID, LivingPrincipal]:
    """Those of the principals that are not revoked, in one statement."""
    async with database.lookup() as connection:
        return await access.living(connection, principals)


def still_holds(scope: Scope, now: LivingPrincipal | None) -> bool:
    """Whether an open connection's rights are still what they were when it opened."""
    return (
        now is not None
        and now.location_keys == scope.location_keys
        and now.session_epoch == (scope.session_epoch if scope.kind is CallerKind.MEMBER else 0)
    )


async def membership(*, database: Database, member_id: UUID) -> Membership | None:
    """A membership by its id, as its own session proves it; None when it was revoked."""
    async with database.lookup() as connection:
        member = await access.membership(connection, member_id)
    return None if member is None or member.revoked_at is not None else member
