"""Who is this? API tokens by their digest, members by signed sessions; a bad credential is never a guest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from app.domain.access import DriverIdentity, MemberSession, Membership
from app.domain.scope import Scope
from app.queries import Database
from app.queries.access import by_api_token, by_driver, by_guest_token, by_member
from schema.errors import unauthenticated
from schema.settings import ApiSettings

_ALGORITHM = "HS256"
_ISSUER = "voltgraph"
_API_TOKEN = "vgt_"  # noqa: S105 - how one begins
_GUEST_TOKEN = "vgg_"  # noqa: S105 - how one begins
_LONGEST = 4_096
_DRIVER = "DRIVER"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a session's token says; only a refresh token has a ``turn`` of its own, an access token's is 0."""

    principal: UUID
    is_driver: bool
    session_id: UUID
    session_epoch: int
    turn: int
    expires_at: datetime


def _signed(
    settings: ApiSettings,
    kind: str,
    member: Membership | DriverIdentity,
    session: MemberSession,
    at: datetime,
    life_s: int,
) -> str:
    claims = {
        "iss": _ISSUER,
        "use": kind,
        "sub": str(member.uuid),
        "who": _DRIVER if isinstance(member, DriverIdentity) else "MEMBER",
        "sid": str(session.uuid),
        "turn": session.turn if kind == "refresh" else 0,
        "epoch": member.session_epoch,
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(seconds=life_s)).timestamp()),
    }
    return jwt.encode(claims, settings.secret, algorithm=_ALGORITHM)


def session_tokens(
    settings: ApiSettings, member: Membership | DriverIdentity, session: MemberSession, at: datetime
) -> tuple[str, str]:
    """An access token and a refresh token; both die with the session, and with the person's session epoch."""
    return (
        _signed(settings, "access", member, session, at, settings.access_life_s),
        _signed(settings, "refresh", member, session, at, settings.refresh_life_s),
    )


def claims_of(settings: ApiSettings, token: str, at: datetime, *, kind: str) -> Claims | None:
    """None when the token is none of ours, of another kind, or expired."""
    try:
        claims = jwt.decode(
            token,
            settings.secret,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            # Time is judged below, by the clock that everything else here uses.
            options={
                "verify_exp": False,
                "verify_iat": False,
                "require": ["exp", "sub", "sid", "turn", "use", "epoch"],
            },
        )
        found = Claims(
            UUID(claims["sub"]),
            claims.get("who") == _DRIVER,
            UUID(claims["sid"]),
            int(claims["epoch"]),
            int(claims["turn"]),
            datetime.fromtimestamp(int(claims["exp"]), tz=at.tzinfo),
        )
    except (jwt.InvalidTokenError, ValueError, OverflowError):
        return None
    return found if claims["use"] == kind and found.expires_at > at else None


async def scope_of_session(settings: ApiSettings, database: Database, token: str, at: datetime) -> Scope | None:
    """The rights of a member's or a driver's session; None when the token is no such token, expired or ended."""
    claims = claims_of(settings, token, at, kind="access")
    if claims is None:
        return None
    if claims.is_driver:
        return await by_driver(
            database=database,
            driver_id=claims.principal,
            session_id=claims.session_id,
            session_epoch=claims.session_epoch,
            expires_at=claims.expires_at,
        )
    return await by_member(
        database=database,
        member_id=claims.principal,
        session_id=claims.session_id,
        session_epoch=claims.session_epoch,
        expires_at=claims.expires_at,
    )


async def authenticate(settings: ApiSettings, database: Database, header: str | None, at: datetime) -> Scope | None:
    """The caller behind an Authorization header; None without one. Raises UNAUTHENTICATED for one that is not good."""
    if header is None or not header.strip():
        return None
    scheme, _, credential = header.strip().partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential or len(credential) > _LONGEST:
        raise unauthenticated()
    if credential.startswith(_API_TOKEN):
        scope = await by_api_token(database=database, secret=credential, at=at)
    elif credential.startswith(_GUEST_TOKEN):
        scope = await by_guest_token(database=database, secret=credential, at=at)
    else:
        scope = await scope_of_session(settings, database, credential, at)
    if scope is None:
        raise unauthenticated("This token is not valid, or not any more. Sign in again.")
    return scope
