"""A signed-in driver charges for themselves: asks the price, pays with their own card, starts and stops.

Everything is looked up with the driver's own rights first: published EVSEs, their own cards, tokens and sessions.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.hold import Hold
from app.domain.ids import Prefix
from app.domain.refusal import Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.session import SessionOrigin
from app.operations import holds, quotes, starts
from app.operations.commands import Sent
from app.operations.desk import Desk, Options, invalid, not_found, refusing
from app.operations.holds import IntentDraft
from app.operations.own_tokens import require_driver
from app.operations.quotes import Quoted, QuoteDraft
from app.operations.starts import StartDraft
from app.store import stations, tokens
from app.store.hold_shelf import payments_scope


def _with(scope: Scope, *more: Permission) -> Scope:
    """The driver with what one operation needs; what is seen is still decided by whose it is."""
    require_driver(scope)
    return replace(scope, permissions=scope.permissions | set(more))


async def _check_token(connection: AsyncConnection, scope: Scope, token_id: UUID) -> None:
    if token_id not in await tokens.by_ids(connection, (token_id,), scope=scope):
        raise not_found(Prefix.TOKEN, token_id, "tokenId")


async def quote(*, scope: Scope, desk: Desk, draft: QuoteDraft) -> Quoted:
    """A price for the driver, or for one of their cards. Raises `Refused` as `app.operations.quotes.make` does."""
    asking = _with(scope, Permission.TARIFFS_READ)
    if draft.token_id is not None:
        async with desk.database.transaction(scope.operator_key) as connection:
            await _check_token(connection, scope, draft.token_id)
    return await quotes.make(scope=asking, desk=desk, draft=draft)


async def create_intent(*, scope: Scope, desk: Desk, draft: IntentDraft, options: Options) -> Hold | Refusal:
    """A hold on the driver's own card, for a session of theirs. Refuses as `app.operations.holds.create_intent`."""
    return await holds.create_intent(
        scope=_with(scope, Permission.PAYMENTS_WRITE), desk=desk, draft=draft, options=options
    )


@refusing
async def start(*, scope: Scope, desk: Desk, draft: StartDraft, options: Options) -> Sent:
    """With a token of their own, paid as a tap of it would be. Refuses as `app.operations.starts.start`."""
    require_driver(scope)
    if draft.token_id is None:
        raise invalid("Name one of your own tokens. To pay with a card instead: chargeIntentCreate.", "tokenId")
    async with desk.database.transaction(scope.operator_key) as connection:
        if not await stations.having(connection, scope, evse_ids=(draft.evse_id,)):
            raise not_found(Prefix.EVSE, draft.evse_id, "evseId")
        await _check_token(connection, scope, draft.token_id)
    doer = replace(payments_scope(scope.operator_key, scope.operator_id), caller=scope.caller)
    sent = await starts.start(scope=doer, desk=desk, draft=replace(draft, origin=SessionOrigin.APP), options=options)
    if not isinstance(sent, Sent):
        raise Refused(sent)
    return sent
