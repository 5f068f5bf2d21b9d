"""Cards that drivers save: given on the provider's page, charged while nobody is there, and forgotten."""

from typing import Any

import pytest

from app.domain.hold import Hold, HoldStatus, PayWay
from app.domain.refusal import ErrorCode, Refusal
from app.domain.saved_card import CardState, SavedCard
from app.domain.scope import Scope
from app.feed import Feed
from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.operations import erasure, saved_cards
from app.store import saved_cards as rows
from payments.double.http import Fault
from tests import drivers
from tests.payments.stored import StoredHouse
from tests.schema.conftest import tenant, world
from tests.world import Tenant, World, made, options

__all__ = ["tenant", "world"]


class Wallet:
    """One driver's cards at an operator that takes payments."""

    def __init__(self, house: StoredHouse, scope: Scope) -> None:
        self.house, self.scope = house, scope

    async def wish(self, key: str = "card") -> SavedCard:
        found = made(
            await saved_cards.save(
                scope=self.scope, desk=self.house.desk, driver_id=None, return_url="https://app.example/cards",
                options=options(key),
            )
        )  # fmt: skip
        assert isinstance(found, SavedCard)
        return await self.work(found)

    async def work(self, card: SavedCard) -> SavedCard:
        """A worker takes the card's duty, whenever it would have been due."""
        [[key]] = self.house.world.ingest("SELECT key FROM duty WHERE payment_method_key = %s", card.key)
        tools = Tools(self.house.world.clock, None, self.house.cashier, self.house.desk)
        await do_duty(self.house.world.database.ingest_url, Feed(), int(str(key)), tools)
        return await self.now(card)

    async def now(self, card: SavedCard) -> SavedCard:
        async with self.house.desk.database.transaction(self.scope.operator_key) as connection:
            return (await rows.by_ids(connection, self.scope, (card.uuid,)))[card.uuid]

    def give(self, card: SavedCard, name: str = "pm_card_visa") -> None:
        """The driver gives it on the provider's page."""
        account = self.house.double.book.account(card.account)
        self.house.double.book.pay_page(account, account.objects[str(card.reference)], name)

    async def saved(self, name: str = "pm_card_visa") -> SavedCard:
        card = await self.wish(name)
        assert card.state is CardState.OFFERED
        assert card.url is not None
        self.give(card, name)
        return await self.work(card)

    async def charge(self, card: SavedCard) -> Hold | Refusal:
        return await self.house.ask(f"with {card.key}", way=PayWay.SAVED_CARD, payment_method_id=card.uuid)


@pytest.fixture
async def wallet(world: World, tenant: Tenant) -> Wallet:
    house = StoredHouse(world, tenant)
    _, scope = await drivers.add(world, tenant, "ADALOVE")
    return Wallet(house, scope)


async def test_a_card_is_saved_and_holds_while_nobody_is_there(wallet: Wallet) -> None:
    card = await wallet.saved()
    assert (card.state, card.brand, card.last_four, card.url) == (CardState.SAVED, "visa", "4242", None)
    hold = made(await wallet.charge(card))
    assert isinstance(hold, Hold)
    hold = await wallet.house.due(hold)
    assert (hold.status, hold.held_minor) == (HoldStatus.HELD, 2000)
    assert [sent.body.__class__.__name__ for sent in wallet.house.world.stations.sent] == ["StartTransaction"]


async def test_a_bank_that_wants_its_customer_starts_nothing(wallet: Wallet) -> None:
    card = await wallet.saved("pm_card_authenticationRequired")
    hold = made(await wallet.charge(card))
    assert isinstance(hold, Hold)
    hold = await wallet.house.due(hold)
    assert (hold.status, hold.failure) == (HoldStatus.FAILED, "authentication_required")
    assert wallet.house.world.stations.sent == []


async def test_nobody_gives_it_in_time(wallet: Wallet) -> None:
    card = await wallet.wish()
    assert (await wallet.work(card)).state is CardState.OFFERED
    wallet.house.world.clock.advance(3601)
    assert (await wallet.work(card)).state is CardState.LAPSED
    refused = await wallet.charge(card)
    assert isinstance(refused, Refusal)
    assert refused.path == ("paymentMethodId",)


@pytest.mark.parametrize("fault", ["lost", "error_after", "away"])
async def test_an_answer_that_is_lost_makes_no_second_page(wallet: Wallet, fault: str) -> None:
    wallet.house.double.faults.append(Fault("POST /v1/checkout/sessions", fault))
    card = await wallet.wish()
    for _ in range(3):
        wallet.house.world.clock.advance(120)
        card = await wallet.work(card)
    pages = list(wallet.house.double.book.account(card.account).of_kind("checkout.session"))
    # A failure that the provider keeps under the key is an end: the driver asks again, under another.
    assert card.state is (CardState.LAPSED if fault == "error_after" else CardState.OFFERED)
    assert len(pages) == 1


@pytest.mark.parametrize("given", [True, False])
async def test_a_card_that_is_taken_back_is_forgotten_at_the_provider(wallet: Wallet, given: bool) -> None:
    card = await wallet.saved() if given else await wallet.wish()
    account = wallet.house.double.book.account(card.account)
    if not given:
        wallet.give(card)  # in the last moment, before anybody looked
    removed = made(await saved_cards.remove(scope=wallet.scope, desk=wallet.house.desk, card_id=card.uuid))
    assert isinstance(removed, SavedCard)
    assert isinstance(await wallet.charge(card), Refusal)
    card = await wallet.work(removed)
    assert (card.state, card.customer, card.payment_method, card.last_four) == (CardState.FORGOTTEN, None, None, None)
    assert [method["customer"] for method in account.of_kind("payment_method")] == [None]


async def test_a_driver_who_is_forgotten_leaves_no_card_behind(wallet: Wallet) -> None:
    card = await wallet.saved()
    made(await erasure.erase(scope=wallet.scope, desk=wallet.house.desk, driver_id=None, options=options("gone")))
    card = await wallet.work(card)
    account = wallet.house.double.book.account(card.account)
    assert card.state is CardState.FORGOTTEN
    assert [method["customer"] for method in account.of_kind("payment_method")] == [None]


async def test_one_card_is_preferred_and_nobody_touches_another_s(wallet: Wallet) -> None:
    first, second = await wallet.saved(), await wallet.saved("pm_card_mastercard")
    desk = wallet.house.desk
    for card in (first, second):
        made(await saved_cards.prefer(scope=wallet.scope, desk=desk, card_id=card.uuid))
    assert [(await wallet.now(card)).preferred for card in (first, second)] == [False, True]
    _, stranger = await drivers.add(wallet.house.world, wallet.house.tenant, "BENJAMN")
    deeds: list[Any] = [
        await saved_cards.remove(scope=stranger, desk=desk, card_id=first.uuid),
        await saved_cards.prefer(scope=stranger, desk=desk, card_id=first.uuid),
    ]
    assert [deed.code for deed in deeds] == [ErrorCode.NOT_FOUND] * 2
    assert (await wallet.now(first)).state is CardState.SAVED


@pytest.mark.parametrize("given", [True, False])
async def test_a_page_that_is_open_when_its_card_is_taken_back_is_watched_to_its_end(
    wallet: Wallet, given: bool
) -> None:
    card = await wallet.wish()
    made(await saved_cards.remove(scope=wallet.scope, desk=wallet.house.desk, card_id=card.uuid))
    assert (await wallet.work(card)).state is CardState.REMOVED
    account = wallet.house.double.book.account(card.account)
    wallet.house.world.clock.advance(600)
    if given:
        wallet.give(card)
    else:
        wallet.house.world.clock.advance(3600)
    assert (await wallet.work(card)).state is CardState.FORGOTTEN
    assert [method["customer"] for method in account.of_kind("payment_method")] == ([None] if given else [])
