"""Who is this? Scopes behind API tokens and memberships, and which open ones still hold."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.domain.access import ApiToken, LivingPrincipal, digest, driver_scope, guest_scope, member_scope
from app.domain.filter import ApiTokenFilter, MemberFilter
from app.domain.ids import Prefix, public_id
from app.domain.operator import Member
from app.domain.page import Page, PageRequest
from app.domain.scope import CallerKind, Permission, Scope, permissions_of
from app.queries import Database
from app.store import access, driver_sessions, guests, operators


async def by_api_token(*, database: Database, secret: str, at: datetime) -> Scope | None:
    """The rights of an API token; None when it is unknown, revoked or expired."""
    async with database.lookup() as connection:
        token = await access.token_by_digest(connection, digest(secret))
    if token is None or token.revoked_at is not None or token.expires_at <= at:
        return None
    async with database.snapshot(token.operator_key) as connection:
        operator = await operators.own(connection)
    return Scope(
        operator_key=token.operator_key,
        operator_id=operator.uuid,
        kind=CallerKind.API_TOKEN,
        caller=f"token:{public_id(Prefix.API_TOKEN, token.uuid)}",
        principal=token.uuid,
        permissions=permissions_of(token.scopes),
        location_keys=None if token.location_keys is None else frozenset(token.location_keys),
        expires_at=token.expires_at,
    )


async def by_guest_token(*, database: Database, secret: str, at: datetime) -> Scope | None:
    """The rights of somebody who paid without an account; None when the secret is unknown or over."""
    async with database.lookup() as connection:
        guest = await guests.by_digest(connection, digest(secret))
        if guest is not None:
            await guests.hear(connection, guest.uuid, at)
    if guest is None or (guest.expires_at is not None and guest.expires_at <= at):
        return None
    return guest_scope(guest)


async def by_member(
    *, database: Database, member_id: UUID, session_id: UUID, session_epoch: int, expires_at: datetime | None
) -> Scope | None:
    """The rights of a member's session; None when it was ended or the member revoked."""
    async with database.lookup() as connection:
        member = await access.membership_in_session(connection, member_id, session_id)
    if member is None or member.revoked_at is not None or member.session_epoch != session_epoch:
        return None
    return member_scope(member, session_id=session_id, expires_at=expires_at)


async def by_driver(
    *, database: Database, driver_id: UUID, session_id: UUID, session_epoch: int, expires_at: datetime | None
) -> Scope | None:
    """The rights of a driver's session; None when it was ended or the driver erased."""
    async with database.lookup() as connection:
        driver = await driver_sessions.identity(connection, driver_id, session_id)
    if driver is None or driver.session_epoch != session_epoch:
        return None
    return driver_scope(driver, session_id=session_id, expires_at=expires_at)


async def living(*, database: Database, proofs: Collection[UUID]) -> dict[UUID, LivingPrincipal]:
    """Those of the sessions and API tokens that are not revoked, in one statement."""
    async with database.lookup() as connection:
        return await access.living(connection, proofs)


def still_holds(scope: Scope, now: LivingPrincipal | None) -> bool:
    """Whether an open connection's rights are still what they were when it opened."""
    return (
        now is not None
        and now.location_keys == scope.location_keys
        and now.permissions == scope.permissions
        and now.session_epoch == (0 if scope.session_id is None else scope.session_epoch)
    )


async def members(*, scope: Scope, database: Database, filter: MemberFilter, page: PageRequest) -> Page[Member]:
    """Needs access:write. A caller with some locations reads of members who may see no others."""
    scope.require(Permission.ACCESS_WRITE)
    async with database.snapshot(scope.operator_key) as connection:
        return await access.members(connection, scope, filter, page)


async def api_tokens(*, scope: Scope, database: Database, filter: ApiTokenFilter, page: PageRequest) -> Page[ApiToken]:
    """Needs access:write, as `members`."""
    scope.require(Permission.ACCESS_WRITE)
    async with database.snapshot(scope.operator_key) as connection:
        return await access.tokens(connection, scope, filter, page)
