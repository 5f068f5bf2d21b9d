"""Letting people and programs in and out, needs access:write. Nobody grants more than they have."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import ApiToken, digest
from app.domain.ids import MalformedId, Prefix, kind_of, parse_id, public_id
from app.domain.operator import Member
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import ROLE_PERMISSIONS, CallerKind, Permission, Role, Scope
from app.feed import Change, Noun
from app.operations import texts
from app.operations.changes import changed
from app.operations.desk import Desk, Options, conflict, invalid, not_found, once, refusing
from app.store import access, audit, locations

_INVITATION_LIFE = timedelta(days=7)
_TOKEN_LIFE_MAX = timedelta(days=3660)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Granted:
    """What was let in; ``secret`` is shown by the call that made it and never again."""

    id: str
    secret: str | None


def new_secret(prefix: str) -> str:
    """256 random bits in base 62."""
    value, digits = secrets.randbits(256), []
    for _ in range(43):
        value, digit = divmod(value, 62)
        digits.append(_ALPHABET[digit])
    return prefix + "".join(digits)


async def _location_keys(
    connection: AsyncConnection, scope: Scope, location_ids: tuple[UUID, ...] | None
) -> list[int] | None:
    """None (every location) stays None; a caller with some locations must name them."""
    if location_ids is None:
        if scope.location_keys is not None:
            raise Refused(Refusal(ErrorCode.FORBIDDEN, "Name locations: you cannot grant access to all of them."))
        return None
    found = await locations.by_ids(connection, scope, location_ids)
    for location_id in location_ids:
        if location_id not in found:
            raise not_found(Prefix.LOCATION, location_id, "locationIds")
    return sorted({place.key for place in found.values()})


def _check_grant(scope: Scope, wanted: frozenset[Permission]) -> None:
    scope.require(Permission.ACCESS_WRITE)
    missing = sorted(permission.value for permission in wanted - scope.permissions)
    if missing:
        raise Refused(Refusal(ErrorCode.FORBIDDEN, f"You cannot grant what you do not have: {', '.join(missing)}."))


@refusing
async def invite_member(
    *, scope: Scope, desk: Desk, email: str, role: Role, location_ids: tuple[UUID, ...] | None
) -> Granted:
    """A member without a password; the secret is good for 7 days and one use. Refuses ALREADY_REGISTERED."""
    _check_grant(scope, ROLE_PERMISSIONS[role])
    address = texts.form("email", email.strip().lower(), "email")
    secret, uuid, now = new_secret("vgi_"), desk.new_uuid(), desk.now()
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            keys = await _location_keys(connection, scope, location_ids)
            await access.add_member(
                connection,
                {
                    "id": uuid,
                    "operator_key": scope.operator_key,
                    "email": address,
                    "role": role.value,
                    "location_keys": keys,
                    "invitation_digest": digest(secret),
                    "invitation_expires_at": now + _INVITATION_LIFE,
                },
            )
            await audit.write(
                connection,
                scope,
                action="member.invited",
                subject_kind="member",
                subject_id=uuid,
                at=now,
                after={"email": address, "role": role.value, "location_ids": location_ids},
            )
    except IntegrityError as error:
        message = "This address is a member already."
        raise Refused(Refusal(ErrorCode.ALREADY_REGISTERED, message, ("email",))) from error
    return Granted(public_id(Prefix.MEMBER, uuid), secret)


@refusing
async def create_api_token(
    *,
    scope: Scope,
    desk: Desk,
    name: str,
    permissions: tuple[str, ...],
    location_ids: tuple[UUID, ...] | None,
    expires_at: datetime,
    options: Options,
) -> Granted:
    """Refuses INVALID_INPUT for unknown scopes; FORBIDDEN is raised for scopes the caller does not have."""
    try:
        wanted = frozenset(Permission(permission) for permission in permissions)
    except ValueError:
        raise invalid(f"Scopes are {', '.join(Permission)}.", "scopes") from None
    if not wanted:
        raise invalid("A token needs at least one scope.", "scopes")
    _check_grant(scope, wanted)
    now = desk.now()
    if not now < expires_at <= now + _TOKEN_LIFE_MAX:
        raise invalid("A token expires in the next ten years.", "expiresAt")
    label = texts.line(name, "name")
    secret, uuid = new_secret("vgt_"), desk.new_uuid()
    values = {"name": label, "scopes": sorted(wanted), "locations": location_ids, "expires_at": expires_at}
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="apiTokenCreate", values=values, subject_kind="token", subject_id=uuid
        )
        if earlier is not None:
            return Granted(public_id(Prefix.API_TOKEN, earlier), None)
        await access.add_token(
            connection,
            {
                "id": uuid,
                "operator_key": scope.operator_key,
                "name": label,
                "secret_digest": digest(secret),
                "scopes": sorted(permission.value for permission in wanted),
                "location_keys": await _location_keys(connection, scope, location_ids),
                "created_by": scope.caller,
                "expires_at": expires_at,
            },
        )
        await audit.write(
            connection,
            scope,
            action="api_token.created",
            subject_kind="api_token",
            subject_id=uuid,
            at=now,
            after=values,
            reason=options.reason,
        )
    return Granted(public_id(Prefix.API_TOKEN, uuid), secret)


@refusing
async def revoke(*, scope: Scope, desk: Desk, access_id: str, options: Options) -> Granted:
    """A member or an API token; open connections close within 5 s. Refuses NOT_FOUND."""
    scope.require(Permission.ACCESS_WRITE)
    try:
        kind = kind_of(access_id)
        uuid = parse_id(kind, access_id)
    except MalformedId as error:
        raise invalid(str(error), "id") from error
    async with desk.database.transaction(scope.operator_key) as connection:
        await once(
            connection,
            scope,
            options,
            mutation="accessRevoke",
            values={"id": access_id},
            subject_kind=kind.name.lower(),
            subject_id=uuid,
        )
        key = await _revoke(connection, scope, kind, uuid, desk.now())
        await audit.write(
            connection,
            scope,
            action=f"{kind.name.lower()}.revoked",
            subject_kind=kind.name.lower(),
            subject_id=uuid,
            at=desk.now(),
            reason=options.reason,
        )
    desk.feed.publish([Change(Noun.ACCESS, scope.operator_key, key)])
    return Granted(access_id, None)


async def _revoke(connection: AsyncConnection, scope: Scope, kind: Prefix, uuid: UUID, at: datetime) -> int:
    if kind is Prefix.MEMBER:
        member = await _reached_member(connection, scope, uuid)
        await _keep_an_owner(connection, member)
        await access.revoke_member(connection, member.key, at)
        return member.key
    if kind is Prefix.API_TOKEN:
        token = await _reached_token(connection, scope, uuid)
        await access.revoke_token(connection, token.key, at)
        return token.key
    raise not_found(kind, uuid, "id")


def _reaches(scope: Scope, location_keys: tuple[int, ...] | None) -> bool:
    """Whoever has some locations decides about those who may see no others; the rest does not exist for them."""
    return scope.location_keys is None or (location_keys is not None and scope.location_keys.issuperset(location_keys))


async def _reached_member(connection: AsyncConnection, scope: Scope, uuid: UUID) -> Member:
    found = await access.member_by_id(connection, uuid)
    if found is None or not _reaches(scope, found.location_keys):
        raise not_found(Prefix.MEMBER, uuid, "id")
    return found


async def _reached_token(connection: AsyncConnection, scope: Scope, uuid: UUID) -> ApiToken:
    found = await access.token_by_id(connection, uuid)
    if found is None or not _reaches(scope, found.location_keys):
        raise not_found(Prefix.API_TOKEN, uuid, "id")
    return found


async def _keep_an_owner(connection: AsyncConnection, member: Member) -> None:
    """Raises for the last owner: an operator that nobody may let people into is lost to its own people."""
    owns = member.role is Role.OWNER and member.location_keys is None and member.revoked_at is None
    if owns and not member.invited and not await access.other_owner(connection, member.key):
        raise invalid("This is the operator's last owner. Make somebody else one first.", "id")


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What a member is to be; None leaves it. ``location_ids`` counts when ``places`` says so: None is all."""

    role: Role | None = None
    places: bool = False
    location_ids: tuple[UUID, ...] | None = None
    disabled: bool | None = None


@refusing
async def update_member(*, scope: Scope, desk: Desk, member_id: UUID, if_version: int, change: MemberChange) -> Member:
    """Open connections with other rights close within 5 s. Refuses NOT_FOUND, VERSION_CONFLICT and the last owner."""
    scope.require(Permission.ACCESS_WRITE)
    now = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await _reached_member(connection, scope, member_id)
        role = change.role or found.role
        # Whoever is more than the caller is not the caller's to change, either.
        _check_grant(scope, ROLE_PERMISSIONS[role] | ROLE_PERMISSIONS[found.role])
        keys = None if found.location_keys is None else list(found.location_keys)
        if change.places:
            keys = await _location_keys(connection, scope, change.location_ids)
        disabled = found.revoked_at is not None if change.disabled is None else change.disabled
        if disabled or role is not Role.OWNER or keys is not None:
            await _keep_an_owner(connection, found)
        values = {
            "role": role.value,
            "location_keys": keys,
            "revoked_at": (found.revoked_at or now) if disabled else None,
        }
        made = await access.change_member(connection, found.key, if_version=if_version, values=values)
        if made is None:
            raise conflict(Prefix.MEMBER, member_id)
        if disabled and found.revoked_at is None:
            await access.end_sessions(connection, found.key)
            made = replace(made, version=made.version + 1)
        before, after = changed(await _shown(connection, found), await _shown(connection, made))
        await audit.write(
            connection,
            scope,
            action="member.updated",
            subject_kind="member",
            subject_id=member_id,
            at=now,
            before=before,
            after=after,
        )
    desk.feed.publish([Change(Noun.ACCESS, scope.operator_key, made.key)])
    return made


async def _shown(connection: AsyncConnection, member: Member) -> dict[str, object]:
    keys = member.location_keys
    places = None if keys is None else await locations.ids_of(connection, keys)
    return {
        "role": member.role.value,
        "location_ids": None if places is None else [public_id(Prefix.LOCATION, place) for place in places],
        "disabled": member.revoked_at is not None,
    }


@refusing
async def rename_api_token(*, scope: Scope, desk: Desk, token_id: UUID, if_version: int, name: str) -> ApiToken:
    """Refuses NOT_FOUND and VERSION_CONFLICT."""
    scope.require(Permission.ACCESS_WRITE)
    label = texts.line(name, "name")
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await _reached_token(connection, scope, token_id)
        made = await access.rename_token(connection, found.key, if_version=if_version, name=label)
        if made is None:
            raise conflict(Prefix.API_TOKEN, token_id)
        await audit.write(
            connection,
            scope,
            action="api_token.updated",
            subject_kind="api_token",
            subject_id=token_id,
            at=desk.now(),
            before={"name": found.name},
            after={"name": label},
        )
    return made


def system_scope(operator_key: int, operator_id: UUID) -> Scope:
    """The installation's owner at the command line: every right at one operator."""
    return Scope(
        operator_key=operator_key,
        operator_id=operator_id,
        kind=CallerKind.SYSTEM,
        caller="system:cli",
        principal=UUID(int=0),
        permissions=frozenset(Permission),
    )
