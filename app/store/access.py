"""API tokens and members: found before any operator is set by exact secret or id, written under their operator."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import ApiToken, Invitation, LivingPrincipal, Membership
from app.domain.operator import Member
from app.domain.scope import Role
from app.store.tables import api_token, member

_FIND_TOKEN = text("SELECT * FROM find_api_token(:digest)")
_FIND_MEMBERS = text("SELECT * FROM find_members(:email)")
_FIND_MEMBER = text("SELECT *, NULL::text AS password_hash FROM find_member(:id)")
_FIND_INVITATION = text("SELECT * FROM find_invitation(:digest)")
_LIVING = text("SELECT * FROM living_principals(:ids)").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_OPERATORS = text("SELECT key FROM operators_of_member(:id)")


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


async def invitation(connection: AsyncConnection, digest: bytes) -> Invitation | None:
    row = (await connection.execute(_FIND_INVITATION, {"digest": digest})).one_or_none()
    return None if row is None else Invitation(row.key, row.id, row.operator_key, row.expires_at)


async def living(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, LivingPrincipal]:
    """Those of the principals that are not revoked: one statement for every open connection."""
    rows = await connection.execute(_LIVING, {"ids": list(ids)})
    return {
        row.id: LivingPrincipal(
            row.session_epoch, row.expires_at, None if row.location_keys is None else frozenset(row.location_keys)
        )
        for row in rows
    }


async def operators_of(connection: AsyncConnection, member_id: UUID) -> list[int]:
    """The operators that the same person belongs to."""
    return sorted((await connection.execute(_OPERATORS, {"id": member_id})).scalars())


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
    return None if row is None else _token(row)


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
