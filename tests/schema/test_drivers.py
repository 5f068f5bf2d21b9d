"""Drivers and accounts as an operator's people set them up, and as little of them as others are shown."""

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from app.domain.scope import ROLE_PERMISSIONS, Role, Scope
from tests.schema.conftest import Client
from tests.world import Tenant, World, narrowed

ERRORS = "errors { code path }"
BALANCE = "{ accounts { nodes { id version balance { amountMinor currency } entries { totalCount } } } }"


def acting(tenant: Tenant, role: Role) -> Scope:
    return replace(tenant.scope, permissions=ROLE_PERMISSIONS[role])


async def do(client: Client, scope: Scope, text: str) -> dict[str, Any]:
    (found,) = (await client.data(f"mutation {{ {text} }}", scope)).values()
    return dict(found)


async def account_of(client: Client, tenant: Tenant) -> dict[str, Any]:
    found: dict[str, Any] = (await client.data(BALANCE, tenant.scope))["accounts"]["nodes"][0]
    return found


async def test_an_address_belongs_to_one_driver_of_an_operator(client: Client, tenant: Tenant) -> None:
    text = """driverCreate(input: {name: "Ada", email: " Ada@Example.com ", phone: "+49 151 / 123-45678"},
        options: {idempotencyKey: "%s"}) { driver { id email phone locale } errors { code path } }"""
    made = await do(client, tenant.scope, text % "one")
    assert (made["driver"]["email"], made["driver"]["phone"]) == ("ada@example.com", "+4915112345678")
    assert await do(client, tenant.scope, text % "one") == made
    again = await do(client, tenant.scope, text % "two")
    assert again["errors"] == [{"code": "ALREADY_REGISTERED", "path": ["input"]}]
    found = await client.data('{ drivers(text: "ADA 678") { nodes { id } } }', tenant.scope)
    assert found["drivers"]["nodes"] == [{"id": made["driver"]["id"]}]


@pytest.mark.parametrize("said", ['email: "no address"', 'phone: "0151 123"', 'locale: "German"', 'name: ""'])
async def test_what_is_no_driver_is_refused(client: Client, tenant: Tenant, said: str) -> None:
    text = f'driverCreate(input: {{{said}}}, options: {{idempotencyKey: "k"}}) {{ {ERRORS} }}'
    assert [error["code"] for error in (await do(client, tenant.scope, text))["errors"]] == ["INVALID_INPUT"]


async def test_support_reads_masked_and_viewers_nothing(client: Client, tenant: Tenant) -> None:
    text = "{ drivers { nodes { name email } } sessions { nodes { driver { id } account { id } costCentre } } }"
    owner = await client.data(text, acting(tenant, Role.MANAGER))
    support = await client.data(text, acting(tenant, Role.SUPPORT))
    assert owner["drivers"]["nodes"] == [{"name": "Driver ALPHA", "email": "driver.alpha@example.com"}]
    assert support["drivers"]["nodes"] == [{"name": "Driver ALPHA", "email": "d…@example.com"}]
    refused = await do(
        client,
        acting(tenant, Role.MANAGER),
        f'driverCreate(input: {{}}, options: {{idempotencyKey: "k"}}) {{ {ERRORS} }}',
    )
    assert refused["errors"] == []
    for scope in (acting(tenant, Role.VIEWER), narrowed(tenant, tenant.locations[0])):
        answer = await client.ask("{ drivers { nodes { name } } }", scope)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        sessions = (await client.data("{ sessions { nodes { driver { id } account { id } costCentre } } }", scope))[
            "sessions"
        ]
        assert sessions["nodes"]
        assert {str(one) for one in sessions["nodes"]} == {"{'driver': None, 'account': None, 'costCentre': None}"}
    body = await client.ask(
        f'mutation {{ driverCreate(input: {{}}, options: {{idempotencyKey: "s"}}) {{ {ERRORS} }} }}',
        acting(tenant, Role.SUPPORT),
    )
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ('kind: COMPANY, vatNumber: "DE12"', "vatNumber"),
        ('kind: PRIVATE, vatNumber: "DE123456789"', "vatNumber"),
        ('kind: COMPANY, timeZone: "Mars"', "timeZone"),
        ('kind: COMPANY, addressLines: ["1", "2", "3", "4", "5", "6", "7"]', "addressLines"),
    ],
)
async def test_what_is_no_account_is_refused(client: Client, tenant: Tenant, said: str, path: str) -> None:
    text = f"""accountCreate(input: {{name: "A", country: "DE", currency: "EUR", {said}}},
        options: {{idempotencyKey: "k"}}) {{ {ERRORS} }}"""
    refused = await do(client, tenant.scope, text)
    assert refused["errors"] == [{"code": "INVALID_INPUT", "path": ["input", path]}]


async def test_a_balance_is_the_sum_of_its_entries(client: Client, tenant: Tenant, world: World) -> None:
    account = await account_of(client, tenant)
    text = """accountTopUp(accountId: "%s", amountMinor: %s, reason: "r", correction: %s,
        options: {idempotencyKey: "%s"}) { account { balance { amountMinor } } errors { code } }"""
    for amount, correction, key in ((2500, "false", "a"), (2500, "false", "a"), (-300, "true", "b")):
        paid = await do(client, tenant.scope, text % (account["id"], amount, correction, key))
        assert paid["errors"] == []
    assert paid["account"]["balance"]["amountMinor"] == 1000 + 2500 - 300
    refused = await do(client, tenant.scope, text % (account["id"], -1, "false", "c"))
    assert refused["errors"] == [{"code": "INVALID_INPUT"}]
    found = await account_of(client, tenant)
    assert (found["balance"], found["entries"]["totalCount"]) == ({"amountMinor": 3200, "currency": "EUR"}, 3)
    assert world.ingest(
        "SELECT a.key FROM account a WHERE a.balance_minor IS DISTINCT FROM "
        "(SELECT coalesce(sum(e.amount_minor), 0) FROM account_entry e WHERE e.account_key = a.key)"
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE account SET balance_minor = 0",
        "UPDATE account_entry SET amount_minor = 1",
        "DELETE FROM account_entry",
    ],
)
async def test_nobody_moves_a_balance_by_hand(tenant: Tenant, world: World, deed: str) -> None:
    for url in (world.database.app_url, world.database.ingest_url):
        with psycopg.connect(url) as connection:
            connection.execute("SELECT set_config('voltgraph.operator', %s, true)", (str(tenant.operator.key),))
            with pytest.raises(InsufficientPrivilege):
                connection.execute(deed)


async def test_who_leaves_an_account_charges_on_it_no_more(client: Client, tenant: Tenant) -> None:
    data = await client.data("{ accounts { nodes { id } } drivers { nodes { id tokens { id valid } } } }", tenant.scope)
    account, driver = data["accounts"]["nodes"][0]["id"], data["drivers"]["nodes"][0]
    assert [token["valid"] for token in driver["tokens"]] == [True]
    left = await do(
        client, tenant.scope, f'accountMemberRemove(accountId: "{account}", driverId: "{driver["id"]}") {{ {ERRORS} }}'
    )
    assert left["errors"] == []
    (token,) = (
        await client.data("{ tokens { nodes { id version valid account { id } driver { id } } } }", tenant.scope)
    )["tokens"]["nodes"]
    assert (token["valid"], token["account"], token["driver"]["id"]) == (False, None, driver["id"])
    text = f"""tokenUpdate(id: "{token["id"]}", ifVersion: {token["version"]}, input: {{uid: "AA11", type: RFID,
        driverId: "{driver["id"]}", accountId: "{account}"}}) {{ {ERRORS} }}"""
    refused = await do(client, tenant.scope, text)
    assert refused["errors"] == [{"code": "INVALID_INPUT", "path": ["input", "accountId"]}]
    back = await do(
        client, tenant.scope, f'accountMemberSet(accountId: "{account}", driverId: "{driver["id"]}") {{ {ERRORS} }}'
    )
    assert back["errors"] == []
    assert (await do(client, tenant.scope, text))["errors"] == []


async def test_a_limit_stands_once_and_can_be_taken_away(client: Client, tenant: Tenant) -> None:
    account = (await account_of(client, tenant))["id"]
    text = 'accountLimitSet(accountId: "%s", on: %s, per: DAY, most: %s) { account { limits { id on per most } } errors { code } }'
    await do(client, tenant.scope, text % (account, "SESSIONS", 3))
    changed = await do(client, tenant.scope, text % (account, "SESSIONS", 5))
    limits = {one["on"]: one for one in changed["account"]["limits"]}
    assert (len(changed["account"]["limits"]), limits["SESSIONS"]["most"]) == (2, 5)
    gone = await do(
        client,
        tenant.scope,
        f'accountLimitRemove(id: "{limits["SESSIONS"]["id"]}") {{ account {{ limits {{ on }} }} {ERRORS} }}',
    )
    assert gone["account"]["limits"] == [{"on": "ENERGY_WH"}]
    odd = await do(
        client,
        tenant.scope,
        f'accountLimitSet(accountId: "{account}", on: SESSIONS, per: SESSION, most: 1) {{ {ERRORS} }}',
    )
    assert odd["errors"] == [{"code": "INVALID_INPUT", "path": ["per"]}]
    below = f'accountLimitSet(accountId: "{account}", on: ENERGY_WH, per: DAY, most: -1) {{ {ERRORS} }}'
    assert (await do(client, tenant.scope, below))["errors"] == [{"code": "INVALID_INPUT", "path": ["most"]}]
