"""graphql-transport-ws over a real socket: its manners, its limits, and rights that end while it is open."""

import asyncio
import json
from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.domain.scope import Permission
from app.feed import Change, Noun
from app.operations import access
from schema.api import Api
from tests.schema.conftest import api_of, serving
from tests.schema.watcher import WAIT_S, Mirror, opened, raw_socket, receive, subscribe
from tests.world import Tenant, World, made, options

STATIONS = """subscription($filter: StationFilter!) { stationUpdates(filter: $filter) {
  kind stations { id identity version connection { state } evses { connectors { status } } } leftIds coalesced } }"""


def changed(world: World, tenant: Tenant, at: int = 0) -> None:
    """The inbox has committed something about a station."""
    station = tenant.stations[at]
    [(version,)] = world.ingest(
        "UPDATE station SET version = version + 1 WHERE key = %s RETURNING version", station.key
    )
    change = Change(Noun.STATION, tenant.operator.key, station.key, version, station.location_key, station.key)  # type: ignore[arg-type]
    world.desk.feed.publish([change])


async def closed(socket: object) -> int:
    with pytest.raises(ConnectionClosed) as ended:  # noqa: PT012 - what comes before the end is not of interest
        while True:
            await asyncio.wait_for(socket.recv(), WAIT_S)  # type: ignore[attr-defined]
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code


async def test_a_snapshot_then_changes_then_what_has_left(world: World, tenant: Tenant, api: Api) -> None:
    mirror = Mirror("stationUpdates", "stations")
    async with serving(api) as host, opened(host, tenant) as socket:
        await subscribe(socket, "1", STATIONS, filter={"connectorStatus": ["AVAILABLE"]})
        while not mirror.complete:
            mirror.hear((await receive(socket))["payload"])
        assert len(mirror.entities) == 2
        world.ingest("UPDATE connector SET status = 'FAULTED' WHERE station_key = %s", tenant.stations[0].key)
        changed(world, tenant)
        message = (await receive(socket))["payload"]["data"]["stationUpdates"]
        assert message["kind"] == "CHANGE"
        assert len(message["leftIds"]) == 1
        mirror.hear({"data": {"stationUpdates": message}})
        assert len(mirror.entities) == 1


async def test_equal_subscriptions_share_one_group_and_one_payload(world: World, tenant: Tenant, api: Api) -> None:
    async with serving(api) as host, opened(host, tenant) as first, opened(host, tenant) as second:
        for socket in (first, second):
            await subscribe(socket, "same", STATIONS, filter={})
            for _ in range(2):
                await receive(socket)
        assert api.fanout.group_count == 1
        changed(world, tenant)
        assert await receive(first) == await receive(second)
        await subscribe(second, "other", STATIONS, filter={"lifecycle": ["IN_SERVICE"]})
        await receive(second)
        assert api.fanout.group_count == 2
    assert api.fanout.group_count == 0


async def test_who_cannot_be_asked_about_while_the_database_is_away_is_told_that_it_is_our_fault(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A normal end (1000) would tell a client that all is well."""

    async def away(*_: object) -> None:
        raise OSError("the database is away: hunter2")

    monkeypatch.setattr("schema.transport.websocket.authenticate", away)
    async with serving(api) as host, raw_socket(host) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {}}))
        assert await closed(socket) == 1013
        assert "hunter2" not in socket.close_reason
    assert "websocket ended by a failure of ours" in capsys.readouterr().out


async def test_queries_and_mutations_go_over_the_socket_too(tenant: Tenant, api: Api) -> None:
    async with serving(api) as host, opened(host, tenant) as socket:
        await subscribe(socket, "q", "{ viewer { kind } }")
        assert (await receive(socket))["payload"]["data"] == {"viewer": {"kind": "API_TOKEN"}}
        assert await receive(socket) == {"id": "q", "type": "complete"}
        await subscribe(socket, "bad", "{ nonsense }")
        assert (await receive(socket))["type"] == "error"


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["nonsense"], 4400),
        (['{"type":"start"}'], 4400),
        (['{"id":"1","type":"subscribe","payload":{"query":"{__typename}"}}'], 4401),
        (['{"type":"connection_init"}', '{"type":"connection_init"}'], 4429),
        (['{"type":"connection_init","payload":{"Authorization":"Bearer nonsense"}}'], 4403),
    ],
)
async def test_bad_manners_end_the_connection(api: Api, messages: list[str], code: int) -> None:
    async with serving(api) as host, raw_socket(host) as socket:
        for message in messages:
            await socket.send(message)
        assert await closed(socket) == code


async def test_a_repeated_id_ends_the_connection(tenant: Tenant, api: Api) -> None:
    async with serving(api) as host, opened(host, tenant) as socket:
        for _ in range(2):
            await subscribe(socket, "1", STATIONS, filter={})
        assert await closed(socket) == 4409


async def test_who_says_nothing_is_asked_to_leave(world: World) -> None:
    async with serving(api_of(world, init_wait_s=0.1)) as host, raw_socket(host) as socket:
        assert await closed(socket) == 4408


async def test_other_protocols_and_other_pages_are_refused(api: Api) -> None:
    async with serving(api) as host:
        async with raw_socket(host, subprotocols=["graphql-ws"]) as socket:
            assert await closed(socket) == 4406
        with pytest.raises(InvalidStatus) as refused:
            async with raw_socket(host, origin="https://evil.example"):
                pass
        assert refused.value.response.status_code == 403
        async with raw_socket(host, origin=f"http://{host}"):
            pass


async def test_ping_is_answered_and_we_ping(world: World, tenant: Tenant) -> None:
    async with serving(api_of(world, ping_every_s=0.05)) as host, opened(host, tenant) as socket:
        await socket.send('{"type":"ping"}')
        assert (await receive(socket))["type"] == "pong"
        assert json.loads(await asyncio.wait_for(socket.recv(), WAIT_S)) == {"type": "ping"}


async def test_too_many_subscriptions_are_refused(world: World, tenant: Tenant) -> None:
    async with serving(api_of(world, subscriptions_max=1)) as host, opened(host, tenant) as socket:
        await subscribe(socket, "1", STATIONS, filter={})
        await receive(socket)
        await subscribe(socket, "2", STATIONS, filter={})
        while (message := await receive(socket))["type"] != "error":
            pass
        assert message["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_text_cannot_be_watched_and_too_much_is_refused(world: World, tenant: Tenant) -> None:
    async with serving(api_of(world, snapshot_max=1)) as host, opened(host, tenant) as socket:
        await subscribe(socket, "text", STATIONS, filter={"text": "x"})
        assert (await receive(socket))["payload"][0]["extensions"]["code"] == "INVALID_INPUT"
        await subscribe(socket, "all", STATIONS, filter={})
        assert (await receive(socket))["payload"][0]["extensions"]["code"] == "FILTER_TOO_BROAD"


async def test_anonymous_watchers_see_nothing(api: Api) -> None:
    async with serving(api) as host, opened(host, None) as socket:
        await subscribe(socket, "1", STATIONS, filter={})
        assert (await receive(socket))["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_revocation_closes_open_connections(world: World, tenant: Tenant, api: Api) -> None:
    async with serving(api) as host, opened(host, tenant) as socket:
        [(token_id,)] = world.ingest("SELECT id FROM api_token")
        found = await access.revoke(
            scope=tenant.scope, desk=world.desk, access_id=_token_id(token_id), options=options("revoke")
        )
        made(found)
        assert await closed(socket) == 4403


async def test_changed_rights_close_open_connections_without_a_message(world: World, tenant: Tenant) -> None:
    async with serving(api_of(world, rights_every_s=0.05)) as host, opened(host, tenant) as socket:
        world.ingest("UPDATE api_token SET location_keys = '{1}'")
        assert await closed(socket) == 4403


async def test_expiry_closes_open_connections(world: World, tenant: Tenant) -> None:
    short = await access.create_api_token(
        scope=tenant.scope,
        desk=world.desk,
        name="short",
        permissions=(Permission.NETWORK_READ,),
        location_ids=None,
        expires_at=world.clock() + timedelta(seconds=60),
        options=options("short"),
    )
    assert isinstance(short, access.Granted)
    tenant.api_secret = short.secret or ""
    async with serving(api_of(world, rights_every_s=0.05)) as host, opened(host, tenant) as socket:
        world.clock.advance(61)
        assert await closed(socket) == 4401


async def test_the_overview_is_told_once_and_then_when_it_differs(world: World, tenant: Tenant, api: Api) -> None:
    query = "subscription { networkOverview(everySeconds: 1) { online offline } }"
    async with serving(api) as host, opened(host, tenant) as socket:
        await subscribe(socket, "1", query)
        assert (await receive(socket))["payload"]["data"]["networkOverview"] == {"online": 0, "offline": 2}
        world.connect(tenant.stations[0].key)
        assert (await receive(socket))["payload"]["data"]["networkOverview"] == {"online": 1, "offline": 1}


async def test_a_slow_reader_slows_nobody_and_catches_up(world: World, tenant: Tenant) -> None:
    api = api_of(world, queue_max=4)
    mirror = Mirror("stationUpdates", "stations")
    async with serving(api) as host, opened(host, tenant) as slow, opened(host, tenant) as quick:
        big = " ".join(f"f{n}: identity g{n}: name" for n in range(25))
        document = STATIONS.replace("identity version", f"identity version {big}")
        for socket in (slow, quick):
            await subscribe(socket, "1", document, filter={})
        for _ in range(2):
            await receive(quick)
        slow.transport.pause_reading()  # type: ignore[attr-defined]
        last = 0
        for _ in range(400):
            changed(world, tenant)
            message = (await receive(quick))["payload"]["data"]["stationUpdates"]
            last = message["stations"][0]["version"]
        slow.transport.resume_reading()  # type: ignore[attr-defined]
        ours = "CP-ALPHA-100"
        while {entity["identity"]: entity["version"] for entity in mirror.entities.values()}.get(ours) != last:
            mirror.hear((await receive(slow))["payload"])


def _token_id(uuid: object) -> str:
    from uuid import UUID

    from app.domain.ids import Prefix, public_id

    assert isinstance(uuid, UUID)
    return public_id(Prefix.API_TOKEN, uuid)
