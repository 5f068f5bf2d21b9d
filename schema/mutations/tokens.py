"""Setting up tokens: made, described anew, blocked and let in again."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.token import Token as TokenValue
from app.operations import tokens
from schema import ids
from schema.context import Info
from schema.errors import user_error
from schema.field import mutation
from schema.inputs import TokenInput
from schema.mutations import IfVersion, OptionsArgument
from schema.payloads import TokenPayload, outcome
from schema.token import Token

TokenArgument = Annotated[TokenInput, strawberry.argument(description="What it is like.")]
TokenId = Annotated[strawberry.ID, strawberry.argument(description="Which token.")]
Reason = Annotated[str, strawberry.argument(description="Why, shown to support.")]


def _payload(made: TokenValue | Refusal) -> TokenPayload:
    if isinstance(made, Refusal):
        return TokenPayload(errors=[user_error(made)])
    return TokenPayload(token=Token.of(made))


@strawberry.type(description="Setting up tokens.")
class TokenMutation:
    @mutation("Makes a token. Needs tokens:write.")
    async def token_create(self, info: Info, input: TokenArgument) -> TokenPayload:
        context = info.context
        return _payload(
            await outcome(lambda: tokens.create(scope=context.scope, desk=context.house.desk, draft=input.value()))
        )

    @mutation("Replaces what is said about a token. Needs tokens:write.")
    async def token_update(self, info: Info, id: TokenId, if_version: IfVersion, input: TokenArgument) -> TokenPayload:
        context = info.context
        return _payload(
            await outcome(
                lambda: tokens.update(
                    scope=context.scope,
                    desk=context.house.desk,
                    token_id=ids.read(Prefix.TOKEN, id, "id"),
                    if_version=if_version,
                    draft=input.value(),
                )
            )
        )

    @mutation("Blocks a token: it is refused from now on. Needs tokens:write.")
    async def token_block(self, info: Info, id: TokenId, reason: Reason, options: OptionsArgument) -> TokenPayload:
        context = info.context
        return _payload(
            await outcome(
                lambda: tokens.block(
                    scope=context.scope,
                    desk=context.house.desk,
                    token_id=ids.read(Prefix.TOKEN, id, "id"),
                    reason=reason,
                    options=options.value(),
                )
            )
        )

    @mutation("Lets a blocked token in again. Needs tokens:write.")
    async def token_unblock(self, info: Info, id: TokenId, reason: Reason, options: OptionsArgument) -> TokenPayload:
        context = info.context
        return _payload(
            await outcome(
                lambda: tokens.unblock(
                    scope=context.scope,
                    desk=context.house.desk,
                    token_id=ids.read(Prefix.TOKEN, id, "id"),
                    reason=reason,
                    options=options.value(),
                )
            )
        )
