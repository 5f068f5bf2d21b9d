"""Letting people and programs in and out."""

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from app.domain.access import DriverIdentity, MemberSession, Membership, driver_scope, member_scope
from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Role
from app.operations import access, driver_sign_in, member_sessions, members, operators
from schema import ids
from schema.access import ApiToken, Member
from schema.authentication import claims_of, session_tokens
from schema.context import Context, Info
from schema.enums import PERMISSIONS
from schema.errors import user_error
from schema.field import mutation
from schema.mutations import IfVersion, OptionsArgument
from schema.operator import Operator, Viewer
from schema.payloads import (
    AccessPayload,
    ApiTokenPayload,
    MemberPayload,
    OperatorPayload,
    SignInPayload,
    SignOutPayload,
    outcome,
)

LocationIds = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="Only these locations; null is all of the operator's.")
]


def refresh_ends(context: Context) -> datetime:
    return context.house.desk.now() + timedelta(seconds=context.house.settings.refresh_life_s)


def opened(context: Context, member: Membership | DriverIdentity, session: MemberSession) -> SignInPayload:
    now, settings = context.house.desk.now(), context.house.settings
    access_token, refresh = session_tokens(settings, member, session, now)
    ends = now + timedelta(seconds=settings.access_life_s)
    # The rights that the new session has from now on, so that `viewer` below can be read in this very answer.
    if isinstance(member, DriverIdentity):
        context.caller = driver_scope(member, session_id=session.uuid, expires_at=ends)
    else:
        context.caller = member_scope(member, session_id=session.uuid, expires_at=ends)
    return SignInPayload(access_token=access_token, refresh_token=refresh, viewer=Viewer.of(context.caller))


async def _signed_in(context: Context, member: Membership | Refusal) -> SignInPayload:
    if isinstance(member, Refusal):
        return SignInPayload(errors=[user_error(member)])
    session = await member_sessions.begin(desk=context.house.desk, member=member, expires_at=refresh_ends(context))
    return opened(context, member, session)


# Guesses at one e-mail from everywhere: few enough that guessing takes ages, too many for one address to keep its owner
# out.
EMAIL_SHARE = 0.1


def slow_down(context: Context, who: str, price: float = 1) -> None:
    """Raises LIMIT_EXCEEDED: guesses cost the guesser a minute."""
    if context.house.sign_ins.take(who, price) < 0:
        message = "Too many attempts. Wait a minute."
        raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, retry_after_s=60))


@strawberry.type(description="Letting people and programs in and out.")
class AccessMutation:
    @mutation("Changes the operator; what is not named stays. Needs access:write.")
    async def operator_update(
        self,
        info: Info,
        if_version: IfVersion,
        name: Annotated[str | None, strawberry.argument(description="What drivers and partners read.")] = None,
        certificate_organizations: Annotated[
            list[str] | None,
            strawberry.argument(description="Who may own client certificates that name a station; none: anybody."),
        ] = None,
    ) -> OperatorPayload:
        context = info.context
        made = await outcome(
            lambda: operators.update(
                scope=context.scope,
                desk=context.house.desk,
                if_version=if_version,
                name=name,
                certificate_organizations=certificate_organizations,
            )
        )
        if isinstance(made, Refusal):
            return OperatorPayload(errors=[user_error(made)])
        return OperatorPayload(operator=Operator.of(made))

    @mutation("Opens a session with a password.")
    async def member_sign_in(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="Your address.")],
        password: Annotated[str, strawberry.argument(description="Your password.")],
        operator_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Where, if you belong to several operators.")
        ] = None,
    ) -> SignInPayload:
        context = info.context

        async def deed() -> Membership | Refusal:
            slow_down(context, f"address:{context.client}")
            slow_down(context, f"email:{email.strip().lower()[:254]}", EMAIL_SHARE)
            return await members.sign_in(
                desk=context.house.desk,
                email=email,
                password=password,
                operator_id=ids.read_optional(Prefix.OPERATOR, operator_id, "operatorId"),
            )

        return await _signed_in(context, await outcome(deed))

    @mutation("Opens a session with the secret of an invitation, and sets the password.")
    async def invitation_accept(
        self,
        info: Info,
        secret: Annotated[str, strawberry.argument(description="As memberInvite showed it.")],
        password: Annotated[str, strawberry.argument(description="10 to 200 characters.")],
    ) -> SignInPayload:
        context = info.context

        async def deed() -> Membership | Refusal:
            slow_down(context, f"address:{context.client}")
            return await members.accept_invitation(desk=context.house.desk, secret=secret, password=password)

        return await _signed_in(context, await outcome(deed))

    @mutation("Continues a session. A refresh token is good once: used again, it ends the whole session.")
    async def token_refresh(
        self,
        info: Info,
        refresh_token: Annotated[str, strawberry.argument(description="The newest one of the session.")],
    ) -> SignInPayload:
        context = info.context
        desk = context.house.desk

        async def deed() -> tuple[Membership | DriverIdentity, MemberSession] | Refusal:
            claims = claims_of(context.house.settings, refresh_token, desk.now(), kind="refresh")
            if claims is None:
                message = "This is no refresh token, or it has expired. Sign in again."
                return Refusal(ErrorCode.AUTHENTICATION_REQUIRED, message, ("refreshToken",))
            if claims.is_driver:
                return await driver_sign_in.refresh(
                    desk=desk,
                    driver_id=claims.principal,
                    session_id=claims.session_id,
                    session_epoch=claims.session_epoch,
                    turn=claims.turn,
                    expires_at=refresh_ends(context),
                )
            return await member_sessions.refresh(
                desk=desk,
                member_id=claims.principal,
                session_id=claims.session_id,
                session_epoch=claims.session_epoch,
                turn=claims.turn,
                expires_at=refresh_ends(context),
            )

        made = await outcome(deed)
        if isinstance(made, Refusal):
            return SignInPayload(errors=[user_error(made)])
        return opened(context, *made)

    @mutation("Ends your session, here or everywhere; its tokens open nothing and its connections close within 5 s.")
    async def sign_out(
        self,
        info: Info,
        everywhere: Annotated[
            bool, strawberry.argument(description="Every session of yours, on every device.")
        ] = False,
    ) -> SignOutPayload:
        context = info.context
        made = await outcome(
            lambda: member_sessions.end(scope=context.scope, desk=context.house.desk, everywhere=everywhere)
        )
        return SignOutPayload(errors=[user_error(made)] if isinstance(made, Refusal) else [])

    @mutation("Invites a person; the secret is shown once and good for 7 days. Needs access:write.")
    async def member_invite(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="Whom.")],
        role: Annotated[Role, strawberry.argument(description="As what; never more than you are.")],
        location_ids: LocationIds = None,
    ) -> AccessPayload:
        context = info.context
        made = await outcome(
            lambda: access.invite_member(
                scope=context.scope,
                desk=context.house.desk,
                email=email,
                role=role,
                location_ids=ids.read_all(Prefix.LOCATION, location_ids, "locationIds"),
            )
        )
        return AccessPayload.of(made)

    @mutation("Makes an API token; the secret is shown once. Needs access:write and every scope it grants.")
    async def api_token_create(
        self,
        info: Info,
        *,
        name: Annotated[str, strawberry.argument(description="What it is for.")],
        scopes: Annotated[list[str], strawberry.argument(description=f"Some of {PERMISSIONS}.")],
        expires_at: Annotated[datetime, strawberry.argument(description="When it ends.")],
        options: OptionsArgument,
        location_ids: LocationIds = None,
    ) -> AccessPayload:
        context = info.context
        made = await outcome(
            lambda: access.create_api_token(
                scope=context.scope,
                desk=context.house.desk,
                name=name,
                permissions=tuple(scopes),
                location_ids=ids.read_all(Prefix.LOCATION, location_ids, "locationIds"),
                expires_at=expires_at,
                options=options.value(),
            )
        )
        return AccessPayload.of(made)

    @mutation("Ends a member's or an API token's access; open connections close within 5 s. Needs access:write.")
    async def access_revoke(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The member or API token.")],
        options: OptionsArgument,
    ) -> AccessPayload:
        context = info.context
        made = await outcome(
            lambda: access.revoke(
                scope=context.scope, desk=context.house.desk, access_id=str(id), options=options.value()
            )
        )
        return AccessPayload.of(made)

    @mutation("Changes a member's role, locations or access; never more than you have. Needs access:write.")
    async def member_update(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which member.")],
        if_version: IfVersion,
        role: Annotated[Role | None, strawberry.argument(description="As what; null leaves it.")] = None,
        location_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only these locations; null is all of them; absent leaves it."),
        ] = strawberry.UNSET,
        disabled: Annotated[
            bool | None, strawberry.argument(description="Whether they are kept out; null leaves it.")
        ] = None,
    ) -> MemberPayload:
        context = info.context
        told = location_ids is not strawberry.UNSET
        made = await outcome(
            lambda: access.update_member(
                scope=context.scope,
                desk=context.house.desk,
                member_id=ids.read(Prefix.MEMBER, id, "id"),
                if_version=if_version,
                change=access.MemberChange(
                    role,
                    told,
                    ids.read_all(Prefix.LOCATION, location_ids, "locationIds") if told else None,
                    disabled,
                ),
            )
        )
        if isinstance(made, Refusal):
            return MemberPayload(errors=[user_error(made)])
        return MemberPayload(member=Member.of(made))

    @mutation("Calls an API token something else. Needs access:write.")
    async def api_token_rename(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which API token.")],
        if_version: IfVersion,
        name: Annotated[str, strawberry.argument(description="What it is for.")],
    ) -> ApiTokenPayload:
        context = info.context
        made = await outcome(
            lambda: access.rename_api_token(
                scope=context.scope,
                desk=context.house.desk,
                token_id=ids.read(Prefix.API_TOKEN, id, "id"),
                if_version=if_version,
                name=name,
            )
        )
        if isinstance(made, Refusal):
            return ApiTokenPayload(errors=[user_error(made)])
        return ApiTokenPayload(api_token=ApiToken.of(made))
