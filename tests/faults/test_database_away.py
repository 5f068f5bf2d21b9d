"""A stop of PostgreSQL answers nobody, closes no socket, and loses nothing once it is back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from app.feed import Feed
from app.inbox import Inbox, committer
from app.store.embedded import EmbeddedPostgres
from app.store.intake.connection import IngestConnection, connect
from app.store.intake.read import was_committed
from app.store.migrate import INGEST_ROLE
from tests.faults.charger import story
from tests.faults.conftest import Service, dial
from tests.faults.server import HOLD
from tests.faults.test_acknowledgement import VERSIONS, check_answered, check_whole, stories, tell
from tests.gateway.doubles import until
from tests.ground import START, World
from tests.inbox.conftest import GATEWAY, Clock, Voice, started

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # what `pg_ctl stop -m fast` and `-m immediate` send


def stop_postgres(server: EmbeddedPostgres, how: signal.Signals) -> None:
    """Stops the server that this module started, by its process id, and waits for its end."""
    process = server._server.get_postmaster_info().process
    os.kill(server.pid, how)
    process.wait(20)


@pytest.mark.parametrize("how", [FAST, IMMEDIATE], ids=["fast", "immediate"])
@pytest.mark.parametrize("name", ["before decide", "before commit", "after commit"])
async def test_nobody_is_answered_while_the_database_is_away_and_everybody_after(
    world: World, service: Service, name: str, how: signal.Signals
) -> None:
    told = stories(await dial(world, service, *VERSIONS))
    await tell(service, told, until_message="status")
    service.arm(name, act=HOLD)
    saying = [asyncio.create_task(charger.say(messages[1])) for charger, messages in told.items()]
    await service.reached()
    stop_postgres(service.postgres, how)
    service.disarm()
    # A whole second of an away database: only what was committed before it went may be answered.
    await asyncio.wait(saying, timeout=1)
    if name != "after commit":
        assert not any(task.done() for task in saying)
    assert all(charger.connected for charger in told)
    service.postgres.restart()
    assert await asyncio.gather(*saying) == [True] * len(saying)
    again = World(service.postgres.owner_url)
    for charger, messages in told.items():
        check_answered(again, charger, messages)
    await tell(service, told, until_message="free", since="meter")
    for charger, messages in told.items():
        assert charger.connected
        check_whole(again, charger, messages)
        await charger.close()
    again.close()


async def test_duties_are_done_again_after_the_database_was_away(world: World, service: Service) -> None:
    """The worker that waits for duties outlives the connection on which it waits."""
    (charger,) = await dial(world, service, "ocpp2.0.1")
    messages = story(charger.version, began=datetime.now(UTC) - timedelta(hours=1))
    for message in (messages[1], messages[3]):
        assert await charger.say(message)
    stop_postgres(service.postgres, IMMEDIATE)
    await asyncio.sleep(0.5)
    service.postgres.restart()
    again = World(service.postgres.owner_url)
    again.run("UPDATE duty SET due_at = now() WHERE station_key = %s", charger.row.key)
    await until(
        lambda: (
            again.one("SELECT state FROM duty WHERE kind = 'SETTLE_SESSION' AND station_key = %s", charger.row.key)
            == ("DONE",)
        ),
        within=40,
    )
    again.close()
    await charger.close()


async def test_an_inbox_stops_although_the_database_is_away(
    durable: EmbeddedPostgres, world: World, monkeypatch
) -> None:
    monkeypatch.setattr("app.inbox.inbox.STOP_PATIENCE_S", 0.3)
    clock = Clock()
    inbox = Inbox(durable.role_url(INGEST_ROLE), Feed(), gateway_id=GATEWAY, clock=clock)
    await inbox.start()
    voice = await Voice(inbox, world.station(world.operator("Stops"), "STOPS"), clock).connect()
    stop_postgres(durable, FAST)
    try:
        saying = asyncio.create_task(voice.say(started(START)))
        await until(lambda: not inbox.available)
        await inbox.stop()
        assert not saying.done()
        saying.cancel()
    finally:
        durable.restart()


async def test_an_inbox_stops_although_the_database_goes_away_meanwhile(
    durable: EmbeddedPostgres, world: World, monkeypatch
) -> None:
    monkeypatch.setattr("app.inbox.inbox.STOP_PATIENCE_S", 0.3)
    about_to, go_on = asyncio.Event(), asyncio.Event()
    armed = False

    async def linger(name: str) -> None:
        if armed and name == "before commit":
            about_to.set()
            await go_on.wait()

    clock = Clock()
    inbox = Inbox(durable.role_url(INGEST_ROLE), Feed(), gateway_id=GATEWAY, clock=clock, checkpoint=linger)
    await inbox.start()
    voice = await Voice(inbox, world.station(world.operator("Leaves"), "LEAVES"), clock).connect()
    armed = True
    saying = asyncio.create_task(voice.say(started(START)))
    await about_to.wait()
    stopping = asyncio.create_task(inbox.stop())
    await asyncio.sleep(0)
    stop_postgres(durable, FAST)
    try:
        go_on.set()
        await asyncio.wait_for(stopping, 20)
        assert not saying.done()
        saying.cancel()
    finally:
        durable.restart()


# -- a commit whose answer was lost -----------------------------------------------------------------------------------


class TornConnection:
    """Wraps a connection: at one commit the line breaks before it, or after the server has done it."""

    def __init__(self, real: IngestConnection, cut: list[str]) -> None:
        self._real, self._cut = real, cut

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def commit(self) -> None:
        cut = self._cut.pop() if self._cut else None
        if cut == "after":
            await self._real.commit()
        if cut is not None:
            await self._real.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        await self._real.commit()


@pytest.fixture
async def torn(durable: EmbeddedPostgres, world: World, monkeypatch) -> AsyncIterator[Callable]:
    """An inbox whose next commit is cut: `torn("before" | "after")` connects a station and arms the cut."""
    cut: list[str] = []

    async def connect_torn(url: str) -> TornConnection:
        return TornConnection(await connect(url), cut)

    monkeypatch.setattr("app.inbox.inbox.connect", connect_torn)
    clock = Clock()
    inbox = Inbox(durable.role_url(INGEST_ROLE), Feed(), gateway_id=GATEWAY, clock=clock)
    await inbox.start()

    async def make(where: str) -> Voice:
        operator = world.operator("Torn")
        world.token(operator, "CARD")
        station = world.station(operator, f"T-{where}-{operator.key}")
        voice = await Voice(inbox, station, clock).connect()
        cut.append(where)
        return voice

    yield make
    await inbox.stop()


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_commit_whose_answer_was_lost_happens_once(torn, world: World, where: str) -> None:
    voice = await torn(where)
    answer = await voice.say(started(START))
    assert answer.transaction_id == "tx-1"
    (uuid,) = world.one("SELECT id FROM session WHERE station_key = %s", voice.row.key)
    assert world.one("SELECT count(*) FROM event_log WHERE subject_id = %s", uuid) == (1,)
    assert world.one("SELECT count(*) FROM frame WHERE station_key = %s AND action = 'TransactionReported'",
                     voice.row.key) == (1,)  # fmt: skip
    assert world.one("SELECT count(*) FROM reading WHERE station_key = %s", voice.row.key) == (1,)


async def test_a_transaction_number_that_the_server_never_flushed_counts_as_lost(durable: EmbeddedPostgres) -> None:
    """After a crash PostgreSQL may not know the number of a transaction that left no trace."""
    async with await connect(durable.role_url(INGEST_ROLE)) as connection:
        assert await was_committed(connection, str(2**40)) is False
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_a_number_reused_after_a_crash_does_not_pass_for_our_commit(torn, world: World, monkeypatch) -> None:
    """The server crashed before our commit was flushed, and gave our number to somebody who did commit."""
    voice = await torn("before")

    async def somebody_else_committed(connection: IngestConnection, transaction: str) -> bool:
        return True

    monkeypatch.setattr(committer, "was_committed", somebody_else_committed)
    await voice.say(started(START))
    assert world.one("SELECT count(*) FROM session WHERE station_key = %s", voice.row.key) == (1,)
