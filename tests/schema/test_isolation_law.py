"""The isolation law: nothing of another operator, or of a place outside one's locations, is in any answer."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from graphql import GraphQLNonNull, GraphQLObjectType, is_required_argument

from app.domain.scope import Role, Scope
from app.operations import access
from schema.api import Api
from schema.definition import GRAPHQL
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, BRAVO, furnished
from tests.schema.conftest import Client, api_of
from tests.schema.walk import walks
from tests.world import Tenant, World, made, narrowed, options

# What these find by id, lists lead to as well: it is followed from there.
_LOOK_UPS = ("node", "nodes")
pytestmark = pytest.mark.timeout(400)  # it asks for everything, three times
_NUMBERS_ONLY = ("networkOverview", "tariffPreviewTotal")
# What a root field needs to be asked at all.
_ARGUMENTS = {
    "node": "(id: $id)",
    "nodes": "(ids: $ids)",
    "station": "(identity: $identity)",
    "frames": "(filter: {stationId: $station})",
    "auditEntries": "(first: 200)",
    "quote": "(evseId: $evse)",
    "evse": "(evseId: $evse)",
    "tariffPreview": "(tariffId: $tariff)",
    "tariffPreviewTotal": "(tariffId: $tariff)",
}
_VARIABLES = "query($id: ID!, $ids: [ID!]!, $identity: String!, $station: ID!, $evse: ID!, $tariff: ID!)"


def documents() -> dict[str, str]:
    """One document a root field of the query type, with everything under it."""
    assert GRAPHQL.query_type is not None
    fields = GRAPHQL.query_type.fields
    selections = walks(GRAPHQL, {name: field.type for name, field in fields.items()}, last=_LOOK_UPS)
    for name, field in fields.items():
        required = [arg for arg in field.args.values() if isinstance(arg.type, GraphQLNonNull)]
        assert name in _ARGUMENTS or all(arg.default_value is not None for arg in required), name
    return {name: f"{_VARIABLES} {{ {name}{_ARGUMENTS.get(name, '')} {selections[name]} }}" for name in fields}


async def everything(client: Client, scope: Scope, about: Tenant) -> dict[str, Any]:
    """All answers to a caller who asks for everything, and by name for what belongs to ``about``."""
    ids = await _ids_of(client, about)
    answers = {}
    for name, document in documents().items():
        # Unused variables do not validate, so each document declares only its own.
        used = {key: value for key, value in ids.items() if f"${key})" in document or f"${key}}}" in document}
        types = {"id": "ID!", "ids": "[ID!]!", "identity": "String!", "station": "ID!", "evse": "ID!", "tariff": "ID!"}
        declared = ", ".join(f"${key}: {types[key]}" for key in used)
        text = document.replace(_VARIABLES, f"query({declared})" if declared else "query")
        answers[name] = await client.ask(text, scope, **used)
    return answers


async def _ids_of(client: Client, tenant: Tenant) -> dict[str, Any]:
    data = await client.data(
        """{ stations { nodes { id identity evses { id connectors { id } } } } locations { nodes { id } } sessions { nodes { id } }
             tokens { nodes { id } } tariffs { nodes { id } } commands { nodes { id } } holds { nodes { id } } cdrs { nodes { id } } documents { nodes { id } } members { nodes { id } } apiTokens { nodes { id } } drivers { nodes { id } } accounts { nodes { id } } viewer { operator { id } } }""",
        tenant.scope,
    )
    station = data["stations"]["nodes"][-1]
    every = [
        station["id"],
        data["viewer"]["operator"]["id"],
        *(evse["id"] for evse in station["evses"]),
        *(plug["id"] for evse in station["evses"] for plug in evse["connectors"]),
        *(
            node["id"]
            for name in (
                "locations",
                "sessions",
                "tokens",
                "tariffs",
                "commands",
                "holds",
                "cdrs",
                "documents",
                "members",
                "apiTokens",
                "drivers",
                "accounts",
            )
            for node in data[name]["nodes"]
        ),
    ]
    return {
        "id": station["id"],
        "ids": every,
        "identity": station["identity"],
        "station": station["id"],
        "evse": station["evses"][0]["id"],
        "tariff": data["tariffs"]["nodes"][0]["id"],
    }


@pytest.fixture
async def both(database: TestDatabase) -> AsyncIterator[tuple[World, Api, Tenant, Tenant]]:
    world = await furnished(database, ALPHA, BRAVO)
    api = api_of(
        world,
        cost_max=10**12,
        bucket_size=10**15,
        depth_max=40,
        tokens_max=1_000_000,
        aliases_max=1_000_000,
        fragments_max=1_000_000,
        selections_max=10**9,
    )
    yield world, api, world.tenants["ALPHA"], world.tenants["BRAVO"]
    await world.desk.database.close()


def test_every_field_that_needs_no_argument_is_asked() -> None:
    asked = set(re.findall(r"(\w+)_(\w+): \2\b", " ".join(documents().values())))
    reached = {name for name, _ in asked}
    every = {
        (name, field)
        for name, kind in GRAPHQL.type_map.items()
        if isinstance(kind, GraphQLObjectType) and name in reached
        for field, shown in kind.fields.items()
        if not any(is_required_argument(argument) for argument in shown.args.values())
    }
    assert len(every) > 1000
    assert every == asked


async def test_nothing_of_one_operator_reaches_another(both: tuple[World, Api, Tenant, Tenant]) -> None:
    _, api, alpha, bravo = both
    client = Client(api)
    seen_by_alpha = await everything(client, alpha.scope, bravo)
    seen_by_bravo = await everything(client, bravo.scope, bravo)
    for name in ("quote", "tariffPreview", "tariffPreviewTotal"):
        assert seen_by_alpha.pop(name)["errors"][0]["extensions"]["code"] == "NOT_FOUND", name
    for name, answer in seen_by_alpha.items():
        assert "errors" not in answer, (name, answer["errors"])
        # The identity asked for is in the question alone, never in the answer.
        assert "BRAVO" not in str(answer), name
        assert "bravo" not in str(answer), name
    # Of an EVSE only what is published is shown, to everybody alike: `test_visitors` walks it.
    assert seen_by_bravo["evse"]["data"] == {"evse": None}
    for name in seen_by_bravo.keys() - {"rateLimit", "quirkProfiles", "quirkKinds", "evse"}:
        assert "BRAVO" in str(seen_by_bravo[name]).upper() or name in _NUMBERS_ONLY, name
    assert seen_by_alpha["node"]["data"] == {"node": None}
    assert set(map(str, seen_by_alpha["nodes"]["data"]["nodes"])) == {"None"}


async def test_the_law_notices_a_missing_policy(
    both: tuple[World, Api, Tenant, Tenant], database: TestDatabase
) -> None:
    """The negative control: with one table's policy gone, the law fails."""
    _, api, alpha, bravo = both
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("CREATE POLICY hole ON location TO voltgraph_app USING (true)")
    seen = await everything(Client(api), alpha.scope, bravo)
    assert any("BRAVO" in str(answer) for answer in seen.values())


async def _let_in(world: World, tenant: Tenant, location_ids: tuple[UUID, ...]) -> None:
    """Somebody and something that may see these locations alone."""
    made(
        await access.invite_member(
            scope=tenant.scope,
            desk=world.desk,
            email="outside@example.com",
            role=Role.VIEWER,
            location_ids=location_ids,
        )
    )
    made(
        await access.create_api_token(
            scope=tenant.scope,
            desk=world.desk,
            name="OUTSIDE",
            permissions=("network:read",),
            location_ids=location_ids,
            expires_at=world.clock() + timedelta(days=1),
            options=options("outside"),
        )
    )


async def test_nothing_outside_the_callers_locations(both: tuple[World, Api, Tenant, Tenant]) -> None:
    """The second place and its station are named apart; a caller with the first place alone never reads of them."""
    world, api, alpha, _ = both
    first, second = alpha.locations
    outside = alpha.stations[1]
    world.ingest("UPDATE location SET name = 'OUTSIDE place' WHERE key = %s", second.key)
    world.ingest("UPDATE station SET name = 'OUTSIDE', identity = 'OUTSIDE-1' WHERE key = %s", outside.key)
    for table in ("frame", "authorisation"):
        column = {"frame": "message_id", "authorisation": "rule"}[table]
        world.ingest(f"UPDATE {table} SET {column} = 'OUTSIDE' WHERE station_key = %s", outside.key)
    for table, column in (
        ("variable", "value"),
        ("station_report", "answer"),
        ("monitor", "type"),
        ("station_event", "actual_value"),
        ("stream_value", "value"),
        ("display_message", "content"),
    ):
        world.ingest(f"UPDATE {table} SET {column} = 'OUTSIDE' WHERE station_key = %s", outside.key)
    world.ingest("UPDATE session SET stop_reason = 'OUTSIDE' WHERE station_key = %s", outside.key)
    world.ingest("UPDATE command SET reason = 'OUTSIDE' WHERE station_key = %s", outside.key)
    world.ingest("UPDATE connection_attempt SET hint = 'OUTSIDE' WHERE station_key = %s", outside.key)
    await _let_in(world, alpha, (second.uuid,))
    client = Client(api)
    inside = await everything(client, narrowed(alpha, first), alpha)
    every = await everything(client, alpha.scope, alpha)
    for name, answer in inside.items():
        assert "OUTSIDE" not in str(answer).upper(), name
    assert inside["auditEntries"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for name in (
        "locations",
        "stations",
        "sessions",
        "cdrs",
        "documents",
        "commands",
        "authorisations",
        "connectionAttempts",
        "nodes",
        "stationEvents",
        "members",
        "apiTokens",
    ):
        assert "OUTSIDE" in str(every[name]).upper(), name
    counts = [
        answer["networkOverview"]["data"]["networkOverview"]["NetworkOverview_offline"] for answer in (inside, every)
    ]
    assert counts == [1, 2]
