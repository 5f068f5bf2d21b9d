"""The isolation law for what is watched: snapshots and changes tell nobody of another operator or another place."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from app.domain import match
from app.domain.ids import Prefix, public_id
from app.domain.scope import Scope
from app.feed import Change, Noun
from schema.api import Api
from schema.context import Context
from schema.definition import GRAPHQL
from schema.execution import Request
from schema.subscription.group import Watched
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, BRAVO, furnished
from tests.schema.conftest import api_of
from tests.schema.walk import selection
from tests.world import Tenant, World, narrowed

_DEEP = 4


@dataclass(frozen=True)
class Walk:
    """How a subscription is asked for everything and by name, and how a row of it is touched and told of.

    ``touch`` marks the row with a canary of its own, so that a change can be told from the snapshot.
    """

    filter_type: str
    named: str | None
    prefix: Prefix
    noun: Noun
    table: str
    touch: str


WALKS = {
    "stationUpdates": Walk("StationFilter!", "ids", Prefix.STATION, Noun.STATION, "station", "name = name || %s"),
    "sessionUpdates": Walk(
        "SessionFilter!", "ids", Prefix.SESSION, Noun.SESSION, "session", "stop_reason = stop_reason || %s"
    ),
    "commandUpdates": Walk("CommandFilter!", "ids", Prefix.COMMAND, Noun.COMMAND, "command", "reason = reason || %s"),
    "networkOverview": Walk(
        "StationFilter", "ids", Prefix.STATION, Noun.STATION, "station", "name = name || %s, gateway_id = NULL"
    ),
}
TOUCHED = "touched"  # what the row in question is marked with; the watcher's own says "own"
COUNTED = "networkOverview"  # tells numbers only: a leak is a number that is not one's own


@dataclass(eq=False)
class Ear:
    """A subscriber that keeps every payload."""

    heard: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, payload: str) -> bool:
        self.heard.append(payload)
        self.news.set()
        return True

    def fail(self, code: str, message: str) -> None:
        raise AssertionError(f"{code}: {message}")

    async def until(self, text: str) -> None:
        """Waits for a payload that contains the text."""
        async with asyncio.timeout(30):
            while not any(text in payload for payload in self.heard):
                self.news.clear()
                await self.news.wait()


def test_every_subscription_is_walked() -> None:
    assert GRAPHQL.subscription_type is not None
    assert set(GRAPHQL.subscription_type.fields) == set(WALKS)


async def watch(api: Api, scope: Scope, name: str, filter: dict[str, Any], *, deep: int = _DEEP) -> Ear:
    assert GRAPHQL.subscription_type is not None
    walk, shown = WALKS[name], GRAPHQL.subscription_type.fields[name]
    text = f"subscription($filter: {walk.filter_type}) {{ {name}(filter: $filter) {selection(GRAPHQL, shown.type, deep)} }}"
    request, ear = Request(text, None, {"filter": filter}), Ear()
    document = api.execution.prepare(request, scope)
    assert not document.errors, document.errors
    plan = await api.fanout.plan(document, request, Context(api.house, scope))
    assert not isinstance(plan, tuple), plan
    api.fanout.join(plan, Watched(document, request, scope), ear)
    return ear


def rows_of(world: World, walk: Walk, tenant: Tenant) -> list[tuple[int, str]]:
    """Keys and public ids of the tenant's rows, at the first place and at the second."""
    column = "key" if walk.table == "station" else "station_key"
    found = []
    for station in tenant.stations:
        [(key, uuid)] = world.ingest(f"SELECT key, id FROM {walk.table} WHERE {column} = %s", station.key)
        assert isinstance(key, int)
        found.append((key, public_id(walk.prefix, uuid)))  # type: ignore[arg-type]
    return found


def touch(world: World, walk: Walk, tenant: Tenant, key: int, mark: str) -> None:
    """The row changes. It is told to everybody's watchers, without a place: only rights can keep it from them."""
    world.ingest(f"UPDATE {walk.table} SET {walk.touch}, version = version + 1 WHERE key = %s", mark, key)
    world.desk.feed.publish(
        [Change(walk.noun, one.operator.key, key, station_key=None) for one in world.tenants.values()]
    )


async def heard(
    world: World,
    api: Api,
    scope: Scope,
    about: Tenant,
    at: int,
    name: str,
    own: tuple[Tenant, int],
    *,
    mark: str,
    deep: int = _DEEP,
) -> list[str]:
    """All that a watcher is told while a row of ``about`` changes, by two subscriptions: of everything, and of that row.

    The row is marked with ``mark``. ``own`` is a row that the watcher does see; it changes last, and what came before it has been told by then.
    """
    walk = WALKS[name]
    key, shown = rows_of(world, walk, about)[at]
    ears = [await watch(api, scope, name, filter, deep=deep) for filter in ({}, {"ids": [shown]})]
    for ear in ears:
        await ear.until("NetworkOverview_offline" if name == COUNTED else "SNAPSHOT_END")
    touch(world, walk, about, key, f" {TOUCHED} {mark}")
    if name == COUNTED:
        world.connect(own[0].stations[own[1]].key)
        await ears[0].until('NetworkOverview_online":1')
    else:
        touch(world, walk, own[0], rows_of(world, walk, own[0])[own[1]][0], f" own {mark}")
        await ears[0].until(f"own {mark}")
    return [payload for ear in ears for payload in ear.heard]


def offline(payload: str) -> int:
    found: int = json.loads(payload)["data"][COUNTED]["NetworkOverview_offline"]
    return found


def errors(payloads: list[str]) -> list[str]:
    return [payload for payload in payloads if "errors" in json.loads(payload)]


@pytest.fixture
async def both(database: TestDatabase) -> AsyncIterator[tuple[World, Api, Tenant, Tenant]]:
    world = await furnished(database, ALPHA, BRAVO)
    api = api_of(
        world,
        cost_max=10**12,
        depth_max=40,
        tokens_max=1_000_000,
        aliases_max=1_000_000,
        selections_max=10**9,
        fragments_max=10**6,
    )
    yield world, api, world.tenants["ALPHA"], world.tenants["BRAVO"]
    await api.fanout.close()
    await world.desk.database.close()


def leaks(name: str, payloads: list[str], canary: str, most: int) -> bool:
    """Whether somebody else's canary, or a count above one's own, was told."""
    if name == COUNTED:
        return any(offline(payload) > most for payload in payloads)
    return any(canary in payload for payload in payloads)


@pytest.mark.parametrize("name", WALKS)
async def test_no_update_tells_of_another_operator(both: tuple[World, Api, Tenant, Tenant], name: str) -> None:
    world, api, alpha, bravo = both
    told = await heard(world, api, alpha.scope, bravo, 0, name, (alpha, 1), mark="early news")
    assert errors(told) == []
    assert not leaks(name, told, "BRAVO", 2)
    assert not leaks(name, told, f"{TOUCHED} early news", 2)
    told = await heard(world, api, bravo.scope, bravo, 0, name, (bravo, 1), mark="late news")
    assert errors(told) == []
    if name == COUNTED:
        assert {offline(payload) for payload in told} == {1, 2}
    else:
        assert any("SNAPSHOT" in payload and "BRAVO" in payload for payload in told)
        assert any("CHANGE" in payload and "late news" in payload for payload in told)


@pytest.mark.parametrize("name", WALKS)
async def test_no_update_tells_of_a_place_outside(both: tuple[World, Api, Tenant, Tenant], name: str) -> None:
    world, api, alpha, _ = both
    scope = narrowed(alpha, alpha.locations[0])
    told = await heard(world, api, scope, alpha, 1, name, (alpha, 0), mark="early news")
    assert errors(told) == []
    assert not leaks(name, told, f"{TOUCHED} early news", 1)
    told = await heard(world, api, alpha.scope, alpha, 1, name, (alpha, 0), mark="late news")
    assert name == COUNTED or any("CHANGE" in payload and f"{TOUCHED} late news" in payload for payload in told)


@pytest.mark.parametrize("name", WALKS)
async def test_the_law_notices_a_missing_policy(
    both: tuple[World, Api, Tenant, Tenant], database: TestDatabase, name: str
) -> None:
    """The negative control: without row security on its table, a watcher hears of the other operator."""
    _, api, alpha, _ = both
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        for table in {WALKS[name].table, "station"}:  # a command is only found beside its station
            connection.execute(f"CREATE POLICY hole ON {table} TO voltgraph_app USING (true)")
    ear = await watch(api, alpha.scope, name, {}, deep=1)
    await ear.until("NetworkOverview_offline" if name == COUNTED else "SNAPSHOT_END")
    assert leaks(name, ear.heard, "BRAVO", 2)


@pytest.mark.parametrize("name", sorted(set(WALKS) - {COUNTED}))
async def test_the_law_notices_rights_that_are_not_asked(
    both: tuple[World, Api, Tenant, Tenant], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The negative control: changes are read without rights, and `app.domain.match` alone keeps them apart."""
    world, api, alpha, _ = both
    monkeypatch.setattr(match, "may_see", lambda *_: True)
    told = await heard(world, api, narrowed(alpha, alpha.locations[0]), alpha, 1, name, (alpha, 0), mark="news", deep=1)
    assert leaks(name, told, f"{TOUCHED} news", 1)
