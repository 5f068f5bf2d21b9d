"""The update law: whatever happens, a snapshot and its updates leave a watcher with what a fresh snapshot shows."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.scope import Scope
from app.feed import Change, Noun
from app.operations import locations
from schema.api import Api
from schema.context import Context
from schema.execution import Request
from schema.subscription.group import Group, Watched
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.schema.conftest import api_of
from tests.schema.watcher import Mirror
from tests.world import Tenant, World, location_draft, made, make_world

QUERY = """subscription($filter: StationFilter!) { stationUpdates(filter: $filter) { kind leftIds stations {
  id version lifecycle connection { state } location { name } evses { number connectors { status } session { id status } } } } }"""
FILTERS: list[dict[str, Any]] = [
    {},
    {"connectorStatus": ["FAULTED"]},
    {"lifecycle": ["IN_SERVICE"]},
    {"connection": ["ONLINE"]},
]
# (statement, nouns that a writer publishes): what chargers and operators do to a station.
DEEDS = {
    "fault": "UPDATE connector SET status = 'FAULTED' WHERE station_key = %s",
    "recover": "UPDATE connector SET status = 'AVAILABLE' WHERE station_key = %s",
    "retire": "UPDATE station SET lifecycle = 'RETIRED' WHERE key = %s",
    "return": "UPDATE station SET lifecycle = 'IN_SERVICE' WHERE key = %s",
    "disconnect": "UPDATE station SET gateway_id = NULL WHERE key = %s",
    "begin": "UPDATE session SET status = 'ACTIVE' WHERE station_key = %s",
    "end": "UPDATE session SET status = 'COMPLETED' WHERE station_key = %s",
}
STEP = st.tuples(st.sampled_from([*DEEDS, "connect", "rename", "gap"]), st.integers(0, 1))


@dataclass(frozen=True)
class Wall:
    """What somebody watches: a document, the subscription's field and the list in it."""

    query: str
    field: str
    list_name: str


STATIONS = Wall(QUERY, "stationUpdates", "stations")


class Hearing:
    """A subscriber in process."""

    def __init__(self, wall: Wall) -> None:
        self.mirror = Mirror(wall.field, wall.list_name)

    def offer(self, payload: str) -> bool:
        self.mirror.hear(json.loads(payload))
        return True

    def fail(self, code: str, message: str) -> None:
        raise AssertionError(f"{code}: {message}")


async def join(api: Api, scope: Scope, filter: dict[str, Any], wall: Wall = STATIONS) -> tuple[Hearing, Group]:
    hearing = Hearing(wall)
    request = Request(wall.query, None, {"filter": filter})
    document = api.execution.prepare(request, scope)
    plan = await api.fanout.plan(document, request, Context(api.house, scope))
    assert not isinstance(plan, tuple), plan
    return hearing, api.fanout.join(plan, Watched(document, request, scope), hearing)


async def fresh(api: Api, scope: Scope, filter: dict[str, Any], wall: Wall = STATIONS) -> dict[str, Any]:
    """What a new watcher, served by a group of its own, is shown."""
    other = api_of_like(api)
    hearing, group = await join(other, scope, filter, wall)
    for _ in range(500):
        if hearing.mirror.complete:
            break
        await asyncio.sleep(0.01)
    other.fanout.leave(group, hearing)
    return hearing.mirror.entities


def api_of_like(api: Api) -> Api:
    return Api(api.house.desk, api.house.settings)


async def do(world: World, tenant: Tenant, deed: str, at: int, *, tell: bool = True) -> None:
    station = tenant.stations[at]
    if deed == "gap":
        world.desk.feed.lose()
        return
    if deed == "rename":
        place = next(one for one in tenant.locations if one.key == station.location_key)
        [(version,)] = world.ingest("SELECT version FROM location WHERE key = %s", place.key)
        made(
            await locations.update(
                scope=tenant.scope,
                desk=world.desk,
                location_id=place.uuid,
                if_version=int(str(version)),
                draft=location_draft(f"v{version}"),
            )
        )
        return
    if deed == "connect":
        world.connect(station.key)
    else:
        world.ingest(DEEDS[deed], station.key)
        world.ingest("UPDATE station SET version = version + 1 WHERE key = %s", station.key)
    if tell:
        noun = Noun.SESSION if deed in ("begin", "end") else Noun.STATION
        change = Change(noun, tenant.operator.key, station.key, 0, station.location_key, station.key)
        world.desk.feed.publish([change])


async def settled(mirror: Mirror, expected: dict[str, Any]) -> bool:
    """Whether the mirror comes to show it, in good time."""
    for _ in range(200):
        if mirror.complete and mirror.entities == expected:
            return True
        await asyncio.sleep(0.01)
    return False


async def story(
    world: World, tenant: Tenant, filter: dict[str, Any], steps: list[tuple[str, int]], *, tell: bool
) -> bool:
    api = api_of(world)
    early, group = await join(api, tenant.scope, filter)
    while not early.mirror.complete:
        await asyncio.sleep(0.01)
    for number, (deed, at) in enumerate(steps):
        await do(world, tenant, deed, at, tell=tell)
        if number == len(steps) // 2:
            late, _ = await join(api, tenant.scope, filter)  # somebody joins in the middle
        await asyncio.sleep(0)
    expected = await fresh(api, tenant.scope, filter)
    agreed = await settled(early.mirror, expected) and await settled(late.mirror, expected)
    await api.fanout.close()
    assert group.task is not None
    return agreed


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter=st.sampled_from(FILTERS), steps=st.lists(STEP, min_size=1, max_size=12))
def test_snapshot_and_updates_equal_a_fresh_snapshot(
    database: TestDatabase, filter: dict[str, Any], steps: list[tuple[str, int]]
) -> None:
    async def run() -> None:
        world, tenant = await _begun(database)
        try:
            assert await story(world, tenant, filter, steps, tell=True)
        finally:
            await world.desk.database.close()

    asyncio.run(run())


def test_the_law_notices_an_untold_change(database: TestDatabase) -> None:
    """The negative control: a writer that does not publish breaks the law."""

    async def run() -> None:
        world, tenant = await _begun(database)
        try:
            assert not await story(world, tenant, {}, [("connect", 0), ("connect", 1), ("retire", 0)], tell=False)
        finally:
            await world.desk.database.close()

    asyncio.run(run())


_made: dict[str, Tenant] = {}


async def _begun(database: TestDatabase) -> tuple[World, Tenant]:
    """One tenant a database: examples go on where the last one ended."""
    if database.name in _made:
        return make_world(database), _made[database.name]
    world = await furnished(database, ALPHA)
    _made[database.name] = world.tenants["ALPHA"]
    return world, world.tenants["ALPHA"]
