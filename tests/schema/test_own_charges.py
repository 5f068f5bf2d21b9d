"""A signed-in driver charges for themselves: with what is theirs, at what is published, and never as another."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.domain.driver import Driver
from app.domain.ids import Prefix, public_id
from app.domain.scope import Scope
from tests import drivers
from tests.conftest import TestDatabase
from tests.schema.conftest import Client, api_of
from tests.world import Tenant, World, add_tenant, make_world

BACK = "https://app.example/back"
OPTIONS = 'options: {idempotencyKey: "k", waitSeconds: 0}'


class Garage:
    """Two drivers at an operator whose first location is published, and the second is not."""

    def __init__(self, world: World, tenant: Tenant, client: Client) -> None:
        self.world, self.tenant, self.client = world, tenant, client
        self.ada: tuple[Driver, Scope]
        self.ben: tuple[Driver, Scope]
        first, second = tenant.stations[0], tenant.stations[1]
        self.shown = public_id(Prefix.EVSE, first.evses[0].uuid)
        self.hidden = public_id(Prefix.EVSE, second.evses[0].uuid)
        world.ingest("UPDATE location SET published = true WHERE key = %s", first.location_key)
        for station in (first, second):
            world.connect(station.key)
        world.ingest("UPDATE station SET registration = 'ACCEPTED'")
        world.ingest("UPDATE session SET status = 'COMPLETED', ended_at = now() WHERE ended_at IS NULL")
        world.ingest("UPDATE hold SET status = 'RELEASED'")

    async def token(self, scope: Scope) -> str:
        found: str = (await self.client.data("{ tokens { nodes { id } } }", scope))["tokens"]["nodes"][0]["id"]
        return found

    async def quote(self, scope: Scope, evse: str, more: str = "") -> dict[str, Any]:
        text = f'{{ quote(evseId: "{evse}" {more}) {{ id holdAmount {{ amountMinor }} lines {{ dimension }} }} }}'
        return await self.client.ask(text, scope)

    async def do(self, scope: Scope, name: str, arguments: str, pick: str = "") -> dict[str, Any]:
        text = f"mutation {{ {name}({arguments}, {OPTIONS}) {{ {pick} errors {{ code path }} }} }}"
        found: dict[str, Any] = (await self.client.data(text, scope))[name]
        return found

    async def intent(self, scope: Scope, evse: str, more: str = "") -> dict[str, Any]:
        quote = (await self.quote(scope, evse))["data"]["quote"]["id"]
        arguments = f'evseId: "{evse}", quoteId: "{quote}", returnUrl: "{BACK}" {more}'
        return await self.do(scope, "chargeIntentCreate", arguments, "hold { id status } session { id }")


@pytest.fixture
async def garage(database: TestDatabase) -> AsyncIterator[Garage]:
    world = make_world(database)
    tenant = await add_tenant(world, "ALPHA", "ALP")
    made = Garage(world, tenant, Client(api_of(world, takes_payments=True)))
    made.ada, made.ben = await drivers.add(world, tenant, "ADALOVE"), await drivers.add(world, tenant, "BENJAMN")
    world.ingest("UPDATE session SET status = 'COMPLETED', ended_at = now() WHERE ended_at IS NULL")
    yield made
    await world.desk.database.close()


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["code"] for error in answer["errors"]]


async def test_a_price_for_the_driver_and_their_own_card_where_it_is_published(garage: Garage) -> None:
    ada, ben = garage.ada[1], garage.ben[1]
    assert (await garage.quote(ada, garage.shown))["data"]["quote"]["holdAmount"]["amountMinor"] == 2000
    own, other = await garage.token(ada), await garage.token(ben)
    assert "errors" not in await garage.quote(ada, garage.shown, f'tokenId: "{own}"')
    for evse, more in ((garage.hidden, ""), (garage.shown, f'tokenId: "{other}"')):
        refused = await garage.quote(ada, evse, more)
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["NOT_FOUND"]


async def test_voucher_codes_are_not_tried_one_by_one(garage: Garage) -> None:
    ada, ben = garage.ada[1], garage.ben[1]
    for number in range(100):
        answer = await garage.quote(ada, garage.shown, f'voucherCode: "GUESS-{number:03}"')
        code = answer["errors"][0]["extensions"]["code"]
        if code == "LIMIT_EXCEEDED":
            break
        assert code == "VOUCHER_UNKNOWN"
    assert (code, number < 30) == ("LIMIT_EXCEEDED", True)
    assert "errors" not in await garage.quote(ada, garage.shown), "a price without a code is told all the same"
    other = await garage.quote(ben, garage.shown, 'voucherCode: "GUESS-1"')
    assert other["errors"][0]["extensions"]["code"] == "VOUCHER_UNKNOWN"


async def test_an_intent_is_the_driver_s_own_and_starts_as_theirs(garage: Garage) -> None:
    ada, ben = garage.ada[1], garage.ben[1]
    made = await garage.intent(ada, garage.shown)
    assert (codes(made), made["session"]) == ([], None)
    [(key, driver, caller)] = garage.world.ingest(
        "SELECT key, driver_key, created_by FROM hold ORDER BY key DESC LIMIT 1"
    )
    assert (driver, caller) == (garage.ada[0].key, ada.caller)
    from app.store import holds

    async with garage.world.desk.database.transaction(ada.operator_key) as connection:
        assert list(await holds.by_keys(connection, ada, (int(str(key)),))) == [key]
        assert await holds.by_keys(connection, ben, (int(str(key)),)) == {}


async def test_a_card_of_somebody_else_is_charged_by_nobody(garage: Garage) -> None:
    [(uuid,)] = garage.world.ingest(
        "INSERT INTO payment_method (id, operator_key, driver_key, state, offered_until, customer, payment_method,"
        " created_at) SELECT gen_random_uuid(), operator_key, key, 'SAVED', now(), 'cus', 'pm', now() FROM driver"
        " WHERE key = %s RETURNING id", garage.ben[0].key,
    )  # fmt: skip
    card = public_id(Prefix.PAYMENT_METHOD, uuid)  # type: ignore[arg-type]
    more = f', way: SAVED_CARD, paymentMethodId: "{card}"'
    assert codes(await garage.intent(garage.ada[1], garage.shown, more)) == ["NOT_FOUND"]
    assert codes(await garage.intent(garage.ben[1], garage.shown, more)) == []


async def test_a_start_is_with_a_token_of_their_own_where_it_is_published(garage: Garage) -> None:
    ada, ben = garage.ada[1], garage.ben[1]
    own, other = await garage.token(ada), await garage.token(ben)
    for evse, token, code in (
        (garage.shown, other, "NOT_FOUND"), (garage.hidden, own, "NOT_FOUND"), (garage.shown, None, "INVALID_INPUT"),
    ):  # fmt: skip
        said = f'evseId: "{evse}"' + (f', tokenId: "{token}"' if token else "")
        text = f'mutation {{ sessionStart({said}, options: {{idempotencyKey: "{code}{token}", waitSeconds: 0}}) {{ errors {{ code }} }} }}'
        assert codes((await garage.client.data(text, ada))["sessionStart"]) == [code]
    made = await garage.do(ada, "sessionStart", f'evseId: "{garage.shown}", tokenId: "{own}"', "session { id origin }")
    assert (codes(made), made["session"]["origin"]) == ([], "APP")
    mine = (await garage.client.data("{ sessions { nodes { id } } }", ada))["sessions"]["nodes"]
    assert made["session"]["id"] in [one["id"] for one in mine]
    stop = f'sessionId: "{made["session"]["id"]}"'
    assert codes(await garage.do(replace(ben, caller="x"), "sessionStop", stop)) == ["NOT_FOUND"]
    garage.world.ingest(
        "UPDATE session SET status = 'ACTIVE', transaction_id = 'hers', started_at = now() WHERE status = 'PENDING'"
    )
    assert codes(await garage.do(replace(ada, caller="y"), "sessionStop", stop)) == []
