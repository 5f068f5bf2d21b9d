"""Cards that drivers save for later: given on the provider's page with the bank's consent, never to us.

A driver does it for themselves; staff with drivers:write and payments:write for anybody.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.driver import Driver
from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.saved_card import OFFER_LIFE, CardState, SavedCard, removed
from app.domain.scope import Permission, Scope
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.operations.drivers import found_driver, require_whole_operator
from app.store import audit, holds, saved_cards

_CARDS_MAX = 10  # of one driver
_URL_MAX = 2_000


async def _about(connection: AsyncConnection, scope: Scope, driver_id: UUID | None) -> Driver:
    if scope.driver_key is not None:
        if driver_id not in (None, scope.principal):
            raise not_found(Prefix.DRIVER, driver_id or scope.principal, "driverId")
        return await found_driver(connection, scope, scope.principal, "driverId")
    scope.require(Permission.PAYMENTS_WRITE)
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    if driver_id is None:
        raise invalid("Say whose card it is.", "driverId")
    return await found_driver(connection, scope, driver_id, "driverId")


@refusing
async def save(*, scope: Scope, desk: Desk, driver_id: UUID | None, return_url: str, options: Options) -> SavedCard:
    """A card that is wanted; the page where it is given comes within seconds, the card once the driver gave it.

    Refuses NOT_FOUND, INVALID_INPUT, LIMIT_EXCEEDED and PAYMENTS_NOT_CONFIGURED.
    """
    if not desk.takes_payments:
        message = "No payment provider is configured. Set VOLTGRAPH_STRIPE_KEY and start again."
        raise Refused(Refusal(ErrorCode.PAYMENTS_NOT_CONFIGURED, message))
    if len(return_url) > _URL_MAX or not return_url.startswith(("https://", "http://")):
        raise invalid("returnUrl is an http(s) address of at most 2,000 characters.", "returnUrl")
    uuid, at = desk.new_uuid(), desk.now()
    values = {"driver": driver_id, "return": return_url}
    async with desk.database.transaction(scope.operator_key) as connection:
        driver = await _about(connection, scope, driver_id)
        earlier = await once(
            connection, scope, options, mutation="paymentMethodCreate", values=values, subject_kind="payment_method",
            subject_id=uuid,
        )  # fmt: skip
        if earlier is not None:
            return (await saved_cards.by_ids(connection, scope, (earlier,)))[earlier]
        if driver.erased_at is not None:
            raise invalid("This driver was erased.", "driverId")
        if await saved_cards.count(connection, driver.key) >= _CARDS_MAX:
            message = f"There are {_CARDS_MAX} cards already. Remove one first: paymentMethodRemove."
            raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, ("driverId",)))
        account = await holds.account(connection)
        wanted = SavedCard(
            0, uuid, scope.operator_key, driver.key, None if account is None else account.account, CardState.WANTED,
            at + OFFER_LIFE, at, return_url=return_url,
        )  # fmt: skip
        made = await saved_cards.add(connection, wanted)
        await _audit(connection, scope, desk, made, "payment_method.wanted")
    return made


async def _one(connection: AsyncConnection, scope: Scope, card_id: UUID) -> SavedCard:
    if scope.driver_key is None:
        scope.require(Permission.PAYMENTS_WRITE)
        require_whole_operator(scope, Permission.DRIVERS_WRITE)
    found = (await saved_cards.by_ids(connection, scope, (card_id,))).get(card_id)
    if found is None:
        raise not_found(Prefix.PAYMENT_METHOD, card_id, "id")
    return await saved_cards.locked(connection, found.key)


@refusing
async def remove(*, scope: Scope, desk: Desk, card_id: UUID) -> SavedCard:
    """It is charged no more from the commit on; the provider forgets it soon after. Refuses NOT_FOUND."""
    async with desk.database.transaction(scope.operator_key) as connection:
        card = await _one(connection, scope, card_id)
        if card.state in (CardState.REMOVED, CardState.FORGOTTEN):
            return card
        made = await _removed(connection, card, desk.now())
        await _audit(connection, scope, desk, made, "payment_method.removed")
    return made


async def _removed(connection: AsyncConnection, card: SavedCard, at: datetime) -> SavedCard:
    made = await saved_cards.save(connection, removed(card))
    await saved_cards.wake(connection, made, at=at)
    return made


async def remove_all(connection: AsyncConnection, driver_key: int, *, at: datetime) -> None:
    """A driver is forgotten, and their cards at the provider, too."""
    for card in await saved_cards.every(connection, driver_key):
        await _removed(connection, card, at)


@refusing
async def prefer(*, scope: Scope, desk: Desk, card_id: UUID) -> SavedCard:
    """The card that is charged unless another is named. Refuses NOT_FOUND and INVALID_INPUT."""
    async with desk.database.transaction(scope.operator_key) as connection:
        card = await _one(connection, scope, card_id)
        if not card.usable:
            raise invalid(f"The card is {card.state}. Only a saved one can be preferred.", "id")
        await saved_cards.prefer(connection, card)
        made = await saved_cards.save(connection, replace(card, preferred=True))
        await _audit(connection, scope, desk, made, "payment_method.preferred")
    return made


async def _audit(connection: AsyncConnection, scope: Scope, desk: Desk, card: SavedCard, action: str) -> None:
    await audit.write(
        connection, scope, action=action, subject_kind="payment_method", subject_id=card.uuid, at=desk.now()
    )
