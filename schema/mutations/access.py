"""Letting people and programs in and out."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain.access import Membership
from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Role
from app.operations import access, members, operators
from app.queries.access import member_scope, membership
from schema import ids
from schema.authentication import scope_of_session, session_tokens
from schema.context import Context, Info
from schema.enums import PERMISSIONS
from schema.errors import user_error
from schema.field import mutation
from schema.mutations import IfVersion, OptionsArgument
from schema.operator import Operator, Viewer
from schema.payloads import AccessPayload, OperatorPayload, SignInPayload, outcome

LocationIds = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="Only these locations; null is all of the operator's.")
]


def _signed_in(context: Context, member: Membership | Refusal) -> SignInPayload:
    if isinstance(member, Refusal):
        return SignInPayload(errors=[user_error(member)])
    now = context.house.desk.now()
    opened, refresh = session_tokens(context.house.settings, member, now)
    # The rights that the new session has from now on, so that `viewer` below can be read in this very answer.
    context.caller = member_scope(member, expires_at=None)
    return SignInPayload(access_token=opened, refresh_token=refresh, viewer=Viewer.of(context.caller))


def _slow_down(context: Context, who: str) -> None:
    """Raises LIMIT_EXCEEDED: guesses cost the guesser a minute."""
    if context.house.sign_ins.take(who, 1) < 0:
        message = "Too many attempts. Wait a minute."
        raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, retry_after_s=60))


@strawberry.type(description="Letting people and programs in and out.")
class AccessMutation:
    @mutation("Renames the operator. Needs access:write.")
    async def operator_update(
        self,
        info: Info,
        if_version: IfVersion,
        name: Annotated[str, strawberry.argument(description="What drivers and partners read.")],
    ) -> OperatorPayload:
        context = info.context
        made = await outcome(
            lambda: operators.rename(scope=context.scope, desk=context.house.desk, name=name, if_version=if_version)
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
            _slow_down(context, f"address:{context.client}")
            _slow_down(context, f"email:{email.strip().lower()[:254]}")
            return await members.sign_in(
                desk=context.house.desk,
                email=email,
                password=password,
                operator_id=ids.read_optional(Prefix.OPERATOR, operator_id, "operatorId"),
            )

        return _signed_in(context, await outcome(deed))

    @mutation("Opens a session with the secret of an invitation, and sets the password.")
    async def invitation_accept(
        self,
        info: Info,
        secret: Annotated[str, strawberry.argument(description="As memberInvite showed it.")],
        password: Annotated[str, strawberry.argument(description="10 to 200 characters.")],
    ) -> SignInPayload:
        context = info.context

        async def deed() -> Membership | Refusal:
            _slow_down(context, f"address:{context.client}")
            return await members.accept_invitation(desk=context.house.desk, secret=secret, password=password)

        return _signed_in(context, await outcome(deed))

    @mutation("Continues a session; refused once it was ended.")
    async def token_refresh(
        self,
        info: Info,
        refresh_token: Annotated[str, strawberry.argument(description="As the sign-in gave it.")],
    ) -> SignInPayload:
        context = info.context
        desk = context.house.desk

        async def deed() -> Membership | Refusal:
            scope = await scope_of_session(
                context.house.settings, desk.database, refresh_token, desk.now(), kind="refresh"
            )
            member = None if scope is None else await membership(database=desk.database, member_id=scope.principal)
            if member is None:
                message = "This session has ended. Sign in again."
                return Refusal(ErrorCode.AUTHENTICATION_REQUIRED, message, ("refreshToken",))
            return member

        return _signed_in(context, await outcome(deed))

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
