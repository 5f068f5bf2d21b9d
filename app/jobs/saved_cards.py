"""The duty of a saved card: its page is asked for, looked at until the card is there, and forgotten when it is removed.

No transaction is open while the provider is asked; the key of a call is made of the card's own id, so that a crash
between the call and its record makes no second page.
"""

from datetime import datetime

import structlog

from app.domain.saved_card import LOOK_EVERY, CardDeed, SavedCard, forgotten, lapsed, offered, owed, read
from app.jobs.tools import NoCashier, NoDesk, Tools
from app.ports.cashier import Call, CardDraft, CardFacts, Cashier, Declined, KeyPoisoned
from app.store import saved_cards
from app.store.database import Database

log = structlog.get_logger(__name__)

_DEEDS_MAX = 4  # of one look


async def keep_card(operator_key: int, key: int, tools: Tools) -> datetime | None:
    """When to look again; None when nothing is owed."""
    if tools.cashier is None:
        raise NoCashier("this process has no payment provider")
    if tools.desk is None:
        raise NoDesk("this process keeps no cards")
    database = tools.desk.database
    for _ in range(_DEEDS_MAX):
        async with database.transaction(operator_key) as connection:
            card = await saved_cards.locked(connection, key)
        deed = owed(card)
        if deed is CardDeed.NOTHING:
            return None
        if deed is CardDeed.OFFER:
            await _offer(tools.cashier, database, card)
        elif deed is CardDeed.FORGET:
            if not await _forget(tools.cashier, database, card, tools.clock()):
                return tools.clock() + LOOK_EVERY
        elif not await _read(tools.cashier, database, card, tools.clock()):
            return tools.clock() + LOOK_EVERY
    return tools.clock() + LOOK_EVERY


async def _offer(cashier: Cashier, database: Database, card: SavedCard) -> None:
    assert card.return_url is not None  # gone only with the card
    made: CardFacts | None = None
    try:
        made = await cashier.save_card(
            Call(card.account, f"vg-card-{card.uuid}"), CardDraft(card.uuid, None, card.return_url, card.offered_until)
        )
    except (Declined, KeyPoisoned) as no:  # nothing is held: the driver simply asks again
        log.warning("card.not_offered", card=str(card.uuid), error=str(no)[:200])
    async with database.transaction(card.operator_key) as connection:
        now = await saved_cards.locked(connection, card.key)
        known = lapsed(now) if made is None else offered(now, reference=made.reference, url=made.url)
        await saved_cards.save(connection, known)


async def _read(cashier: Cashier, database: Database, card: SavedCard, at: datetime) -> bool:
    """Whether anything has changed."""
    assert card.reference is not None
    seen = await cashier.read_card(Call(card.account), card.reference)
    async with database.transaction(card.operator_key) as connection:
        now = await saved_cards.locked(connection, card.key)
        known = read(
            now, customer=seen.customer, payment_method=seen.payment_method, brand=seen.brand,
            last_four=seen.last_four, at=at,
        )  # fmt: skip
        if known == now:
            return False
        await saved_cards.save(connection, known)
    return True


async def _forget(cashier: Cashier, database: Database, card: SavedCard, at: datetime) -> bool:
    """False while its page is open: a card that is still given there must not stay at the provider unknown to us."""
    known = card.payment_method
    if known is None and card.reference is not None:
        known = (await cashier.read_card(Call(card.account), card.reference)).payment_method
    if known is None and card.reference is not None and at < card.offered_until:
        return False
    if known is not None:
        try:
            await cashier.forget_card(Call(card.account, f"vg-forget-{card.uuid}"), known)
        except Declined as refused:
            if refused.code != "resource_missing":  # that it knows no such card is what we want
                raise
    async with database.transaction(card.operator_key) as connection:
        await saved_cards.save(connection, forgotten(await saved_cards.locked(connection, card.key)))
    return True
