"""What drivers do with their own cards: claim one by the number printed on it, and block one that is lost."""

from uuid import UUID

from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Scope
from app.domain.token import Token
from app.operations import texts
from app.operations.desk import Desk, not_found, refusing
from app.operations.local_lists import token_changes
from app.store import audit, tokens

_OWN_MAX = 20  # cards of one driver


def require_driver(scope: Scope) -> int:
    """The driver's key. Raises FORBIDDEN for anybody else."""
    if scope.driver_key is None:
        raise Refused(Refusal(ErrorCode.FORBIDDEN, "Only a driver does this, for themselves. See driverSignIn."))
    return scope.driver_key


@refusing
async def claim(*, scope: Scope, desk: Desk, visual_number: str) -> Token:
    """A card that nobody has is the driver's from now on. Refuses NOT_FOUND, in the same words for a card that is
    somebody's, and LIMIT_EXCEEDED.
    """
    driver_key = require_driver(scope)
    number = texts.line(visual_number, "visualNumber", longest=64)
    async with desk.database.transaction(scope.operator_key) as connection:
        lists = await token_changes(connection, scope)
        mine = (await tokens.of_drivers(connection, scope, (driver_key,)))[driver_key]
        known = next((token for token in mine if token.visual_number == number), None)
        if known is not None:
            return known
        if len(mine) >= _OWN_MAX:
            message = f"You have {_OWN_MAX} cards already. Ask your operator to remove one."
            raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, ("visualNumber",)))
        made = await tokens.claim(connection, number, driver_key)
        if made is None:
            message = "There is no free card with this number. Check it, or ask your operator."
            raise Refused(Refusal(ErrorCode.NOT_FOUND, message, ("visualNumber",)))
        await audit.write(
            connection, scope, action="token.claimed", subject_kind="token", subject_id=made.uuid, at=desk.now()
        )
    desk.feed.publish(lists)
    return made


@refusing
async def block(*, scope: Scope, desk: Desk, token_id: UUID) -> Token:
    """From the commit on it is refused at every station that asks us; the operator lets it in again. NOT_FOUND."""
    require_driver(scope)
    async with desk.database.transaction(scope.operator_key) as connection:
        lists = await token_changes(connection, scope)
        found = (await tokens.by_ids(connection, (token_id,), scope=scope)).get(token_id)
        if found is None:
            raise not_found(Prefix.TOKEN, token_id, "id")
        made = found if not found.valid else await tokens.block(connection, found.key, "Blocked by its driver.")
        await audit.write(
            connection,
            scope,
            action="token.blocked",
            subject_kind="token",
            subject_id=token_id,
            at=desk.now(),
            before={"valid": found.valid},
            after={"valid": False},
        )
    desk.feed.publish(lists)
    return made
