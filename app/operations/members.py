"""Members and their passwords: argon2 in a thread, the same time and the same words whatever was wrong."""

import asyncio
from functools import lru_cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError

from app.domain.access import Membership, digest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Role, Scope
from app.operations import texts
from app.operations.desk import Desk, invalid, refusing
from app.store import access, audit

_HASHER = PasswordHasher()  # argon2id, RFC 9106's second recommendation: 64 MiB, about 80 ms
_PASSWORD_MIN, _PASSWORD_MAX = 10, 200


@lru_cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def _check_password(password: str) -> None:
    if not _PASSWORD_MIN <= len(password) <= _PASSWORD_MAX:
        raise invalid(f"A password has {_PASSWORD_MIN} to {_PASSWORD_MAX} characters.", "password")


@refusing
async def sign_in(*, desk: Desk, email: str, password: str, operator_id: UUID | None) -> Membership:
    """The first membership that the password opens. Refuses AUTHENTICATION_REQUIRED."""
    async with desk.database.lookup() as connection:
        found = await access.memberships(connection, email.strip().lower()[:254])
    candidates = [one for one in found if operator_id in (None, one.operator_id) and one.revoked_at is None]
    hashes = [one.password_hash for one in candidates] or [None]
    for index, password_hash in enumerate(hashes):
        if await asyncio.to_thread(_matches, password_hash, password[:_PASSWORD_MAX]):
            return candidates[index]
    message = "The e-mail address or the password is wrong."
    raise Refused(Refusal(ErrorCode.AUTHENTICATION_REQUIRED, message, ("password",)))


@refusing
async def accept_invitation(*, desk: Desk, secret: str, password: str) -> Membership:
    """Sets the first password, once. Refuses AUTHENTICATION_REQUIRED for a secret that is unknown, used or expired."""
    _check_password(password)
    no = Refused(
        Refusal(ErrorCode.AUTHENTICATION_REQUIRED, "The invitation is not valid. Ask for a new one.", ("secret",))
    )
    async with desk.database.lookup() as connection:
        invitation = await access.invitation(connection, digest(secret))
    if invitation is None or invitation.expires_at is None or invitation.expires_at <= desk.now():
        raise no
    password_hash = await asyncio.to_thread(_HASHER.hash, password)
    async with desk.database.transaction(invitation.operator_key) as connection:
        if not await access.set_password(connection, invitation.key, digest(secret), password_hash):
            raise no
    async with desk.database.lookup() as connection:
        member = await access.membership(connection, invitation.uuid)
    if member is None:
        raise no
    return member


@refusing
async def add(
    *, scope: Scope, desk: Desk, email: str, password: str, role: Role, location_keys: tuple[int, ...] | None = None
) -> UUID:
    """A member with a password, for the command line and the demo. Refuses ALREADY_REGISTERED."""
    scope.require(Permission.ACCESS_WRITE)
    _check_password(password)
    address = texts.form("email", email.strip().lower(), "email")
    password_hash = await asyncio.to_thread(_HASHER.hash, password)
    uuid = desk.new_uuid()
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            await access.add_member(
                connection,
                {
                    "id": uuid,
                    "operator_key": scope.operator_key,
                    "email": address,
                    "password_hash": password_hash,
                    "role": role.value,
                    "location_keys": None if location_keys is None else list(location_keys),
                },
            )
            await audit.write(
                connection,
                scope,
                action="member.added",
                subject_kind="member",
                subject_id=uuid,
                at=desk.now(),
                after={"email": address, "role": role.value},
            )
    except IntegrityError as error:
        message = "This address is a member already."
        raise Refused(Refusal(ErrorCode.ALREADY_REGISTERED, message, ("email",))) from error
    return uuid
