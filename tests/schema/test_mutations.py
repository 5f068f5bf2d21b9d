"""Mutations as a client writes them: inputs arrive, payloads come back, refusals are data, permissions are not."""

from dataclasses import replace

from app.domain.scope import Permission
from tests.schema.conftest import Client
from tests.world import Tenant, World

LOCATION = {
    "name": "Depot",
    "address": "Dock 1",
    "city": "Kiel",
    "country": "DE",
    "latitude": 54.3,
    "longitude": 10.1,
    "timeZone": "Europe/Berlin",
}


async def test_setting_up_a_place_from_nothing_to_a_price(world: World, tenant: Tenant, client: Client) -> None:
    scope = tenant.scope
    made = await client.data(
        'mutation($input: LocationInput!) { locationCreate(input: $input, options: {idempotencyKey: "l"}) { location { id version } errors { code } } }',
        scope,
        input=LOCATION,
    )
    place = made["locationCreate"]["location"]
    station = {
        "identity": "DEPOT-1",
        "locationId": place["id"],
        "evses": [
            {
                "number": 1,
                "evseId": "DE*ALP*E9*1",
                "connectors": [
                    {
                        "number": 1,
                        "standard": "IEC_62196_T2",
                        "format": "SOCKET",
                        "powerType": "AC_3_PHASE",
                        "maxPowerW": 22000,
                        "maxVoltageV": 230,
                        "maxCurrentA": 32,
                    }
                ],
            }
        ],
    }
    made = await client.data(
        'mutation($input: StationInput!) { stationRegister(input: $input, options: {idempotencyKey: "s"}) { station { id version evses { id connectors { id maxPowerW } } } connectUrl password errors { code message path } } }',
        scope,
        input=station,
    )
    registered = made["stationRegister"]
    assert registered["errors"] == []
    assert registered["connectUrl"].endswith("/DEPOT-1")
    evse = registered["station"]["evses"][0]
    made = await client.data(
        'mutation($input: TariffInput!) { tariffCreate(input: $input, options: {idempotencyKey: "t"}) { tariff { id state } warnings errors { code } } }',
        scope,
        input={
            "code": "depot",
            "currency": "EUR",
            "taxIncluded": False,
            "elements": [
                {
                    "components": [
                        {"type": "ENERGY", "price": "0.40", "vatPercent": "25"},
                        {"type": "TIME", "price": "0.60"},
                    ]
                }
            ],
        },
    )
    assert made["tariffCreate"]["tariff"]["state"] == "DRAFT"
    assert made["tariffCreate"]["warnings"] != []
    await client.data(
        'mutation($id: ID!) { tariffPublish(id: $id, options: {idempotencyKey: "p"}) { tariff { state } errors { code } } }',
        scope,
        id=made["tariffCreate"]["tariff"]["id"],
    )
    made = await client.data(
        'mutation($evse: ID!) { tariffAssign(code: "depot", evseId: $evse) { tariff { code } errors { code message } } }',
        scope,
        evse=evse["id"],
    )
    assert made["tariffAssign"]["errors"] == []
    world.clock.advance(1)
    found = await client.data(
        'query($id: ID!) { node(id: $id) { ... on Evse { tariff { code display { unit price } deutsch: display(locale: "de-AT") { label unit } assignments { forOneEvse location { name } } } } } }',
        scope,
        id=evse["id"],
    )
    assert found["node"]["tariff"]["display"] == [{"unit": "kWh", "price": "0.5"}, {"unit": "min", "price": "0.01"}]
    assert [tuple(line.values()) for line in found["node"]["tariff"]["deutsch"]] == [
        ("Energie", "kWh"),
        ("Ladezeit", "min"),
    ]
    made = await client.data(
        "mutation($id: ID!, $v: Long!, $input: StationInput!) { stationUpdate(id: $id, ifVersion: $v, input: $input, lifecycle: MAINTENANCE) { station { lifecycle evses { status } } errors { code } } }",
        scope,
        id=registered["station"]["id"],
        v=registered["station"]["version"],
        input=station,
    )
    assert made["stationUpdate"]["station"]["evses"][0]["status"] == "INOPERATIVE"


async def test_refusals_are_data_with_their_subject(tenant: Tenant, client: Client) -> None:
    ids = (await client.data("{ stations { nodes { id evses { id } } } }", tenant.scope))["stations"]["nodes"][0]
    for field, code in (
        (f'sessionStart(evseId: "{ids["evses"][0]["id"]}", options: {{idempotencyKey: "1"}})', "STATION_OFFLINE"),
        (f'stationReset(stationId: "{ids["id"]}", options: {{idempotencyKey: "2", waitSeconds: 99}})', "INVALID_INPUT"),
        ('connectorUnlock(connectorId: "con_00000000000000000000000000", options: {idempotencyKey: "3"})', "NOT_FOUND"),
        ('commandCancel(id: "nonsense")', "INVALID_INPUT"),
    ):
        data = await client.data(
            f"mutation {{ done: {field} {{ command {{ id }} errors {{ __typename code path docsUrl retryable ... on Refusal {{ subjectId }} }} }} }}",
            tenant.scope,
        )
        assert data["done"]["command"] is None
        assert data["done"]["errors"][0]["code"] == code
        assert data["done"]["errors"][0]["__typename"] == ("InvalidInput" if code == "INVALID_INPUT" else "Refusal")


async def test_a_missing_permission_is_a_top_level_error(tenant: Tenant, client: Client) -> None:
    reader = replace(tenant.scope, permissions=frozenset({Permission.NETWORK_READ}))
    body = await client.ask(
        'mutation($input: LocationInput!) { locationCreate(input: $input, options: {idempotencyKey: "x"}) { location { id } } }',
        reader,
        input=LOCATION,
    )
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    body = await client.ask("{ tokens { nodes { id } } }", reader)
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_reader_without_token_rights_sees_no_uid(tenant: Tenant, client: Client) -> None:
    support = replace(tenant.scope, permissions=tenant.scope.permissions - {Permission.TOKENS_WRITE})
    station = (await client.data("{ stations { nodes { id } } }", tenant.scope))["stations"]["nodes"][0]["id"]
    data = await client.data(
        "query($s: ID!) { tokens { nodes { uid } } frames(filter: {stationId: $s}) { nodes { raw payload } } authorisations { nodes { presentedUid } } }",
        support,
        s=station,
    )
    assert tenant.token is not None
    assert tenant.token.uid not in str(data)
    assert "TAGALPHA" not in str(data)
    assert "UIDALPHA" not in str(data)
