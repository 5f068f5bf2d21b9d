"""Drivers come in by a code, and look after their own cards."""

from typing import Annotated

import strawberry

from app.domain.access import DriverIdentity, MemberSession
from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.token import Token as TokenValue
from app.operations import driver_sign_in, own_tokens
from schema import ids
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations.access import EMAIL_SHARE, opened, refresh_ends, slow_down
from schema.payloads import SignInPayload, outcome
from schema.token import Token

_ERRORS = "Why it was not done; empty when it was."
Contact = Annotated[str, strawberry.argument(description="Your e-mail address.")]
OperatorId = Annotated[strawberry.ID, strawberry.argument(description="Whose driver you are, or become.")]


@strawberry.type(description="A code that was asked for; the answer says nothing about whose address it is.")
class CodePayload:
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A card of the driver's own.")
class OwnTokenPayload:
    token: Token | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)

    @classmethod
    def of(cls, made: TokenValue | Refusal) -> "OwnTokenPayload":
        return cls(errors=[user_error(made)]) if isinstance(made, Refusal) else cls(token=Token.of(made))


@strawberry.type(description="Drivers themselves.")
class DriverSignInMutation:
    @mutation("Sends a code of six digits, good for ten minutes. The same answer for every address.")
    async def driver_code_request(self, info: Info, contact: Contact, operator_id: OperatorId) -> CodePayload:
        context = info.context

        async def deed() -> Refusal | None:
            slow_down(context, f"address:{context.client}")
            slow_down(context, f"driver:{contact.strip().lower()[:254]}", EMAIL_SHARE)
            return await driver_sign_in.request_code(
                desk=context.house.desk,
                contact=contact,
                operator_id=ids.read(Prefix.OPERATOR, operator_id, "operatorId"),
            )

        made = await outcome(deed)
        return CodePayload(errors=[user_error(made)] if isinstance(made, Refusal) else [])

    @mutation("Opens a session with a code. An address that is new becomes a driver, where the operator lets it.")
    async def driver_sign_in(
        self,
        info: Info,
        contact: Contact,
        code: Annotated[str, strawberry.argument(description="The newest one that was sent; five tries.")],
        operator_id: OperatorId,
    ) -> SignInPayload:
        context = info.context

        async def deed() -> tuple[DriverIdentity, MemberSession] | Refusal:
            slow_down(context, f"address:{context.client}")
            slow_down(context, f"driver:{contact.strip().lower()[:254]}", EMAIL_SHARE)
            return await driver_sign_in.sign_in(
                desk=context.house.desk,
                secret=context.house.settings.secret,
                contact=contact,
                code=code,
                operator_id=ids.read(Prefix.OPERATOR, operator_id, "operatorId"),
                expires_at=refresh_ends(context),
            )

        made = await outcome(deed)
        if isinstance(made, Refusal):
            return SignInPayload(errors=[user_error(made)])
        return opened(context, *made)

    @mutation("Makes a card yours by the number printed on it; only one that is nobody's. Drivers only.")
    async def driver_token_claim(
        self, info: Info, visual_number: Annotated[str, strawberry.argument(description="What is printed on it.")]
    ) -> OwnTokenPayload:
        context = info.context

        async def deed() -> TokenValue | Refusal:
            slow_down(context, f"claims:{context.scope.caller}")
            return await own_tokens.claim(scope=context.scope, desk=context.house.desk, visual_number=visual_number)

        return OwnTokenPayload.of(await outcome(deed))

    @mutation("Blocks a lost card of yours: it is refused from now on. Drivers only.")
    async def driver_token_block(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which card.")]
    ) -> OwnTokenPayload:
        context = info.context
        return OwnTokenPayload.of(
            await outcome(
                lambda: own_tokens.block(
                    scope=context.scope, desk=context.house.desk, token_id=ids.read(Prefix.TOKEN, id, "id")
                )
            )
        )
