"""Sessions of people: opened by a sign-in, continued by a refresh token that is good once, ended by signing out."""

from datetime import datetime
from uuid import UUID

from app.domain.access import MemberSession, Membership, member_scope
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Scope
from app.feed import Change, Noun
from app.operations import driver_sign_in
from app.operations.desk import Desk, invalid, refusing
from app.store import access, audit, member_sessions


async def begin(*, desk: Desk, member: Membership, expires_at: datetime) -> MemberSession:
    """The session of a member who has just proved who they are."""
    async with desk.database.transaction(member.operator_key) as connection:
        return await member_sessions.add(
            connection,
            uuid=desk.new_uuid(),
            operator_key=member.operator_key,
            member_key=member.key,
            at=desk.now(),
            expires_at=expires_at,
        )


@refusing
async def refresh(
    *, desk: Desk, member_id: UUID, session_id: UUID, session_epoch: int, turn: int, expires_at: datetime
) -> tuple[Membership, MemberSession]:
    """The next turn of a session. A refresh token that was used before ends the session: one of its two holders
    stole it, and nobody knows which. Refuses AUTHENTICATION_REQUIRED."""
    ended = Refused(
        Refusal(ErrorCode.AUTHENTICATION_REQUIRED, "This session has ended. Sign in again.", ("refreshToken",))
    )
    async with desk.database.lookup() as connection:
        member = await access.membership_in_session(connection, member_id, session_id)
    if member is None or member.revoked_at is not None or member.session_epoch != session_epoch:
        raise ended
    async with desk.database.transaction(member.operator_key) as connection:
        session = await member_sessions.rotate(
            connection, uuid=session_id, member_key=member.key, turn=turn, expires_at=expires_at
        )
        if session is None and await member_sessions.end(connection, session_id, member.key, desk.now()):
            await audit.write(
                connection,
                member_scope(member, session_id=session_id, expires_at=None),
                action="member.session_revoked",
                subject_kind="member",
                subject_id=member.uuid,
                at=desk.now(),
                reason="A refresh token was used twice.",
            )
    if session is None:
        _tell(desk, member.operator_key, member.key)
        raise ended
    return member, session


@refusing
async def end(*, scope: Scope, desk: Desk, everywhere: bool) -> None:
    """Ends the caller's session, or all of the member's; open connections close. Refuses API tokens."""
    if scope.session_id is None:
        raise invalid("Only people sign out. An API token is ended by accessRevoke.")
    if scope.driver_key is not None:
        await driver_sign_in.end(scope=scope, desk=desk, everywhere=everywhere)
        return
    now = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        member = await access.member_by_id(connection, scope.principal)
        assert member is not None  # its session was good a moment ago, and members are never deleted
        await member_sessions.end(connection, scope.session_id, member.key, now)
        if everywhere:
            await access.end_sessions(connection, member.key)
        await audit.write(
            connection,
            scope,
            action="member.signed_out",
            subject_kind="member",
            subject_id=member.uuid,
            at=now,
            after={"everywhere": everywhere},
        )
    _tell(desk, scope.operator_key, member.key)


def _tell(desk: Desk, operator_key: int, member_key: int) -> None:
    desk.feed.publish([Change(Noun.ACCESS, operator_key, member_key)])
