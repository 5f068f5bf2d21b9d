"""A reader is registered by the operator whose account owns it, as the provider says, and by nobody else."""

from dataclasses import replace

import pytest

from app.domain.card_reader import CardReader
from app.domain.refusal import ErrorCode, Refusal
from app.main.payments import Payments
from app.operations import card_readers, payment_accounts
from payments.double.http import Fault
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, BRAVO, furnished
from tests.payments.stored import StoredHouse
from tests.world import Tenant, made, options

ACCOUNTS = {"ALPHA": "acct_alpha", "BRAVO": "acct_bravo"}


@pytest.fixture
async def house(database: TestDatabase) -> StoredHouse:
    world = await furnished(database, ALPHA, BRAVO)
    return StoredHouse(world, world.tenants["ALPHA"])


async def add(house: StoredHouse, tenant: Tenant, reference: str, key: str = "k") -> CardReader | Refusal:
    desk = replace(house.desk, knows_reader=Payments(house.cashier).knows_reader)
    draft = card_readers.ReaderDraft(tenant.locations[0].uuid, reference, "Exit")
    return await card_readers.add(scope=tenant.scope, desk=desk, draft=draft, options=options(key))


async def own_account(house: StoredHouse, tenant: Tenant) -> None:
    draft = payment_accounts.PaymentAccountDraft(ACCOUNTS[tenant.mark])
    made(await payment_accounts.set_account(scope=tenant.scope, desk=house.desk, draft=draft))


async def test_only_who_owns_it_at_the_provider_registers_it(house: StoredHouse) -> None:
    alpha, bravo = house.world.tenants["ALPHA"], house.world.tenants["BRAVO"]
    book = house.double.book
    shared = book.register(book.account(None), "The installation's")["id"]
    made(await add(house, bravo, shared, "before"))
    for tenant in (alpha, bravo):
        await own_account(house, tenant)
    hers = book.register(book.account("acct_alpha"), "Hers")["id"]
    for stranger, reference in ((bravo, hers), (alpha, shared), (alpha, "tmr_nobodys")):
        refused = await add(house, stranger, reference, reference)
        assert isinstance(refused, Refusal)
        assert (refused.code, refused.path) == (ErrorCode.INVALID_INPUT, ("reference",))
    found = made(await add(house, alpha, hers))
    assert isinstance(found, CardReader)
    assert found.account == "acct_alpha"
    again = await add(house, alpha, hers, "again")
    assert isinstance(again, Refusal) and again.path == ("reference",), "it stands somewhere already"


async def test_a_name_is_one_reader_of_an_account_and_another_of_another(house: StoredHouse) -> None:
    """Two accounts of the provider may know one name: each names its own."""
    book = house.double.book
    for tenant in house.world.tenants.values():
        await own_account(house, tenant)
        account = book.account(ACCOUNTS[tenant.mark])
        account.objects["tmr_one"] = book.register(account, tenant.mark) | {"id": "tmr_one"}
    readers = [made(await add(house, tenant, "tmr_one")) for tenant in house.world.tenants.values()]
    assert [one.account for one in readers if isinstance(one, CardReader)] == ["acct_alpha", "acct_bravo"]


async def test_while_the_provider_is_away_nothing_is_registered(house: StoredHouse) -> None:
    alpha = house.world.tenants["ALPHA"]
    reader = house.double.book.register(house.double.book.account(None), "Exit")["id"]
    house.double.faults.append(Fault("readers", "away"))
    refused = await add(house, alpha, reader)
    assert isinstance(refused, Refusal) and "cannot be asked now" in refused.message
    made(await add(house, alpha, reader))
    silent = replace(house.world.desk, knows_reader=None)
    draft = card_readers.ReaderDraft(alpha.locations[0].uuid, reader, "Exit")
    none = await card_readers.add(scope=alpha.scope, desk=silent, draft=draft, options=options("none"))
    assert isinstance(none, Refusal) and none.code is ErrorCode.PAYMENTS_NOT_CONFIGURED
