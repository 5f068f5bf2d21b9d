"""Who is let in: listed, changed, continued once a token, signed out; and what is open closes with the right."""

import json
from typing import Any

import httpx
import pytest

from app.domain.scope import Role
from app.operations import access, members
from tests.schema.conftest import Client, bearer, serving
from tests.schema.test_http import SIGN_IN, ask
from tests.schema.test_websocket import STATIONS, closed
from tests.schema.watcher import raw_socket, receive, subscribe
from tests.world import PASSWORD, Tenant, World, add_tenant, made, narrowed, options

REFRESH = """mutation($t: String!) { tokenRefresh(refreshToken: $t) { accessToken refreshToken errors { code } } }"""
WHO = "{ viewer { kind scopes locationIds } }"


async def signed_in(http: httpx.AsyncClient, email: str) -> dict[str, str]:
    answer = (await ask(http, SIGN_IN, email=email, password=PASSWORD)).json()["data"]["memberSignIn"]
    assert answer["errors"] == [], answer
    return {"access": answer["accessToken"], "refresh": answer["refreshToken"]}


async def refreshed(http: httpx.AsyncClient, token: str) -> dict[str, str] | str:
    """The next pair, or the code of the refusal."""
    answer = (await ask(http, REFRESH, t=token)).json()["data"]["tokenRefresh"]
    if answer["errors"]:
        return str(answer["errors"][0]["code"])
    return {"access": answer["accessToken"], "refresh": answer["refreshToken"]}


async def opens(http: httpx.AsyncClient, token: str) -> bool:
    return (await ask(http, WHO, {"Authorization": f"Bearer {token}"})).status_code == 200


async def add_member(world: World, tenant: Tenant, name: str, role: Role) -> str:
    email = f"{name}@example.com"
    made(await members.add(scope=tenant.scope, desk=world.desk, email=email, password=PASSWORD, role=role))
    return email


async def listed(client: Client, tenant: Tenant, email: str) -> dict[str, Any]:
    data = await client.data(
        "query($text: String!) { members(filter: {text: $text}) { nodes "
        "{ id email role invited disabledAt locationIds version } } }",
        tenant.scope,
        text=email,
    )
    [node] = data["members"]["nodes"]
    return dict(node)


async def test_a_refresh_token_is_good_once_and_a_thief_ends_the_session(
    tenant: Tenant, http: httpx.AsyncClient
) -> None:
    first = await signed_in(http, tenant.email)
    other_device = await signed_in(http, tenant.email)
    second = await refreshed(http, first["refresh"])
    assert isinstance(second, dict)
    third = await refreshed(http, second["refresh"])
    assert isinstance(third, dict)
    assert await opens(http, first["access"]) and await opens(http, third["access"])
    assert await refreshed(http, first["refresh"]) == "AUTHENTICATION_REQUIRED"
    assert not await opens(http, first["access"])
    assert not await opens(http, third["access"])
    assert await refreshed(http, third["refresh"]) == "AUTHENTICATION_REQUIRED"
    assert await opens(http, other_device["access"])
    [entry] = (await ask(http, "{ auditEntries(first: 1) { nodes { action reason } } }", bearer(tenant))).json()[
        "data"
    ]["auditEntries"]["nodes"]
    assert entry == {"action": "member.session_revoked", "reason": "A refresh token was used twice."}


async def test_signing_out_ends_this_session_or_all(tenant: Tenant, http: httpx.AsyncClient) -> None:
    here, there, later = [await signed_in(http, tenant.email) for _ in range(3)]
    sign_out = "mutation($all: Boolean!) { signOut(everywhere: $all) { errors { code } } }"
    headers = {"Authorization": f"Bearer {here['access']}"}
    assert (await ask(http, sign_out, headers, all=False)).json()["data"]["signOut"] == {"errors": []}
    assert not await opens(http, here["access"])
    assert await refreshed(http, here["refresh"]) == "AUTHENTICATION_REQUIRED"
    assert await opens(http, there["access"])
    headers = {"Authorization": f"Bearer {there['access']}"}
    assert (await ask(http, sign_out, headers, all=True)).json()["data"]["signOut"] == {"errors": []}
    assert not await opens(http, later["access"])
    program = (await ask(http, sign_out, bearer(tenant), all=False)).json()["data"]["signOut"]
    assert program["errors"] == [{"code": "INVALID_INPUT"}]


@pytest.mark.parametrize("change", ["role: VIEWER", "locationIds: [$place]", "disabled: true"])
async def test_a_changed_member_is_shown_out_of_what_is_open(
    world: World, tenant: Tenant, client: Client, http: httpx.AsyncClient, change: str
) -> None:
    email = await add_member(world, tenant, "sam", Role.MANAGER)
    token = (await signed_in(http, email))["access"]
    member = await listed(client, tenant, email)
    [place, _] = [
        node["id"] for node in (await client.data("{ locations { nodes { id } } }", tenant.scope))["locations"]["nodes"]
    ]
    async with serving(client.api) as host, raw_socket(host) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
        assert await receive(socket) == {"type": "connection_ack"}
        await subscribe(socket, "1", STATIONS, filter={})
        declared = "($id: ID!, $v: Long!, $place: ID!)" if "$place" in change else "($id: ID!, $v: Long!)"
        values = {"place": place} if "$place" in change else {}
        data = await client.data(
            f"mutation{declared} {{ memberUpdate(id: $id, ifVersion: $v, {change}) "
            "{ member { role locationIds disabledAt version } errors { code message } } }",
            tenant.scope,
            id=member["id"],
            v=member["version"],
            **values,
        )
        assert data["memberUpdate"]["errors"] == []
        assert await closed(socket) == 4403
    assert await opens(http, token) == (change != "disabled: true")
    now = await listed(client, tenant, email)
    assert {
        "role: VIEWER": now["role"] == "VIEWER",
        "locationIds: [$place]": now["locationIds"] == [place],
        "disabled: true": now["disabledAt"] is not None,
    }[change]


async def test_a_disabled_member_comes_back_without_old_sessions(
    world: World, tenant: Tenant, client: Client, http: httpx.AsyncClient
) -> None:
    email = await add_member(world, tenant, "kim", Role.SUPPORT)
    tokens = await signed_in(http, email)
    update = "mutation($id: ID!, $v: Long!, $off: Boolean!) { memberUpdate(id: $id, ifVersion: $v, disabled: $off) { member { version } errors { code } } }"
    for off in (True, False):
        member = await listed(client, tenant, email)
        found = await client.data(update, tenant.scope, id=member["id"], v=member["version"], off=off)
        assert found["memberUpdate"]["errors"] == []
        assert found["memberUpdate"]["member"]["version"] == (await listed(client, tenant, email))["version"]
        assert not await opens(http, tokens["access"])
    stale = await client.data(update, tenant.scope, id=member["id"], v=member["version"], off=True)
    assert stale["memberUpdate"]["errors"] == [{"code": "VERSION_CONFLICT"}]
    assert await opens(http, (await signed_in(http, email))["access"])


async def test_the_last_owner_stays(world: World, tenant: Tenant, client: Client) -> None:
    owner = await listed(client, tenant, tenant.email)
    demote = "mutation($id: ID!, $v: Long!) { memberUpdate(id: $id, ifVersion: $v, role: MANAGER) { errors { code } } }"
    revoke = (
        "mutation($id: ID!, $k: String!) { accessRevoke(id: $id, options: {idempotencyKey: $k}) { errors { code } } }"
    )
    refused = await client.data(demote, tenant.scope, id=owner["id"], v=owner["version"])
    assert refused["memberUpdate"]["errors"] == [{"code": "INVALID_INPUT"}]
    refused = await client.data(revoke, tenant.scope, id=owner["id"], k="1")
    assert refused["accessRevoke"]["errors"] == [{"code": "INVALID_INPUT"}]
    await add_member(world, tenant, "second", Role.OWNER)
    done = await client.data(demote, tenant.scope, id=owner["id"], v=owner["version"])
    assert done["memberUpdate"]["errors"] == []


async def test_who_has_some_locations_reaches_only_those_who_see_no_others(
    world: World, tenant: Tenant, client: Client
) -> None:
    first, second = tenant.locations
    for name, places in (("first", (first.uuid,)), ("both", (first.uuid, second.uuid)), ("everywhere", None)):
        made(
            await access.invite_member(
                scope=tenant.scope, desk=world.desk, email=f"{name}@x.example", role=Role.VIEWER, location_ids=places
            )
        )
    scope = narrowed(tenant, first)
    data = await client.data("{ members { totalCount nodes { email invited } } }", scope)
    assert data["members"] == {"totalCount": 1, "nodes": [{"email": "first@x.example", "invited": True}]}
    hidden = (await listed(client, tenant, "both@x.example"))["id"]
    revoke = 'mutation($id: ID!) { accessRevoke(id: $id, options: {idempotencyKey: "hidden"}) { errors { code } } }'
    assert (await client.data(revoke, scope, id=hidden))["accessRevoke"]["errors"] == [{"code": "NOT_FOUND"}]


async def test_api_tokens_are_listed_filtered_and_renamed(world: World, tenant: Tenant, client: Client) -> None:
    query = (
        "query($f: ApiTokenFilter) { apiTokens(filter: $f) { nodes { id name scopes createdBy revokedAt version } } }"
    )
    [token] = (await client.data(query, tenant.scope))["apiTokens"]["nodes"]
    assert token["createdBy"] == tenant.scope.caller and "access:write" in token["scopes"]
    assert tenant.api_secret not in str(token)
    rename = 'mutation($id: ID!, $v: Long!) { apiTokenRename(id: $id, ifVersion: $v, name: "Kiosk") { apiToken { name version } errors { code } } }'
    renamed = (await client.data(rename, tenant.scope, id=token["id"], v=token["version"]))["apiTokenRename"]
    assert renamed["apiToken"] == {"name": "Kiosk", "version": token["version"] + 1}
    again = (await client.data(rename, tenant.scope, id=token["id"], v=token["version"]))["apiTokenRename"]
    assert again["errors"] == [{"code": "VERSION_CONFLICT"}]
    assert len((await client.data(query, tenant.scope, f={"text": "kiosk"}))["apiTokens"]["nodes"]) == 1
    assert (await client.data(query, tenant.scope, f={"text": "other"}))["apiTokens"]["nodes"] == []
    made(await access.revoke(scope=tenant.scope, desk=world.desk, access_id=token["id"], options=options("gone")))
    assert (await client.data(query, tenant.scope, f={"revoked": False}))["apiTokens"]["nodes"] == []
    assert len((await client.data(query, tenant.scope, f={"revoked": True}))["apiTokens"]["nodes"]) == 1


async def test_only_those_who_let_people_in_read_of_them(tenant: Tenant, client: Client) -> None:
    reader = narrowed(tenant, *tenant.locations)
    object.__setattr__(reader, "permissions", reader.permissions - {"access:write"})
    for field in ("members", "apiTokens"):
        body = await client.ask(f"{{ {field} {{ nodes {{ id }} }} }}", reader)
        assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_invitation_to_anothers_address_opens_nothing_of_theirs(
    world: World, tenant: Tenant, http: httpx.AsyncClient
) -> None:
    """Whoever invites reads the secret, so an address proves nobody: two accounts may share it and no more."""
    rival = await add_tenant(world, "BETA", "BET")
    invited = made(
        await access.invite_member(
            scope=rival.scope, desk=world.desk, email=tenant.email, role=Role.VIEWER, location_ids=None
        )
    )
    assert invited.secret is not None
    accept = """mutation($s: String!, $p: String!) { invitationAccept(secret: $s, password: $p) {
      accessToken errors { code } } }"""
    answer = (await ask(http, accept, s=invited.secret, p="the rival chose this")).json()["data"]["invitationAccept"]
    impostor = {"Authorization": f"Bearer {answer['accessToken']}"}
    seen = (await ask(http, "{ operators { id name } }", impostor)).json()["data"]["operators"]
    assert [one["name"] for one in seen] == ["Operator BETA"]
