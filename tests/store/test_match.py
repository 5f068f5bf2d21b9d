"""A filter is put to SQL for a snapshot and to `app.domain.match` for what changed: both must say the same of every row.

The second decides who is shown what, so the law is tested with random filters, rights and rows, and must notice a hole.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import match
from app.domain.command import CommandStatus
from app.domain.filter import CommandFilter, SessionFilter, StationFilter, TimeRange
from app.domain.page import PageRequest
from app.domain.scope import CallerKind, Permission, Scope
from app.domain.session import SessionOrigin, SessionStatus, StepName
from app.domain.station import ConnectionState, ConnectorStatus, Lifecycle
from app.queries import commands, sessions, stations, watched
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, BRAVO, furnished
from tests.world import Tenant, World, add_place

NOBODY = UUID(int=1)
NOON = datetime.now(UTC).replace(microsecond=0)
Agreement = tuple[set[int], set[int]]  # what SQL found, what the pure function agreed to


def some(values: Iterable[Any]) -> st.SearchStrategy[tuple[Any, ...] | None]:
    """Any (None), nothing at all, or some of the values; an id of nobody is among the ids."""
    return st.none() | st.lists(st.sampled_from(list(values)), max_size=3).map(tuple)


def moments() -> st.SearchStrategy[TimeRange | None]:
    moment = st.none() | st.integers(-4, 4).map(lambda hours: NOON + timedelta(minutes=30 * hours))
    return st.none() | st.builds(TimeRange, moment, moment)


class Ground:
    """Two operators, the first with three places and five stations in every state."""

    def __init__(self, world: World, ours: Tenant, theirs: Tenant) -> None:
        self.world, self.ours, self.theirs = world, ours, theirs
        both = (ours, theirs)
        self.places = [*(place.uuid for one in both for place in one.locations), NOBODY]
        self.stations = [*(station.uuid for one in both for station in one.stations), NOBODY]
        self.evses = [*(evse.uuid for one in both for station in one.stations for evse in station.evses), NOBODY]
        self.sessions = [*ours.session_ids, *theirs.session_ids, NOBODY]
        self.commands = [*ours.command_ids, *theirs.command_ids, NOBODY]
        self.tokens = [tenant.token.uuid for tenant in both if tenant.token is not None] + [NOBODY]
        self.drivers = [tenant.driver.uuid for tenant in both if tenant.driver is not None] + [NOBODY]
        self.accounts = [tenant.account.uuid for tenant in both if tenant.account is not None] + [NOBODY]
        self.keys = [int(str(row[0])) for row in world.ingest("SELECT key FROM station")]

    def scopes(self) -> st.SearchStrategy[Scope]:
        places = st.sampled_from([one.key for tenant in (self.ours, self.theirs) for one in tenant.locations])
        allowed = st.none() | st.frozensets(places)
        assert self.ours.driver is not None
        drivers = st.sampled_from([None, None, None, self.ours.driver.key, 0])  # few of the callers are drivers

        def scope(keys: frozenset[int] | None, driver: int | None) -> Scope:
            kind = CallerKind.API_TOKEN if driver is None else CallerKind.DRIVER
            return replace(self.ours.scope, kind=kind, location_keys=keys, driver_key=driver)

        return st.builds(scope, allowed, drivers)

    def station_filters(self) -> st.SearchStrategy[StationFilter]:
        return st.builds(
            StationFilter,
            location_ids=some(self.places),
            ids=some(self.stations),
            identities=some([*(station.identity for station in self.ours.stations), "nobody"]),
            connection=some(ConnectionState),
            connector_status=some(ConnectorStatus),
            lifecycle=some(Lifecycle),
            vendors=some(["Vendor ALPHA", "vendor alpha"]),
            models=some(["Model ALPHA", "M"]),
            firmware=some(["Firmware ALPHA", ""]),
        )

    def session_filters(self) -> st.SearchStrategy[SessionFilter]:
        return st.builds(
            SessionFilter,
            location_ids=some(self.places),
            station_ids=some(self.stations),
            evse_ids=some(self.evses),
            ids=some(self.sessions),
            status=some(SessionStatus),
            origin=some([SessionOrigin.RFID, SessionOrigin.APP]),
            token_ids=some(self.tokens),
            driver_ids=some(self.drivers),
            account_ids=some(self.accounts),
            started_at=moments(),
            ended_at=moments(),
            flagged=st.none() | st.booleans(),
            failed_step=some([StepName.AUTHORISED, StepName.CABLE_PLUGGED]),
        )

    def command_filters(self) -> st.SearchStrategy[CommandFilter]:
        return st.builds(
            CommandFilter,
            ids=some(self.commands),
            station_ids=some(self.stations),
            session_ids=some(self.sessions),
            status=some(CommandStatus),
            created_at=moments(),
        )

    async def of_stations(self, scope: Scope, filter: StationFilter) -> Agreement:
        database, operator = self.world.desk.database, scope.operator_key
        page = await stations.search(scope=scope, database=database, filter=filter, page=PageRequest(200))
        rows = await watched.stations(operator_key=operator, database=database, keys=self.keys)
        keys = await watched.stations_meant(operator_key=operator, database=database, filter=filter)
        agreed = {key for key, value in rows.items() if match.station_matches(filter, keys, scope, value)}
        return {found.key for found in page.items}, agreed

    async def of_sessions(self, scope: Scope, filter: SessionFilter) -> Agreement:
        database, operator = self.world.desk.database, scope.operator_key
        page = await sessions.search(scope=scope, database=database, filter=filter, page=PageRequest(200))
        rows = await watched.sessions(operator_key=operator, database=database, keys=range(100))
        keys = await watched.sessions_meant(operator_key=operator, database=database, filter=filter)
        agreed = {key for key, value in rows.items() if match.session_matches(filter, keys, scope, value)}
        return {found.key for found in page.items}, agreed

    async def of_commands(self, scope: Scope, filter: CommandFilter) -> Agreement:
        database, operator = self.world.desk.database, scope.operator_key
        page = await commands.search(scope=scope, database=database, filter=filter, page=PageRequest(200))
        rows = await watched.commands(operator_key=operator, database=database, keys=range(100))
        keys = await watched.commands_meant(operator_key=operator, database=database, filter=filter)
        agreed = {key for key, (value, at) in rows.items() if match.command_matches(filter, keys, scope, value, at)}
        return {found.key for found in page.items}, agreed


async def make_ground(database: TestDatabase) -> Ground:
    world = await furnished(database, ALPHA, BRAVO)
    ours, theirs = world.tenants["ALPHA"], world.tenants["BRAVO"]
    await add_place(world, ours, 3, stations_=3)
    first, second, third, fourth, _ = ours.stations
    world.connect(first.key)
    world.ingest("UPDATE connector SET status = 'FAULTED' WHERE station_key = %s", second.key)
    world.ingest("UPDATE station SET lifecycle = 'IN_SERVICE' WHERE key = %s", third.key)
    world.ingest("UPDATE station SET lifecycle = 'RETIRED', last_seen_at = now() WHERE key = %s", fourth.key)
    one, other = ours.session_ids
    world.ingest("UPDATE session SET status = 'ACTIVE', ended_at = NULL, flags = '{}' WHERE id = %s", one)
    failed = '{"AUTHORISED": {"state": "FAILED"}}'
    world.ingest("UPDATE session SET token_key = NULL, evse_key = NULL, steps = %s WHERE id = %s", failed, other)
    world.ingest("UPDATE command SET status = 'SENT', session_key = NULL WHERE id = %s", ours.command_ids[0])
    return Ground(world, ours, theirs)


NOUNS = {
    "stations": (Ground.station_filters, Ground.of_stations),
    "sessions": (Ground.session_filters, Ground.of_sessions),
    "commands": (Ground.command_filters, Ground.of_commands),
}


def law(database: TestDatabase, noun: str) -> None:
    """Raises when SQL and the pure function disagree about any row."""
    filters, compare = NOUNS[noun]

    async def ground() -> Ground:
        made = await make_ground(database)
        await made.world.desk.database.close()
        return made

    with asyncio.Runner() as runner:
        at = runner.run(ground())
        seen: set[bool] = set()

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(scope=at.scopes(), filter=filters(at))
        def agree(scope: Scope, filter: Any) -> None:
            found, agreed = runner.run(compare(at, scope, filter))
            assert agreed == found
            seen.add(bool(found))

        try:
            agree()
            everything, _ = runner.run(compare(at, at.ours.scope, _wide(noun)))
            assert len(everything) >= 2
            assert seen == {True, False}  # the law would hold of nothing at all
        finally:
            runner.run(at.world.desk.database.close())


def _wide(noun: str) -> Any:
    return {"stations": StationFilter(), "sessions": SessionFilter(), "commands": CommandFilter()}[noun]


@pytest.mark.parametrize("noun", NOUNS)
def test_sql_and_the_pure_function_agree(database: TestDatabase, noun: str) -> None:
    law(database, noun)


@pytest.mark.parametrize("noun", NOUNS)
def test_the_law_notices_a_forgotten_location_scope(
    database: TestDatabase, noun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: rights that end at the operator show what lies outside the caller's locations."""
    sound: Callable[..., bool] = match.may_see

    def wide(scope: Scope, *rest: Any) -> bool:
        return sound(replace(scope, location_keys=None), *rest)

    monkeypatch.setattr(match, "may_see", wide)
    with pytest.raises(AssertionError):
        law(database, noun)


def test_nothing_matches_by_default(database: TestDatabase) -> None:
    """Another operator, a missing permission, ids never looked up and texts: each alone hides a station."""

    async def story() -> None:
        at = await make_ground(database)
        scope, desk = at.ours.scope, at.world.desk.database
        rows = await watched.stations(operator_key=scope.operator_key, database=desk, keys=at.keys)
        one, wide, keys = rows[at.ours.stations[0].key], StationFilter(), match.Keys()
        assert match.station_matches(wide, keys, scope, one)
        assert not match.station_matches(wide, keys, at.theirs.scope, one)
        unable = replace(scope, permissions=frozenset(Permission) - {Permission.NETWORK_READ})
        assert not match.station_matches(wide, keys, unable, one)
        assert not match.station_matches(wide, keys, replace(scope, location_keys=frozenset()), one)
        assert not match.station_matches(StationFilter(ids=(one.uuid,)), keys, scope, one)
        assert not match.station_matches(StationFilter(location_ids=(at.places[0],)), keys, scope, one)
        assert not match.station_matches(StationFilter(text=""), keys, scope, one)
        await desk.close()

    asyncio.run(story())
