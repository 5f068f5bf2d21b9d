"""API tokens and members: found before any operator is set by exact secret or id, written under their operator."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Uuid, bindparam, func, insert, literal, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import ApiToken, Invitation, LivingPrincipal, Membership
from app.domain.filter import ApiTokenFilter, MemberFilter
from app.domain.operator import Member
from app.domain.page import Page, PageRequest
from app.domain.scope import (
    DRIVER_PERMISSIONS,
    GUEST_PERMISSIONS,
    ROLE_PERMISSIONS,
    CallerKind,
    Permission,
    Role,
    Scope,
    permissions_of,
)
from app.store.keyset import Order, read_page
from app.store.tables import api_token, member
from app.store.within import containing, one_of

_FIND_TOKEN = text("SELECT * FROM find_api_token(:digest)")
_FIND_MEMBERS = text("SELECT * FROM find_members(:email)")
_FIND_MEMBER = text("SELECT *, NULL::text AS password_hash FROM find_member(:id)")
_FIND_IN_SESSION = text("SELECT *, NULL::text AS password_hash FROM find_member_session(:id, :session)")
_FIND_INVITATION = text("SELECT * FROM find_invitation(:digest)")
_LIVING = text("SELECT * FROM living_principals(:ids)").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


_OF_OUTSIDERS = {CallerKind.DRIVER.value: DRIVER_PERMISSIONS, CallerKind.GUEST.value: GUEST_PERMISSIONS}


def _keys(values: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(values)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        row.key,
        row.id,
        row.operator_key,
        row.name,
        tuple(row.scopes),
        _keys(row.location_keys),
        row.expires_at,
        row.revoked_at,
    )


def _listed_token(row: Row[Any]) -> ApiToken:
    return replace(_token(row), created_by=row.created_by, created_at=row.created_at, version=row.version)


def _membership(row: Row[Any]) -> Membership:
    return Membership(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        operator_id=row.operator_id,
        password_hash=row.password_hash,
        role=Role(row.role),
        location_keys=_keys(row.location_keys),
        revoked_at=row.revoked_at,
        session_epoch=row.session_epoch,
    )


def _member(row: Row[Any]) -> Member:
    return Member(
        row.key,
        row.id,
        row.operator_key,
        row.email,
        Role(row.role),
        _keys(row.location_keys),
        row.revoked_at,
        row.version,
        row.created_at,
        row.password_hash is None,
    )


async def token_by_digest(connection: AsyncConnection, digest: bytes) -> ApiToken | None:
    row = (await connection.execute(_FIND_TOKEN, {"digest": digest})).one_or_none()
    return None if row is None else _token(row)


async def memberships(connection: AsyncConnection, email: str) -> list[Membership]:
    return [_membership(row) for row in await connection.execute(_FIND_MEMBERS, {"email": email})]


async def membership(connection: AsyncConnection, uuid: UUID) -> Membership | None:
    """Without its password hash."""
    row = (await connection.execute(_FIND_MEMBER, {"id": uuid})).one_or_none()
    return None if row is None else _membership(row)


async def membership_in_session(connection: AsyncConnection, uuid: UUID, session_id: UUID) -> Membership | None:
    """By a session of it that was not ended, without its password hash."""
    row = (await connection.execute(_FIND_IN_SESSION, {"id": uuid, "session": session_id})).one_or_none()
    return None if row is None else _membership(row)


async def invitation(connection: AsyncConnection, digest: bytes) -> Invitation | None:
    row = (await connection.execute(_FIND_INVITATION, {"digest": digest})).one_or_none()
    return None if row is None else Invitation(row.key, row.id, row.operator_key, row.expires_at)


def _permissions(row: Row[Any]) -> frozenset[Permission]:
    if row.role is None:
        return permissions_of(row.scopes)
    return _OF_OUTSIDERS.get(row.role) or ROLE_PERMISSIONS[Role(row.role)]


async def living(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, LivingPrincipal]:
    """Those of the sessions and API tokens that are not revoked: one statement for every open connection."""
    rows = await connection.execute(_LIVING, {"ids": list(ids)})
    return {
        row.id: LivingPrincipal(
            row.session_epoch,
            row.expires_at,
            None if row.location_keys is None else frozenset(row.location_keys),
            _permissions(row),
        )
        for row in rows
    }


async def add_token(connection: AsyncConnection, values: dict[str, Any]) -> ApiToken:
    rows = await connection.execute(insert(api_token).values(**values).returning(*api_token.c))
    return _token(rows.one())


async def add_member(connection: AsyncConnection, values: dict[str, Any]) -> Member:
    """Raises IntegrityError when the address already belongs to the operator."""
    rows = await connection.execute(insert(member).values(**values).returning(*member.c))
    return _member(rows.one())


async def set_password(connection: AsyncConnection, key: int, invitation_digest: bytes, password_hash: str) -> bool:
    """Redeems the invitation, which cannot be used again; False when it was used in the meantime."""
    redeemed = await connection.execute(
        update(member)
        .where(member.c.key == key, member.c.invitation_digest == invitation_digest)
        .values(
            password_hash=password_hash,
            invitation_digest=None,
            invitation_expires_at=None,
            version=member.c.version + 1,
        )
        .returning(member.c.key)
    )
    return redeemed.scalar_one_or_none() is not None


async def member_by_id(connection: AsyncConnection, uuid: UUID) -> Member | None:
    row = (await connection.execute(select(member).where(member.c.id == uuid))).one_or_none()
    return None if row is None else _member(row)


async def token_by_id(connection: AsyncConnection, uuid: UUID) -> ApiToken | None:
    row = (await connection.execute(select(api_token).where(api_token.c.id == uuid))).one_or_none()
    return None if row is None else _listed_token(row)


async def revoke_member(connection: AsyncConnection, key: int, at: datetime) -> None:
    """Ends every session of the member at once, too."""
    await connection.execute(
        update(member)
        .where(member.c.key == key)
        .values(
            revoked_at=func.coalesce(member.c.revoked_at, at),
            session_epoch=member.c.session_epoch + 1,
            version=member.c.version + 1,
        )
    )


async def revoke_token(connection: AsyncConnection, key: int, at: datetime) -> None:
    await connection.execute(
        update(api_token)
        .where(api_token.c.key == key)
        .values(revoked_at=func.coalesce(api_token.c.revoked_at, at), version=api_token.c.version + 1)
    )


def _reachable(scope: Scope, location_keys: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whoever may see some locations only learns of those who may see no others."""
    if scope.location_keys is None:
        return true()
    return location_keys.op("<@", is_comparison=True)(literal(sorted(scope.location_keys), location_keys.type))


def _ended(column: ColumnElement[Any], ended: bool | None) -> ColumnElement[bool]:
    if ended is None:
        return true()
    return column.is_not(None) if ended else column.is_(None)


async def members(
    connection: AsyncConnection, scope: Scope, filter: MemberFilter, request: PageRequest
) -> Page[Member]:
    """Oldest first."""
    statement = select(member).where(
        _reachable(scope, member.c.location_keys),
        one_of(member.c.id, filter.ids),
        one_of(member.c.role, filter.roles),
        _ended(member.c.revoked_at, filter.disabled),
        containing(member.c.email, filter.text),
    )
    return await read_page(connection, statement, Order(member.c.key, descending=False), request, _member)


async def tokens(
    connection: AsyncConnection, scope: Scope, filter: ApiTokenFilter, request: PageRequest
) -> Page[ApiToken]:
    """Newest first."""
    statement = select(api_token).where(
        _reachable(scope, api_token.c.location_keys),
        one_of(api_token.c.id, filter.ids),
        _ended(api_token.c.revoked_at, filter.revoked),
        containing(func.lower(api_token.c.name), filter.text),
    )
    return await read_page(connection, statement, Order(api_token.c.key), request, _listed_token)


async def change_member(
    connection: AsyncConnection, key: int, *, if_version: int, values: dict[str, Any]
) -> Member | None:
    """None when it is at another version."""
    rows = await connection.execute(
        update(member)
        .where(member.c.key == key, member.c.version == if_version)
        .values(version=member.c.version + 1, **values)
        .returning(*member.c)
    )
    row = rows.one_or_none()
    return None if row is None else _member(row)


async def rename_token(connection: AsyncConnection, key: int, *, if_version: int, name: str) -> ApiToken | None:
    """None when it is at another version."""
    rows = await connection.execute(
        update(api_token)
        .where(api_token.c.key == key, api_token.c.version == if_version)
        .values(name=name, version=api_token.c.version + 1)
        .returning(*api_token.c)
    )
    row = rows.one_or_none()
    return None if row is None else _listed_token(row)


async def end_sessions(connection: AsyncConnection, key: int) -> None:
    """Every session of a member, at once."""
    await connection.execute(
        update(member)
        .where(member.c.key == key)
        .values(session_epoch=member.c.session_epoch + 1, version=member.c.version + 1)
    )


async def other_owner(connection: AsyncConnection, key: int) -> bool:
    """Whether the whole operator has another owner with a password; their rows are held until the transaction ends."""
    rows = await connection.execute(
        select(member.c.key)
        .where(
            member.c.role == Role.OWNER,
            member.c.location_keys.is_(None),
            member.c.revoked_at.is_(None),
            member.c.password_hash.is_not(None),
        )
        .order_by(member.c.key)
        .with_for_update()
    )
    return any(found != key for found in rows.scalars())
