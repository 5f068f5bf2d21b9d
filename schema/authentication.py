"""Who is this? API tokens by their digest, members by signed sessions; a bad credential is never a guest."""

from datetime import datetime, timedelta
from uuid import UUID

import jwt

from app.domain.access import Membership
from app.domain.scope import Scope
from app.queries import Database
from app.queries.access import by_api_token, by_member
from schema.errors import unauthenticated
from schema.settings import ApiSettings

_ALGORITHM = "HS256"
_ISSUER = "voltgraph"
_API_TOKEN = "vgt_"  # noqa: S105 - how one begins
_LONGEST = 4_096


def _signed(settings: ApiSettings, kind: str, member: Membership, at: datetime, life_s: int) -> str:
    claims = {
        "iss": _ISSUER,
        "use": kind,
        "sub": str(member.uuid),
        "epoch": member.session_epoch,
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(seconds=life_s)).timestamp()),
    }
    return jwt.encode(claims, settings.secret, algorithm=_ALGORITHM)


def session_tokens(settings: ApiSettings, member: Membership, at: datetime) -> tuple[str, str]:
    """An access token and a refresh token; both die with the member's session epoch."""
    return (
        _signed(settings, "access", member, at, settings.access_life_s),
        _signed(settings, "refresh", member, at, settings.refresh_life_s),
    )


async def scope_of_session(
    settings: ApiSettings, database: Database, token: str, at: datetime, *, kind: str
) -> Scope | None:
    """The rights of a member's session; None when the token is no such token, expired or ended."""
    try:
        claims = jwt.decode(
            token,
            settings.secret,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            # Time is judged below, by the clock that everything else here uses.
            options={"verify_exp": False, "verify_iat": False, "require": ["exp", "sub", "use", "epoch"]},
        )
        expires_at = datetime.fromtimestamp(int(claims["exp"]), tz=at.tzinfo)
        member_id, epoch = UUID(claims["sub"]), int(claims["epoch"])
    except (jwt.InvalidTokenError, ValueError, OverflowError):
        return None
    if claims["use"] != kind or expires_at <= at:
        return None
    return await by_member(database=database, member_id=member_id, session_epoch=epoch, expires_at=expires_at)


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
    else:
        scope = await scope_of_session(settings, database, credential, at, kind="access")
    if scope is None:
        raise unauthenticated("This token is not valid, or not any more. Sign in again.")
    return scope
