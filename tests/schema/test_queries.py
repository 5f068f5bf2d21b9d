"""Every list and every node, as an operator reads them."""

from app.domain.ids import Prefix, public_id
from schema.api import Api
from tests.schema.conftest import Client
from tests.world import Tenant, World, add_tenant


async def test_a_station_with_everything_on_it(world: World, tenant: Tenant, client: Client) -> None:
    world.connect(tenant.stations[0].key)
    data = await client.data(
        """{ stations(first: 1) { totalCount pageInfo { hasNextPage endCursor } nodes { id identity name version
             connection { state } location { name operator { name } }
             evses { number evseId status operative maxPowerW connectors { number standard status cableAttached }
                     session { id } tariff { code display { label unit price } } } } } }""",
        tenant.scope,
    )
    found = data["stations"]
    assert found["totalCount"] == 2
    assert found["pageInfo"]["hasNextPage"] is True
    station = found["nodes"][0]
    assert station["connection"]["state"] == "ONLINE"
    assert station["evses"][0]["status"] == "AVAILABLE"
    assert station["evses"][0]["tariff"]["display"] == [{"label": "Energy", "unit": "kWh", "price": "0.5"}]
    assert station["location"]["operator"]["name"] == "Operator ALPHA"


async def test_a_session_with_readings_steps_and_cost(tenant: Tenant, client: Client) -> None:
    data = await client.data(
        """{ sessions { nodes { status energyWh steps { name state message } reviewFlags { code } evse { number }
             connector { number } location { name } token { uid visualNumber } tariff { code }
             cost { final price { total { amountMinor currency } } lines { dimension quantity unit amount { total { amountMinor } } } }
             readings(first: 3, resolutionSeconds: 60) { totalCount pageInfo { endCursor } nodes { energyWh powerW } } } } }""",
        tenant.scope,
    )
    session = data["sessions"]["nodes"][0]
    assert session["cost"]["price"]["total"] == {"amountMinor": 500, "currency": "EUR"}
    assert session["cost"]["lines"][0]["quantity"] == "10"
    assert session["readings"]["totalCount"] == 10
    assert [reading["energyWh"] for reading in session["readings"]["nodes"]] == [9100, 9200, 9300]


async def test_pages_repeat_and_skip_nothing(world: World, tenant: Tenant, client: Client) -> None:
    query = "query($after: Cursor) { sessions(first: 1, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }"
    seen, after = [], None
    while True:
        page = (await client.data(query, tenant.scope, after=after))["sessions"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == 2
    body = await client.ask(
        "query($after: Cursor) { sessions(first: 1, after: $after, orderBy: ENERGY_DESC) { nodes { id } } }",
        tenant.scope,
        after=after,
    )
    assert body["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_the_rest_of_the_lists(tenant: Tenant, client: Client) -> None:
    data = await client.data(
        """query($station: ID!) {
          viewer { kind scopes operator { name currency } locationIds }
          operators { name }
          locations { nodes { name city overview { offline } stations { nodes { identity } } } }
          tokens { nodes { uid type valid } }
          authorisations { nodes { presentedUid decision rule station { identity } token { visualNumber } } }
          tariffs { nodes { code versionNumber state assignments { tariffCode location { name } } elements { components { price } } } }
          commands { nodes { action status answer { status raw } frames { action payload raw } requestedBy session { id } } }
          frames(filter: {stationId: $station}) { nodes { payload raw problems station { identity } session { id } } }
          connectionAttempts { nodes { identity result hint } }
          networkOverview { online offline neverSeen evses { status count } energyTodayWh revenueToday { amountMinor } }
          auditEntries(first: 100) { nodes { actor action subjectId after } }
        }""",
        tenant.scope,
        station=(await client.data("{ stations { nodes { id } } }", tenant.scope))["stations"]["nodes"][0]["id"],
    )
    assert data["networkOverview"]["offline"] == 2
    assert data["networkOverview"]["evses"] == [{"status": "UNKNOWN", "count": 4}]
    assert data["networkOverview"]["revenueToday"] == [{"amountMinor": 1000}]
    frame = data["frames"]["nodes"][0]
    assert frame["payload"][3]["idTag"] == "TAGALPHA"
    assert frame["station"]["identity"] == tenant.stations[0].identity
    assert frame["session"]["id"].startswith("ses_")
    assert {entry["action"] for entry in data["auditEntries"]["nodes"]} >= {
        "location.created",
        "station.registered",
        "token.created",
        "tariff.published",
        "api_token.created",
    }


async def test_nodes_by_id(tenant: Tenant, client: Client) -> None:
    ids = await client.data(
        """{ locations { nodes { id } } stations { nodes { id evses { id connectors { id } } } } sessions { nodes { id } }
             tokens { nodes { id } } tariffs { nodes { id } } commands { nodes { id } } viewer { operator { id } } }""",
        tenant.scope,
    )
    station = ids["stations"]["nodes"][0]
    wanted = [
        ids["locations"]["nodes"][0]["id"],
        station["id"],
        station["evses"][0]["id"],
        station["evses"][0]["connectors"][0]["id"],
        ids["sessions"]["nodes"][0]["id"],
        ids["tokens"]["nodes"][0]["id"],
        ids["tariffs"]["nodes"][0]["id"],
        ids["commands"]["nodes"][0]["id"],
        ids["viewer"]["operator"]["id"],
    ]
    data = await client.data(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", tenant.scope, ids=[*wanted, "ses_nonsense", "x"]
    )
    assert [None if node is None else node["id"] for node in data["nodes"]] == [*wanted, None, None]


async def test_anonymous_callers_may_look_at_the_schema_only(api: Api, client: Client) -> None:
    assert (await client.data("{ __typename __schema { queryType { name } } }", None))["__typename"] == "Query"
    body = await client.ask("{ stations { nodes { id } } }", None)
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Did you mean" not in str(await client.ask("{ statons { nodes { id } } }", None))


async def test_another_operator_in_a_filter_finds_nothing(world: World, tenant: Tenant, client: Client) -> None:
    other = await add_tenant(world, "OTHER", "OTH")
    own, foreign = (public_id(Prefix.OPERATOR, one.operator.uuid) for one in (tenant, other))
    query = """query($l: LocationFilter, $s: StationFilter, $e: SessionFilter, $c: CommandFilter) {
      locations(filter: $l) { totalCount } stations(filter: $s) { totalCount } sessions(filter: $e) { totalCount }
      commands(filter: $c) { totalCount } networkOverview(filter: $s) { offline } }"""

    async def counts(*operators: str) -> set[int]:
        filter = {"operatorIds": list(operators)}
        data = await client.data(query, tenant.scope, l=filter, s=filter, e=filter, c=filter)
        return {one.get("totalCount", one.get("offline")) for one in data.values()}

    assert await counts(own) == {2}
    assert await counts(own, foreign) == {2}
    assert await counts(foreign) == {0}
    assert await counts() == {0}
