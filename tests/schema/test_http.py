"""GraphQL over HTTP beyond the audit suite: credentials, limits, masking, forgery, and server-sent events."""

from pathlib import Path

import httpx
import pytest

from app.domain.access import MemberSession
from app.queries import stations
from schema.api import Api
from schema.authentication import session_tokens
from schema.context import Context
from schema.execution import Request
from schema.static import graphiql_page
from tests.schema.conftest import Client, api_of, bearer, serving
from tests.schema.test_websocket import STATIONS, changed
from tests.schema.watcher import Mirror, event_stream
from tests.world import PASSWORD, Tenant, World, uuid7

SIGN_IN = """mutation($email: String!, $password: String!) { memberSignIn(email: $email, password: $password) {
  accessToken refreshToken viewer { kind operator { name } } errors { code message } } }"""


async def ask(
    http: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None, **variables: object
) -> httpx.Response:
    return await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers or {})


async def test_a_member_signs_in_refreshes_and_is_shown_out(
    world: World, tenant: Tenant, http: httpx.AsyncClient
) -> None:
    answer = (await ask(http, SIGN_IN, email=tenant.email, password=PASSWORD)).json()["data"]["memberSignIn"]
    assert answer["viewer"] == {"kind": "MEMBER", "operator": {"name": "Operator ALPHA"}}
    headers = {"Authorization": f"Bearer {answer['accessToken']}"}
    assert (await ask(http, "{ stations { nodes { id } } }", headers)).status_code == 200
    refresh = "mutation($t: String!) { tokenRefresh(refreshToken: $t) { accessToken refreshToken errors { code } } }"
    renewed = (await ask(http, refresh, t=answer["refreshToken"])).json()["data"]["tokenRefresh"]
    assert renewed["accessToken"]
    wrong_kind = (await ask(http, refresh, t=answer["accessToken"])).json()["data"]["tokenRefresh"]
    assert wrong_kind["errors"][0]["code"] == "AUTHENTICATION_REQUIRED"
    world.clock.advance(901)
    assert (await ask(http, "{ viewer { kind } }", headers)).status_code == 401
    world.ingest("UPDATE member SET session_epoch = session_epoch + 1")
    assert (await ask(http, refresh, t=renewed["refreshToken"])).json()["data"]["tokenRefresh"]["accessToken"] is None


async def test_wrong_passwords_say_nothing_and_are_slowed_down(tenant: Tenant, http: httpx.AsyncClient) -> None:
    codes: list[str] = []
    while "LIMIT_EXCEEDED" not in codes and len(codes) < 100:  # a slow machine's minute goes on meanwhile
        body = (await ask(http, SIGN_IN, email=tenant.email, password="wrong")).json()
        codes.append(body["data"]["memberSignIn"]["errors"][0]["code"])
    assert codes[:10] == ["AUTHENTICATION_REQUIRED"] * 10
    assert codes[-1] == "LIMIT_EXCEEDED"


async def test_who_guesses_at_an_email_keeps_its_owner_out_from_nowhere_else(
    tenant: Tenant, api: Api, http: httpx.AsyncClient
) -> None:
    for _ in range(12):
        await ask(http, SIGN_IN, email=tenant.email, password="wrong")
    context = Context(api.house, None, "test", "192.0.2.7")
    request = Request(SIGN_IN, None, {"email": tenant.email, "password": PASSWORD})
    answer = (await api.execution.run(request, context)).body
    assert answer["data"]["memberSignIn"]["errors"] == []


async def test_event_streams_are_bounded(tenant: Tenant, world: World) -> None:
    async with serving(api_of(world, connections_max=1)) as host:
        text = "subscription { stationUpdates(filter: {}) { kind } }"
        async with event_stream(host, bearer(tenant), text) as first:
            assert (await anext(first))[0] == "next"
            async with event_stream(host, bearer(tenant), text) as second:
                _, refused = await anext(second)
        assert refused["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_a_bad_credential_is_never_a_guest(http: httpx.AsyncClient) -> None:
    for header in ("Bearer vgt_nonsense", "Bearer a.b.c", "Basic eDp5", "Bearer"):
        answer = await ask(http, "{ __typename }", {"Authorization": header})
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_forged_session_is_refused(world: World, tenant: Tenant, http: httpx.AsyncClient) -> None:
    other = api_of(world).house.settings
    object.__setattr__(other, "secret", b"another secret of at least thirty-two bytes")
    from app.store import access as store

    async with world.desk.database.lookup() as connection:
        member = (await store.memberships(connection, tenant.email))[0]
    forged, _ = session_tokens(other, member, MemberSession(uuid7(), 1), world.clock())
    assert (await ask(http, "{ viewer { kind } }", {"Authorization": f"Bearer {forged}"})).status_code == 401


async def test_forms_and_links_cannot_act(tenant: Tenant, http: httpx.AsyncClient) -> None:
    form = await http.post("/graphql", data={"query": "{ __typename }"})
    assert form.status_code == 415
    plain = await http.post("/graphql", content=b'{"query":"{ __typename }"}', headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    link = await http.get("/graphql", params={"query": SIGN_IN})
    assert link.status_code == 405
    assert link.headers["allow"] == "GET, POST"


async def test_an_error_of_ours_is_masked(tenant: Tenant, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(**_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(stations, "search", broken)
    body = await client.ask("{ stations { nodes { id } } }", tenant.scope)
    assert "hunter2" not in str(body)
    assert body["errors"][0]["extensions"] == {"code": "INTERNAL", "traceId": "test-trace", "retryable": True}


async def test_documents_have_limits(world: World, tenant: Tenant) -> None:
    client = Client(api_of(world, depth_max=5, aliases_max=3, tokens_max=300, cost_max=500))
    for query in (
        "{ stations { nodes { evses { connectors { id } station { id location { name } } } } } }",
        "{ a: __typename b: __typename c: __typename d: __typename }",
        "{ " + "__typename " * 400 + "}",
        "{ " * 5_000 + "x" + " }" * 5_000,
    ):
        body = await client.ask(query, tenant.scope)
        assert "data" not in body
        assert body["errors"][0]["extensions"]["code"] in ("LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED")
    query = "query($n: Int!) { stations(first: $n) { nodes { evses { id } } } }"
    assert "data" in await client.ask(query, tenant.scope, n=10)
    body = await client.ask(query, tenant.scope, n=200)
    assert body["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"


async def test_a_caller_that_asks_too_fast_waits(world: World, tenant: Tenant) -> None:
    client = Client(api_of(world, bucket_size=60, bucket_restore_per_s=1))
    query = "{ stations(first: 50) { nodes { identity } } }"
    first = await client.ask(query, tenant.scope)
    assert first["extensions"]["cost"]["requested"] > 50
    second = await client.ask(query, tenant.scope)
    assert second["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert second["errors"][0]["extensions"]["retryAfterSeconds"] > 0


@pytest.mark.parametrize("where", ["variable", "document"])
async def test_text_that_no_database_keeps_is_refused(http: httpx.AsyncClient, where: str) -> None:
    if where == "variable":
        answer = await ask(http, "query($i: ID!) { evse(evseId: $i) { id } }", i="A\0B")
    else:
        answer = await ask(http, 'query { evse(evseId: "A\\u0000B") { id } }')
    body = answer.json()
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST" and "NUL" in body["errors"][0]["message"]
    slashes = await ask(http, "query($i: ID!) { evse(evseId: $i) { id } }", i="A\\u0000B")
    assert slashes.json()["data"] == {"evse": None}, "a backslash is one"


async def test_a_large_body_is_refused(http: httpx.AsyncClient) -> None:
    answer = await ask(http, "{ __typename }", padding="x" * 300_000)
    assert answer.status_code == 413


async def test_without_node_the_plain_console_is_served(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("schema.static.GRAPHIQL", tmp_path / "never built")
    graphiql_page.cache_clear()
    page = await http.get("/graphql", headers={"accept": "text/html"})
    graphiql_page.cache_clear()
    assert "Voltgraph API console" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


async def test_server_sent_events_tell_the_same(world: World, tenant: Tenant, api: Api) -> None:
    mirror = Mirror("stationUpdates", "stations")
    async with serving(api) as host, event_stream(host, bearer(tenant), STATIONS, filter={}) as events:
        async for event, data in events:
            assert event == "next"
            mirror.hear(data)
            if mirror.complete:
                break
        assert len(mirror.entities) == 2
        changed(world, tenant)
        event, data = await anext(events)
        assert data["data"]["stationUpdates"]["kind"] == "CHANGE"
        world.ingest("UPDATE api_token SET revoked_at = now()")
        event, data = await anext(events)
        assert data["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert await anext(events) == ("complete", None)


async def test_a_query_by_server_sent_events_ends_by_itself(tenant: Tenant, api: Api) -> None:
    async with serving(api) as host, event_stream(host, bearer(tenant), "{ viewer { kind } }") as events:
        told = [event async for event in events]
    assert [name for name, _ in told] == ["next", "complete"]
