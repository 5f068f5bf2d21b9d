"""Ordering documents through the schema: who sells, what tax there is, an invoice, a statement, their files."""

from datetime import timedelta

import pytest

from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.schema.conftest import Client, api_of
from tests.world import Tenant, World

_BUYER = '{name: "Fleet GmbH", address: "Weg 2", city: "Hamburg", country: "DE", vatNumber: "DE987654321"}'
_DOCUMENT = """{ document { id number kind price { beforeTaxes { amountMinor } total { amountMinor currency } }
    buyer { name } pdf: url xml: url(format: XML) taxes { percent amount { amountMinor } } session { id } }
    errors { code message path } }"""


@pytest.fixture
async def house(database: TestDatabase):
    world = await furnished(database, ALPHA)
    tenant = world.tenants["ALPHA"]
    yield world, tenant, Client(api_of(world, cost_max=10**9, bucket_size=10**12))
    await world.desk.database.close()


async def test_a_tax_rate_an_exchange_rate_and_who_sells(house: tuple[World, Tenant, Client]) -> None:
    _, tenant, client = house
    made = await client.data(
        """mutation {
            tax: taxRateSet(country: "PT", region: "MADEIRA", percent: "21", validFrom: "2027-01-01", name: "IVA") {
                taxRate { region percent validFrom } errors { code } }
            wrong: taxRateSet(country: "Portugal", percent: "21", validFrom: "2027-01-01") { errors { code path } }
            money: exchangeRateSet(currency: "DKK", rate: "0.134", day: "2026-11-20") {
                exchangeRate { currency ownCurrency rate } errors { code } }
            own: exchangeRateSet(currency: "EUR", rate: "1", day: "2026-11-20") { errors { code path } }
            legal: operatorLegalSet(input: {name: "Volt GmbH", address: "Str. 1", city: "Berlin", country: "DE",
                vatNumber: "DE12"}) { legal { name } errors { code path } } }""",
        tenant.scope,
    )
    assert made["tax"] == {
        "taxRate": {"region": "MADEIRA", "percent": "21", "validFrom": "2027-01-01"}, "errors": []
    }  # fmt: skip
    assert made["wrong"]["errors"] == [{"code": "INVALID_INPUT", "path": ["country"]}]
    assert made["money"]["exchangeRate"] == {"currency": "DKK", "ownCurrency": "EUR", "rate": "0.134"}
    assert made["own"]["errors"] == [{"code": "INVALID_INPUT", "path": ["currency"]}]
    assert made["legal"]["errors"] == [{"code": "INVALID_INPUT", "path": ["input", "vatNumber"]}]
    found = await client.data("{ taxRates { region } exchangeRates { currency } operatorLegal { name } }", tenant.scope)
    assert "MADEIRA" in [rate["region"] for rate in found["taxRates"]]
    assert "DKK" in [rate["currency"] for rate in found["exchangeRates"]]
    assert found["operatorLegal"]["name"] == "Seller ALPHA"


async def test_an_invoice_and_a_statement(house: tuple[World, Tenant, Client]) -> None:
    world, tenant, client = house
    sessions = (await client.data("{ sessions { nodes { id cdr { id } } } }", tenant.scope))["sessions"]["nodes"]
    period = f'{{from: "{(world.clock() - timedelta(days=1)).isoformat()}", to: "{(world.clock() + timedelta(days=1)).isoformat()}"}}'  # fmt: skip
    made = await client.data(
        f"""mutation {{
            statement: statementCreate(period: {period}, buyer: {_BUYER}, options: {{idempotencyKey: "s"}}) {_DOCUMENT}
            open: statementCreate(period: {{from: "2026-01-01T00:00:00Z"}}, options: {{idempotencyKey: "o"}}) {_DOCUMENT}
            nobody: invoiceCreate(buyer: {_BUYER}, options: {{idempotencyKey: "n"}}) {_DOCUMENT}
            invoice: invoiceCreate(cdrIds: ["{sessions[0]["cdr"]["id"]}"], buyer: {_BUYER},
                options: {{idempotencyKey: "i"}}) {_DOCUMENT} }}""",
        tenant.scope,
    )
    statement = made["statement"]["document"]
    assert (statement["kind"], statement["price"]["total"]) == (
        "STATEMENT", {"amountMinor": 119 * len(sessions), "currency": "EUR"},
    )  # fmt: skip
    assert (statement["buyer"], statement["xml"]) == ({"name": "Fleet GmbH"}, None)
    assert "/files/documents/doc_" in statement["pdf"]
    assert made["open"]["errors"][0]["path"] == ["period"]
    assert made["nobody"]["errors"][0]["code"] == "INVALID_INPUT"
    invoice = made["invoice"]["document"]
    assert (invoice["kind"], invoice["session"]["id"]) == ("INVOICE", sessions[0]["id"])
    listed = await client.data(
        "{ documents(filter: {kinds: [INVOICE, STATEMENT]}) { nodes { number kind } totalCount } }", tenant.scope
    )
    assert {one["kind"] for one in listed["documents"]["nodes"]} == {"INVOICE", "STATEMENT"}
    found = await client.data("query($id: ID!) { node(id: $id) { id } }", tenant.scope, id=invoice["id"])
    assert found["node"]["id"] == invoice["id"]
