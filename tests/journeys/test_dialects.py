"""Dialect law: the same story told in 1.6, 2.0.1 and 2.1 leaves the same session."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from app.domain.command import action_of
from app.domain.request.core import StartTransaction, StopTransaction
from app.domain.token import PresentedToken
from app.feed import Feed
from app.inbox import Inbox
from app.jobs.sweeps import Sweeper
from app.main.process import utc_now
from app.store.request_body import body_json
from gateway.ocpp16 import inbound as inbound16
from gateway.server import OcppServer
from simulator.fleet import Fleet
from simulator.spec import StationSpec
from simulator.station import Station
from tests.faults.charger import FIRST_WH, LAST_WH, Charger, story
from tests.gateway.doubles import until
from tests.ground import OperatorRow, StationRow, World, _uuid
from tests.inbox.conftest import GATEWAY

VERSIONS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}
# Stop reasons are the station's own words; a story ends for the same cause in every version.
CAUSES = {"EVDisconnected": "LEFT", "Local": "LOCAL", "Remote": "REMOTE"}


@dataclass
class Installation:
    """A gateway over an inbox, one operator who knows CARD and asks 0.50 a kWh, and a sweeper for its commands."""

    server: OcppServer
    sweeper: Sweeper
    world: World
    operator: OperatorRow

    def station(self, version: str) -> StationRow:
        return self.world.station(self.operator, f"D-{version}-{len(self.operator.stations)}", evses=1)


@pytest.fixture
async def installation(database, world: World, feed: Feed) -> AsyncIterator[Installation]:
    inbox = Inbox(database.ingest_url, feed, gateway_id=GATEWAY, clock=utc_now)
    await inbox.start()
    server = OcppServer(inbox, "127.0.0.1", 0, GATEWAY)
    await server.start()
    sweeper = Sweeper(database.ingest_url, feed, gateway_id=GATEWAY, name="t", clock=utc_now, stations=server)
    await sweeper.prepare(sole_server=True)
    running = asyncio.create_task(sweeper.run())
    operator = world.operator("Dialects")
    world.token(operator, "CARD")
    world.tariff(operator)
    yield Installation(server, sweeper, world, operator)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await server.stop()
    await sweeper.close()
    await inbox.stop()


def shape(world: World, row: StationRow) -> dict[str, Any]:
    """What must not depend on the version; exactly one session."""
    ((status, energy, cost, token, reason, steps, flags, settled, started, ended),) = world.rows(
        "SELECT status, energy_wh, cost_minor, token_uid, stop_reason, steps, flags, settled_at IS NOT NULL,"
        " started_at, ended_at FROM session WHERE station_key = %s", row.key,
    )  # fmt: skip
    return {
        "status": status,
        "energy": energy,
        "cost": cost,
        "token": token,
        "cause": CAUSES.get(reason, reason),
        "steps": sorted((name, mark["state"]) for name, mark in steps.items()),
        "flags": flags,
        "settled": settled,
        "lasted": ended - started,
    }


# -- stories in exact frames -------------------------------------------------------------------------------------------

Plot = Callable[[Charger, list], Awaitable[None]]


async def happy(charger: Charger, messages: list) -> None:
    for message in messages:
        assert await charger.say(message)


async def offline_in_mid_session(charger: Charger, messages: list) -> None:
    """The line is lost after the start; what happened meanwhile is sent in order when it is back, without a boot."""
    for message in messages[:2]:
        assert await charger.say(message)
    await charger.close()
    await charger.connect()
    for message in messages[2:]:
        assert await charger.say(message)


async def lost_start(charger: Charger, messages: list) -> None:
    """The start was heard, its answer was not: the station sends it again."""
    assert await charger.say(messages[0])
    assert await charger.say(messages[1])
    await charger.close()
    charger.transaction = None
    await charger.connect()
    for message in messages[1:]:
        assert await charger.say(message)


async def tell(installation: Installation, plot: Plot) -> dict[str, dict[str, Any]]:
    """The story in every version, with the same instants and registers; 1.6 gives its cause when it stops."""
    began, shapes = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1), {}
    for name, subprotocol in VERSIONS.items():
        row = installation.station(name)
        charger = Charger(row, subprotocol, port=lambda: installation.server.port)
        await charger.connect()
        await charger.boot()
        await plot(charger, story(subprotocol, began=began))
        await charger.close()
        shapes[name] = shape(installation.world, row)
    return shapes


@pytest.mark.parametrize("plot", [happy, offline_in_mid_session, lost_start])
async def test_the_same_story_leaves_the_same_session_in_every_version(installation: Installation, plot: Plot) -> None:
    shapes = await tell(installation, plot)
    for found in shapes.values():
        assert found == shapes["2.0.1"]
    assert (found["status"], found["energy"], found["cost"]) == ("COMPLETED", LAST_WH - FIRST_WH, 200)
    assert (found["token"], found["cause"], found["flags"], found["settled"]) == ("CARD", "LEFT", [], True)
    assert found["lasted"] == timedelta(minutes=30)


async def test_a_translator_that_drops_the_first_register_breaks_the_law(installation, monkeypatch) -> None:
    """Negative control."""
    monkeypatch.setattr(inbound16, "register", lambda payload, name: None if name == "meterStart" else payload[name])
    shapes = await tell(installation, happy)
    assert shapes["1.6"] != shapes["2.0.1"]


# -- remote start and stop, by the simulator ---------------------------------------------------------------------------


def command(world: World, row: StationRow, body, session_key: int) -> int:
    """As the mutation leaves it: committed, and found by the dispatching sweep."""
    now = utc_now()
    (key,) = world.one(
        "INSERT INTO command (id, operator_key, station_key, session_key, action, body, status, effect, requested_by,"
        " created_at, deadline) VALUES (%s, %s, %s, %s, %s, %s, 'QUEUED', 'AWAITED', 'test', %s, %s)"
        " RETURNING key",
        _uuid(), row.operator_key, row.key, session_key, action_of(body), orjson.dumps(body_json(body)).decode(), now,
        now + timedelta(seconds=20),
    )  # fmt: skip
    return int(key)


def promise(world: World, row: StationRow, remote_start_id: int) -> int:
    now = utc_now()
    (key,) = world.one(
        "INSERT INTO session (id, operator_key, location_key, station_key, evse_number, connector_number, status,"
        " origin, token_uid, remote_start_id, created_at, start_deadline)"
        " VALUES (%s, %s, %s, %s, 1, 1, 'PENDING', 'APP', 'VGAPP1', %s, %s, %s) RETURNING key",
        _uuid(), row.operator_key, row.location_key, row.key, remote_start_id, now, now + timedelta(seconds=60),
    )  # fmt: skip
    return int(key)


async def remote(installation: Installation, version: str, number: int) -> dict[str, Any]:
    """A promise, a remote start at a waiting car, a remote stop."""
    world, row = installation.world, installation.station(version)
    spec = StationSpec(row.identity, row.password, version, tokens=("CARD",), meter_interval_s=1)
    fleet = Fleet(f"ws://127.0.0.1:{installation.server.port}/ocpp", [spec], seed=3, time_factor=50)
    life = asyncio.create_task(fleet.run(visitors=False))
    station: Station = fleet[row.identity]
    await station.wait_until(lambda one: one.link.online)
    await station.plug_in(1)
    key = promise(world, row, number)
    start = command(world, row, StartTransaction(PresentedToken("VGAPP1"), number, 1, 1), key)
    await until(lambda: world.one("SELECT status FROM session WHERE key = %s", key) == ("ACTIVE",))
    (transaction_id,) = world.one("SELECT transaction_id FROM session WHERE key = %s", key)
    stop = command(world, row, StopTransaction(transaction_id), key)
    await until(lambda: world.one("SELECT settled_at IS NOT NULL FROM session WHERE key = %s", key) == (True,))
    await until(
        lambda: (
            world.rows("SELECT status, effect FROM command WHERE key IN (%s, %s)", start, stop)
            == [("ANSWERED", "OBSERVED")] * 2
        )
    )
    await station.unplug(1)
    await fleet.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await life
    found = shape(world, row)
    # The simulator's meter runs in real time: its own registers say what the energy must be.
    first, last = world.one("SELECT min(energy_wh), max(energy_wh) FROM reading WHERE session_key = %s", key)
    assert found.pop("energy") == last - first
    return {name: value for name, value in found.items() if name not in ("cost", "lasted")}


async def test_a_remote_start_and_stop_leave_the_same_session_in_every_version(installation: Installation) -> None:
    told = await asyncio.gather(*(remote(installation, version, 70 + n) for n, version in enumerate(VERSIONS)))
    assert told[0] == told[1] == told[2]
    assert (told[0]["status"], told[0]["token"], told[0]["cause"]) == ("COMPLETED", "VGAPP1", "REMOTE")
