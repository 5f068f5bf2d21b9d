"""The update law for sessions and commands: as for stations, whatever happens to them, in every filter and scope."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.ids import Prefix, public_id
from app.feed import Change, Noun
from schema.subscription.source import CommandSource, SessionSource, Source
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.schema.conftest import api_of
from tests.schema.test_update_law import Wall, fresh, join, settled
from tests.world import Tenant, World, make_world, narrowed, uuid7


@dataclass(frozen=True)
class Law:
    """A kind of record: how it is watched, what may happen to one, and which filters may be asked.

    A deed is an assignment of columns; filters name the tenant's things as ``$station``, ``$token`` and so on.
    """

    wall: Wall
    table: str
    noun: Noun
    source: type[Source]
    deeds: dict[str, str]
    filters: tuple[dict[str, Any], ...]
    copied: str


SESSIONS = Law(
    Wall(
        """subscription($filter: SessionFilter!) { sessionUpdates(filter: $filter) { kind leftIds sessions {
          id version status origin energyWh powerW startedAt endedAt stopReason reviewFlags { code } steps { name state }
          token { id } evse { number } } } }""",
        "sessionUpdates",
        "sessions",
    ),
    "session",
    Noun.SESSION,
    SessionSource,
    {
        "begin": "status = 'ACTIVE', ended_at = NULL, started_at = now()",
        "meter": "energy_wh = energy_wh + 100, meter_settled_wh = meter_settled_wh + 100, power_w = 11000",
        "end": "status = 'COMPLETED', ended_at = now(), stop_reason = 'Local'",
        "spoil": 'status = \'INVALID\', steps = steps || \'{"START_ACCEPTED": {"state": "FAILED"}}\'',
        "flag": "flags = '{ENERGY_JUMP}'",
        "believe": "flags = '{}'",
        "forget the token": "token_key = NULL",
    },
    (
        {},
        {"status": ["ACTIVE"]},
        {"status": ["COMPLETED", "INVALID"], "flagged": False},
        {"flagged": True},
        {"failedStep": ["START_ACCEPTED"]},
        {"stationIds": ["$station"]},
        {"tokenIds": ["$token"]},
        {"locationIds": ["$location"], "origin": ["RFID"]},
        {"ids": ["$session"]},
        {"operatorIds": ["$operator"]},
        {"operatorIds": ["$nobody"]},
        {"endedAt": {"from": "2020-01-01T00:00:00Z"}},
    ),
    "operator_key, location_key, station_key, evse_key, evse_number, connector_number, status, origin, token_key, token_uid, "
    "created_at, started_at, energy_wh, meter_settled_wh, steps, flags",
)
COMMANDS = Law(
    Wall(
        """subscription($filter: CommandFilter!) { commandUpdates(filter: $filter) { kind leftIds commands {
          id version action status effect reason answer { status accepted } station { identity } session { id } } } }""",
        "commandUpdates",
        "commands",
    ),
    "command",
    Noun.COMMAND,
    CommandSource,
    {
        "send": "status = 'SENT', sent_at = now()",
        "answer": "status = 'ANSWERED', answer_status = 'Rejected', answer_accepted = false",
        "give up": "status = 'TIMED_OUT', failure = 'none'",
        "observe": "effect = 'OBSERVED'",
        "link": "session_key = NULL",
    },
    (
        {},
        {"status": ["QUEUED", "SENT"]},
        {"status": ["ANSWERED"]},
        {"stationIds": ["$station"]},
        {"sessionIds": ["$session"]},
        {"ids": ["$command"]},
        {"operatorIds": ["$operator", "$nobody"]},
        {"operatorIds": []},
        {"createdAt": {"from": "2020-01-01T00:00:00Z"}},
    ),
    "operator_key, station_key, evse_key, session_key, action, body, status, effect, requested_by, reason, created_at, deadline",
)
LAWS = {"sessions": SESSIONS, "commands": COMMANDS}


def meant(law: Law, tenant: Tenant, filter: dict[str, Any]) -> dict[str, Any]:
    """The filter with the tenant's own ids."""
    assert tenant.token is not None
    names: dict[str, tuple[Prefix, UUID]] = {
        "$station": (Prefix.STATION, tenant.stations[0].uuid),
        "$token": (Prefix.TOKEN, tenant.token.uuid),
        "$location": (Prefix.LOCATION, tenant.locations[0].uuid),
        "$operator": (Prefix.OPERATOR, tenant.operator.uuid),
        "$nobody": (Prefix.OPERATOR, UUID(int=1)),
        "$session": (Prefix.SESSION, tenant.session_ids[0]),
        "$command": (Prefix.COMMAND, tenant.command_ids[0]),
    }

    def put(value: Any) -> Any:
        return [put(one) for one in value] if isinstance(value, list) else _id(names, value)

    return {name: put(value) for name, value in filter.items()}


def _id(names: dict[str, tuple[Prefix, UUID]], value: Any) -> Any:
    return public_id(*names[value]) if isinstance(value, str) and value in names else value


def do(world: World, tenant: Tenant, law: Law, deed: str, at: int, *, tell: bool) -> None:
    """Something happens to a record, or one like it appears, and (unless the writer is a bad one) it is told."""
    if deed == "gap":
        world.desk.feed.lose()
        return
    station = tenant.stations[at]
    [(newest,)] = world.ingest(f"SELECT max(key) FROM {law.table} WHERE station_key = %s", station.key)
    if deed == "appear":
        [(newest,)] = world.ingest(
            f"INSERT INTO {law.table} (id, {law.copied}) SELECT %s, {law.copied} FROM {law.table} WHERE key = %s "
            "RETURNING key",
            uuid7(),
            newest,
        )
    else:
        world.ingest(f"UPDATE {law.table} SET {law.deeds[deed]}, version = version + 1 WHERE key = %s", newest)
    if tell:
        assert isinstance(newest, int)
        world.desk.feed.publish([Change(law.noun, tenant.operator.key, newest, 0, station.location_key, station.key)])


async def story(
    world: World,
    tenant: Tenant,
    law: Law,
    filter: dict[str, Any],
    steps: list[tuple[str, int]],
    *,
    everywhere: bool = True,
    tell: bool = True,
) -> bool:
    """Whether two watchers, one from the start and one from the middle, end with what a fresh snapshot shows."""
    api = api_of(world)
    scope = tenant.scope if everywhere else narrowed(tenant, tenant.locations[0])
    filter = meant(law, tenant, filter)
    early, _ = await join(api, scope, filter, law.wall)
    while not early.mirror.complete:
        await asyncio.sleep(0.01)
    late = early
    for number, (deed, at) in enumerate(steps):
        do(world, tenant, law, deed, at, tell=tell)
        if number == len(steps) // 2:
            late, _ = await join(api, scope, filter, law.wall)
        await asyncio.sleep(0)
    expected = await fresh(api, scope, filter, law.wall)
    agreed = await settled(early.mirror, expected) and await settled(late.mirror, expected)
    await api.fanout.close()
    return agreed


_made: dict[str, Tenant] = {}


def told(database: TestDatabase, law: Law, filter: dict[str, Any], steps: list[tuple[str, int]], **how: bool) -> bool:
    async def run() -> bool:
        if database.name not in _made:
            world = await furnished(database, ALPHA)
            _made[database.name] = world.tenants["ALPHA"]
        else:
            world = make_world(database)
        try:
            return await story(world, _made[database.name], law, filter, steps, **how)
        finally:
            await world.desk.database.close()

    return asyncio.run(run())


def _steps(law: Law) -> st.SearchStrategy[list[tuple[str, int]]]:
    return st.lists(
        st.tuples(st.sampled_from([*law.deeds, "appear", "gap"]), st.integers(0, 1)), min_size=1, max_size=12
    )


_law = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_law
@given(filter=st.sampled_from(SESSIONS.filters), steps=_steps(SESSIONS), everywhere=st.booleans())
def test_sessions(
    database: TestDatabase, filter: dict[str, Any], steps: list[tuple[str, int]], everywhere: bool
) -> None:
    assert told(database, SESSIONS, filter, steps, everywhere=everywhere)


@_law
@given(filter=st.sampled_from(COMMANDS.filters), steps=_steps(COMMANDS), everywhere=st.booleans())
def test_commands(
    database: TestDatabase, filter: dict[str, Any], steps: list[tuple[str, int]], everywhere: bool
) -> None:
    assert told(database, COMMANDS, filter, steps, everywhere=everywhere)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
async def test_after_every_deed_every_watcher_is_right(database: TestDatabase, law: Law) -> None:
    """No chance is involved: each deed at both places, with every filter, within and without a scope."""
    world = await furnished(database, ALPHA)
    tenant = world.tenants["ALPHA"]
    api = api_of(world)
    scopes = (tenant.scope, narrowed(tenant, tenant.locations[0]))
    watching = [(scope, meant(law, tenant, filter)) for scope in scopes for filter in law.filters]
    hearings = [(await join(api, scope, filter, law.wall))[0] for scope, filter in watching]
    for deed, at in [(deed, at) for deed in [*law.deeds, "appear", *law.deeds] for at in (0, 1)]:
        do(world, tenant, law, deed, at, tell=True)
        for hearing, (scope, filter) in zip(hearings, watching, strict=True):
            assert await settled(hearing.mirror, await fresh(api, scope, filter, law.wall)), (deed, at, filter)
    await api.fanout.close()
    await world.desk.database.close()


def _yes(*_: object) -> bool:
    return True


def _no(*_: object) -> bool:
    return False


# What a source may get wrong, with a filter and a story that must show it.
_LEAVING = {
    "sessions": ({"status": ["ACTIVE"]}, ["begin", "end"]),
    "commands": ({"status": ["SENT"]}, ["send", "give up"]),
}
_SABOTAGE: dict[str, Callable[[Source], object]] = {
    "what matches no longer stays": _yes,
    "what matches now is not looked at": _no,
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("sabotage", _SABOTAGE)
def test_the_law_notices_a_source_that_is_wrong(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, law: str, sabotage: str
) -> None:
    """The negative control: the same stories hold with the source as it is."""
    filter, (enter, leave) = _LEAVING[law]
    stays_away, comes = [(leave, 0)], [(leave, 0), (enter, 0)]
    assert told(database, LAWS[law], filter, stays_away) and told(database, LAWS[law], filter, comes)
    monkeypatch.setattr(LAWS[law].source, "matches", _SABOTAGE[sabotage])
    assert not (told(database, LAWS[law], filter, stays_away) and told(database, LAWS[law], filter, comes))


@pytest.mark.parametrize("law", LAWS)
def test_the_law_notices_an_untold_change(database: TestDatabase, law: str) -> None:
    """The negative control: a writer that does not publish breaks the law."""
    assert not told(database, LAWS[law], {}, [("appear", 0), ("appear", 1)], tell=False)
