"""The audit log in the schema's own words: what a client changed, by the names it knows, never by ours."""

import json
import re

from tests.schema.conftest import Client
from tests.world import Tenant, World


async def test_before_and_after_are_named_as_in_the_schema(world: World, tenant: Tenant, client: Client) -> None:
    data = await client.data(
        "{ stations(first: 1) { nodes { id identity version } } locations { nodes { id } } }", tenant.scope
    )
    station, places = data["stations"]["nodes"][0], [node["id"] for node in data["locations"]["nodes"]]
    done = await client.data(
        "mutation($id: ID!, $v: Long!, $input: StationInput!) { stationUpdate(id: $id, ifVersion: $v, input: $input) "
        "{ station { id } errors { code } } }",
        tenant.scope,
        id=station["id"],
        v=station["version"],
        input={"identity": station["identity"], "locationId": places[1], "name": "Moved", "securityProfileFloor": 2},
    )
    assert done["stationUpdate"]["errors"] == []
    query = "query($id: ID) { auditEntries(first: 200, subjectId: $id) { nodes { action before after } } }"
    [moved, registered] = (await client.data(query, tenant.scope, id=station["id"]))["auditEntries"]["nodes"]
    assert moved["before"] == {
        "name": "Station 100 ALPHA", "locationId": places[0], "securityProfileFloor": 1,
    }  # fmt: skip
    assert moved["after"] == {"name": "Moved", "locationId": places[1], "securityProfileFloor": 2}
    assert registered["after"]["locationId"] == places[0]
    assert registered["after"]["evses"][0]["connectors"][0]["maxPowerW"] == 22_000
    everything = json.dumps((await client.data(query, tenant.scope, id=None))["auditEntries"]["nodes"])
    assert not re.search(r'"[a-z]+_[a-z_]+":', everything), "a field by an internal name"
    assert not re.search(r'[kK]ey": \d', everything), "an internal key"
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", everything), "an internal id"
