"""What time alone changes: deadlines, promises, leases, days, and duties that fall due."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest
from psycopg import OperationalError

from app.domain.command import OutboundCommand, action_of
from app.domain.event import Booted, CommandAnswered, CommandSending, Disconnected, StatusReported
from app.domain.request.core import StopTransaction, TriggerMessage
from app.domain.station import ConnectorStatus
from app.feed import Feed, Noun
from app.inbox import Inbox
from app.jobs.duties import QUEUE_PATIENCE, do_duty
from app.jobs.sweeps import Retention, Sweeper
from app.jobs.tools import Tools
from app.jobs.worker import DutyWorker
from app.store.intake import history, sweeps
from app.store.intake.connection import connect
from app.store.request_body import body_json
from gateway.limits import COMMAND_QUEUE
from tests.gateway.doubles import until
from tests.ground import START, World, _uuid
from tests.inbox.conftest import GATEWAY, Clock, Voice, ended, started, updated


class Sockets:
    """The gateway as a sweep sees it: it keeps what it was offered, once."""

    def __init__(self) -> None:
        self.offered: list[int] = []
        self.living: list[tuple[int, int]] = []

    def send(self, command: OutboundCommand) -> bool:
        self.offered.append(command.command_key)
        return True

    def close(self, station_key: int, *, reason: str) -> bool:
        return False

    def held(self) -> list[tuple[int, int]]:
        return self.living


@pytest.fixture
def sockets() -> Sockets:
    return Sockets()


@pytest.fixture
def make_sweeper(database, feed: Feed, clock: Clock, sockets: Sockets) -> Callable[..., Sweeper]:
    def make(gateway_id: str = GATEWAY, **more) -> Sweeper:
        return Sweeper(
            database.ingest_url, feed, gateway_id=gateway_id, name="test", clock=clock, stations=sockets, **more
        )

    return make


@pytest.fixture
async def sweeper(make_sweeper, inbox: Inbox) -> AsyncIterator[Sweeper]:
    made = make_sweeper()
    await made.prepare(sole_server=False)
    yield made
    await made.close()


async def sweep(sweeper: Sweeper, *names: str) -> None:
    for name in names:
        await getattr(sweeper, name)(await sweeper._connected())


def queue(
    world: World, station: Voice, clock: Clock, body=None, *, effect: str = "NOT_EXPECTED", seconds: float = 30
) -> int:
    body = body or TriggerMessage("Heartbeat")
    (key,) = world.one(
        "INSERT INTO command (id, operator_key, station_key, action, body, status, effect, requested_by, created_at,"
        " deadline)"
        " VALUES (%s, %s, %s, %s, %s, 'QUEUED', %s, 'test', %s, %s) RETURNING key",
        _uuid(), station.row.operator_key, station.row.key, action_of(body), orjson.dumps(body_json(body)).decode(),
        effect, clock(), clock() + timedelta(seconds=seconds),
    )  # fmt: skip
    return int(key)


def command(world: World, key: int) -> tuple:
    return world.one("SELECT status, effect FROM command WHERE key = %s", key)


async def send(station: Voice, key: int) -> None:
    await station.say(CommandSending(key), action="TriggerMessage")


async def test_a_queued_command_past_its_deadline_is_undeliverable_and_its_watchers_hear(
    voice, world, clock, feed, sweeper
):
    station = await voice()
    key = queue(world, station, clock, effect="AWAITED")
    watch = feed.watch(station.row.operator_key, (Noun.COMMAND, Noun.STATION))
    clock.pass_time(29)
    await sweep(sweeper, "deadlines")
    assert command(world, key) == ("QUEUED", "AWAITED")
    clock.pass_time(2)
    await sweep(sweeper, "deadlines")
    assert command(world, key) == ("UNDELIVERABLE", "NOT_OBSERVED")
    changes, _ = watch.take()
    assert {(change.noun, change.key) for change in changes} == {(Noun.COMMAND, key), (Noun.STATION, station.row.key)}
    assert world.one("SELECT version FROM station WHERE key = %s", station.row.key) == (
        next(change.version for change in changes if change.noun is Noun.STATION),
    )


async def test_a_station_that_comes_back_to_many_commands_is_offered_no_more_than_can_wait_for_it(
    voice, world, clock, sockets, sweeper
):
    """What a gateway has no room for fails at once; offered later, nothing has to fail."""
    station = await voice()
    keys = [queue(world, station, clock, seconds=86_400) for _ in range(COMMAND_QUEUE + 8)]
    await station.say(Booted("V", "M", None, None, "PowerUp"))
    await sweep(sweeper, "dispatch")
    await sweep(sweeper, "dispatch")
    offered = sorted(set(sockets.offered))
    assert offered == keys[: len(offered)]
    assert 0 < len(offered) <= COMMAND_QUEUE
    for key in keys:
        world.one("UPDATE command SET status = 'SENT' WHERE key = %s RETURNING key", key)
        await sweep(sweeper, "dispatch")
    assert sorted(set(sockets.offered)) == keys


async def test_a_station_that_dials_in_anew_while_its_dead_gateway_is_swept_stays_online(
    voice, world, clock, feed, sweeper, database, monkeypatch
):
    """It connects after the sweep has looked, and before the sweep locks its row."""
    other = "00000000-0000-7000-8000-0000000000ff"
    await (await voice("AWAY")).connect(other)
    station = await (await voice()).connect(other)
    held = sweeps._LOST_STATIONS.replace(
        "ORDER BY s.key", "AND pg_advisory_lock_shared(77)::text = '' ORDER BY s.key", 1
    )
    assert held != sweeps._LOST_STATIONS
    monkeypatch.setattr(sweeps, "_LOST_STATIONS", held)
    world.one("SELECT pg_advisory_lock(77)")
    sweeping = asyncio.create_task(sweep(sweeper, "leases"))
    await until(lambda: world.one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == (1,))
    await station.connect(GATEWAY)
    world.one("SELECT pg_advisory_unlock(77)")
    await sweeping
    assert world.one("SELECT gateway_id::text, disconnected_at FROM station WHERE key = %s", station.row.key) == (
        GATEWAY,
        None,
    )
    assert world.one("SELECT gateway_id FROM station WHERE identity = 'AWAY'") == (None,)


async def test_a_sent_command_times_out_and_its_effect_is_given_up_later(voice, world, clock, sweeper):
    station = await voice()
    key = queue(world, station, clock, effect="AWAITED")
    await send(station, key)
    clock.pass_time(35)
    await sweep(sweeper, "deadlines")
    assert command(world, key) == ("SENT", "AWAITED"), "the process with the socket says so first"
    clock.pass_time(10)
    await sweep(sweeper, "deadlines")
    assert command(world, key) == ("TIMED_OUT", "AWAITED")
    clock.pass_time(121)
    await sweep(sweeper, "deadlines")
    assert command(world, key) == ("TIMED_OUT", "NOT_OBSERVED")


async def test_a_promised_start_that_nobody_keeps_is_invalid_with_a_failed_step(voice, world, clock, sweeper):
    station = await voice()
    (key,) = world.one(
        "INSERT INTO session (id, operator_key, location_key, station_key, evse_number, status, origin, created_at,"
        " start_deadline) VALUES (%s, %s, %s, %s, 1, 'PENDING', 'APP', %s, %s) RETURNING key",
        _uuid(), station.row.operator_key, station.row.location_key, station.row.key, clock(),
        clock() + timedelta(seconds=60),
    )  # fmt: skip
    await sweep(sweeper, "deadlines")
    assert world.one("SELECT status FROM session WHERE key = %s", key) == ("PENDING",)
    clock.pass_time(61)
    await sweep(sweeper, "deadlines")
    status, steps = world.one("SELECT status, steps FROM session WHERE key = %s", key)
    assert status == "INVALID"
    assert (steps["TRANSACTION_STARTED"]["state"], steps["TRANSACTION_STARTED"]["code"]) == ("FAILED", "NO_START")
    assert world.one("SELECT count(*) FROM event_log WHERE type = 'session.invalid'") == (1,)


async def test_a_lapsed_lease_takes_its_stations_offline_and_its_commands_to_unknown(
    voice, world, clock, make_sweeper, sweeper
):
    station = await voice()
    key = queue(world, station, clock)
    await send(station, key)
    clock.pass_time(10)
    other = make_sweeper("00000000-0000-7000-8000-000000000002")
    await other.prepare(sole_server=False)
    assert world.one("SELECT gateway_id IS NOT NULL FROM station WHERE key = %s", station.row.key) == (True,)
    clock.pass_time(6)
    await sweep(other, "leases")
    assert command(world, key)[0] == "UNKNOWN"
    assert world.one("SELECT gateway_id, close_reason FROM station WHERE key = %s", station.row.key) == (
        None, "the gateway process ended",
    )  # fmt: skip
    await other.close()


async def test_after_the_database_was_away_every_gateway_may_renew_before_anybody_is_taken_offline(
    voice, world, clock, sweeper, make_sweeper, monkeypatch
):
    """Leases lapse while nobody can renew them; the sockets they speak for are still there."""
    ours = await voice("OURS")
    theirs = await (await voice("THEIRS")).connect("00000000-0000-7000-8000-0000000000fe")
    other = make_sweeper("00000000-0000-7000-8000-0000000000fe")
    await sweep(other, "renew")

    async def away(*_: object, **__: object) -> None:
        raise OperationalError("the database is away")

    for beaten in (sweeper, other):
        with monkeypatch.context() as outage:
            outage.setattr(sweeps, "renew_lease", away)
            await beaten._guarded(beaten.renew)
    clock.pass_time(20)

    def online(station: Voice) -> bool:
        return world.one("SELECT gateway_id IS NOT NULL FROM station WHERE key = %s", station.row.key) == (True,)

    await sweeper._guarded(sweeper.leases)
    assert (online(ours), online(theirs)) == (True, True)
    clock.pass_time(16)  # the other never came back
    await sweeper._guarded(sweeper.leases)
    assert (online(ours), online(theirs)) == (True, False)


async def test_a_gateway_that_stood_still_takes_its_living_sockets_back_and_no_others(
    voice, world, clock, make_sweeper, sweeper, sockets
):
    lives, hung_up, moved = await voice("LIVES"), await voice("HUNG-UP"), await voice("MOVED")
    sockets.living = [(station.row.key, station.epoch) for station in (lives, hung_up, moved)]
    await sweep(sweeper, "renew")
    await hung_up.say(Disconnected("the car left"))
    clock.pass_time(20)
    await sweep(make_sweeper("00000000-0000-7000-8000-0000000000fe"), "leases")
    await moved.connect("00000000-0000-7000-8000-0000000000fe")
    await sweep(sweeper, "renew")
    await sweep(sweeper, "claims")
    rows = dict(world.rows("SELECT identity, gateway_id::text FROM station"))
    assert rows == {"LIVES": GATEWAY, "HUNG-UP": None, "MOVED": "00000000-0000-7000-8000-0000000000fe"}
    assert world.one("SELECT disconnected_at, close_reason FROM station WHERE identity = 'LIVES'") == (None, None)
    told = world.one("SELECT data->>'reason' FROM event_log WHERE type = 'station.connected' AND data ? 'reason'")
    assert told == ("the gateway process goes on",)


async def test_the_only_server_of_a_database_ends_the_leases_it_finds_at_once(
    voice, world, clock, make_sweeper, sweeper
):
    station = await voice()
    clock.pass_time(1)
    heir = make_sweeper("00000000-0000-7000-8000-000000000003")
    ticking = iter(range(1, 1000))
    heir._clock = lambda: clock() + timedelta(microseconds=next(ticking))
    await heir.prepare(sole_server=True)
    assert world.one("SELECT gateway_id FROM station WHERE key = %s", station.row.key) == (None,)
    await heir.close()


async def test_a_queued_command_waits_for_its_station_and_is_sent_once(voice, world, clock, sweeper, sockets):
    station = await voice()
    key = queue(world, station, clock)
    await sweep(sweeper, "dispatch")
    assert sockets.offered == [], "a charger is not spoken to before its boot is handled"
    clock.pass_time(1)
    await station.say(Booted("V", "M"))
    await sweep(sweeper, "dispatch")
    await sweep(sweeper, "dispatch")
    assert set(sockets.offered) == {key}
    answers = [type(await station.say(CommandSending(key), action="x")).__name__ for _ in sockets.offered]
    assert answers == ["Proceed", "Withhold"]
    sockets.offered.clear()
    await sweep(sweeper, "dispatch")
    assert sockets.offered == []


async def test_a_driver_who_wants_to_leave_is_offered_too_after_a_reconnect(voice, world, clock, sweeper, sockets):
    station = await voice()
    key = queue(world, station, clock, StopTransaction("tx-1"))
    clock.pass_time(11)
    await sweep(sweeper, "dispatch")
    assert sockets.offered == [key], "ten quiet seconds are as good as a boot (1.6 §5.4)"


# -- days --------------------------------------------------------------------------------------------------------------


def leaves(world: World, name: str) -> list[str]:
    rows = world.rows(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass"
        " ORDER BY 1", name,
    )  # fmt: skip
    return [row[0].rsplit("_", 1)[1] for row in rows]


def day(at: datetime, days: int) -> str:
    return (at + timedelta(days=days)).strftime("%Y%m%d")


async def test_days_are_made_ahead_of_midnight_and_dropped_by_age(world, clock, sweeper, make_sweeper):
    connection = await sweeper._connected()
    for back in (6, 7, 8, 9):
        await history.ensure_day(connection, (START - timedelta(days=back)).date())
    await sweep(sweeper, "days")
    assert {day(START, ahead) for ahead in range(3)} <= set(leaves(world, "reading"))
    assert leaves(world, "frame")[0] == day(START, -7)
    assert leaves(world, "reading")[0] == day(START, -9)


async def test_the_journal_is_dropped_by_size_but_never_its_newest_day(voice, world, make_sweeper, sweeper):
    await voice()
    connection = await sweeper._connected()
    for back in (1, 2, 3):
        await history.ensure_day(connection, (START - timedelta(days=back)).date())
    hungry = make_sweeper(retention=Retention(frame_bytes=1))
    await sweep(hungry, "days")
    kept = leaves(world, "frame")
    assert day(START, 0) in kept
    assert day(START, -2) not in kept
    assert day(START, -3) in leaves(world, "event_log")


# -- duties ------------------------------------------------------------------------------------------------------------


async def gap_in_the_record(station: Voice, world: World) -> int:
    """A session that ended with a message missing; the key of the duty that closes it."""
    await station.say(started(START))
    await station.say(ended(START + timedelta(minutes=30), wh=5000, seq=2))
    return int(world.one("SELECT key FROM duty WHERE station_key = %s AND kind = 'SETTLE_SESSION'", station.row.key)[0])


async def test_a_duty_woken_twice_at_once_is_done_once(voice, world, clock, feed, database):
    station = await voice()
    key = await gap_in_the_record(station, world)
    clock.pass_time(600)
    done = await asyncio.gather(*(do_duty(database.ingest_url, feed, key, Tools(clock)) for _ in range(4)))
    assert sorted(done) == [False, False, False, True]
    assert world.one("SELECT state, attempts FROM duty WHERE key = %s", key) == ("DONE", 1)
    assert world.one("SELECT count(*) FROM event_log WHERE type = 'session.settled'") == (1,)
    assert world.one("SELECT flags, settled_at IS NOT NULL FROM session") == (["INCOMPLETE_RECORD"], True)


async def test_the_bill_waits_a_day_for_messages_that_a_station_holds_back(voice, world, clock, feed, database):
    station = await voice()
    key = await gap_in_the_record(station, world)
    (question,) = world.one("SELECT key FROM duty WHERE kind = 'ASK_TRANSACTION_STATUS'")
    assert await do_duty(database.ingest_url, feed, question, Tools(clock))
    command_key, body, who = world.one("SELECT key, body, requested_by FROM command")
    assert (body, who) == ({"transaction_id": "tx-1"}, "voltgraph")
    await send(station, command_key)
    said = '{"ongoingIndicator": false, "messagesInQueue": true}'
    await station.say(CommandAnswered(command_key, "Accepted", True, None, None, said))
    assert world.one("SELECT ongoing, messages_in_queue FROM transaction_status") == (False, True)
    clock.pass_time(600)
    assert await do_duty(database.ingest_url, feed, key, Tools(clock))
    assert world.one("SELECT settled_at FROM session") == (None,)
    state, attempts, due = world.one("SELECT state, attempts, due_at FROM duty WHERE key = %s", key)
    assert (state, attempts, due) == ("OWED", 0, START + QUEUE_PATIENCE)
    clock.pass_time(86_400)
    assert await do_duty(database.ingest_url, feed, key, Tools(clock))
    assert world.one("SELECT flags, settled_at IS NOT NULL FROM session") == (["INCOMPLETE_RECORD"], True)


async def test_what_came_meanwhile_is_not_asked_for(voice, world, clock, feed, database):
    station = await voice()
    await gap_in_the_record(station, world)
    await station.say(updated(START + timedelta(minutes=10), wh=2000, seq=1))
    (question,) = world.one("SELECT key FROM duty WHERE kind = 'ASK_TRANSACTION_STATUS'")
    assert await do_duty(database.ingest_url, feed, question, Tools(clock))
    assert world.rows("SELECT key FROM command") == []


async def test_a_duty_that_fails_is_kept_with_its_error_and_tried_later(voice, world, clock, feed, database):
    station = await voice()
    key = await gap_in_the_record(station, world)
    clock.pass_time(600)
    world.run("ALTER TABLE session ADD CONSTRAINT poison CHECK (settled_at IS NULL)")
    assert await do_duty(database.ingest_url, feed, key, Tools(clock))
    state, attempts, error, due = world.one("SELECT state, attempts, last_error, due_at FROM duty WHERE key = %s", key)
    assert (state, attempts) == ("OWED", 1)
    assert "CheckViolation" in error
    assert due > clock()
    world.run("ALTER TABLE session DROP CONSTRAINT poison")
    assert await do_duty(database.ingest_url, feed, key, Tools(clock))
    assert world.one("SELECT settled_at IS NOT NULL FROM session") == (True,)


async def test_a_due_duty_wakes_a_worker_and_is_done(voice, world, clock, database, make_sweeper):
    station = await voice()
    key = await gap_in_the_record(station, world)
    # The question about the gap was asked long ago: one station's duties are done one after the other.
    world.run("UPDATE duty SET state = 'DONE' WHERE kind = 'ASK_TRANSACTION_STATUS'")

    async def do(duty: int) -> bool:
        return await do_duty(database.ingest_url, Feed(), duty, Tools(clock))

    worker = DutyWorker(database.ingest_url, do)
    await worker.open()
    running = asyncio.create_task(worker.run())
    sweeper = make_sweeper(worker=worker)
    await sweep(sweeper, "wake_duties")
    assert world.one("SELECT state FROM duty WHERE key = %s", key) == ("OWED",), "its time has not come"
    clock.pass_time(600)
    await sweep(sweeper, "wake_duties", "wake_duties")
    await until(lambda: world.one("SELECT state FROM duty WHERE key = %s", key) == ("DONE",))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await worker.close()
    await sweeper.close()
    assert world.one("SELECT attempts FROM duty WHERE key = %s", key) == (1,)


async def test_a_station_in_another_writers_hands_only_postpones_its_duty(voice, world, clock, feed, database):
    station = await voice()
    key = await gap_in_the_record(station, world)
    clock.pass_time(600)
    async with await connect(database.ingest_url) as other:
        await other.execute("SELECT 1 FROM station WHERE key = %s FOR UPDATE", (station.row.key,))
        assert not await do_duty(database.ingest_url, feed, key, Tools(clock))
        assert world.one("SELECT state, attempts FROM duty WHERE key = %s", key) == ("OWED", 0)
    assert await do_duty(database.ingest_url, feed, key, Tools(clock))


async def test_an_end_that_names_no_transaction_is_settled_after_the_grace_too(voice, world, clock, feed, database):
    """Nothing but its own key leads to such a session."""
    station = await voice()
    await station.say(ended(START, wh=5000, seq=3, tx=None))
    assert world.one("SELECT status, transaction_id, settled_at FROM session") == ("COMPLETED", None, None)
    clock.pass_time(400)
    assert await do_duty(
        database.ingest_url, feed, int(world.one("SELECT key FROM duty WHERE kind = 'SETTLE_SESSION'")[0]), Tools(clock)
    )
    assert world.one("SELECT flags @> '{INCOMPLETE_RECORD}' FROM session") == (True,)


def free(at: datetime) -> StatusReported:
    return StatusReported(1, 1, ConnectorStatus.AVAILABLE, occurred_at=at)


async def test_a_session_whose_plug_is_long_free_is_closed_priced_and_corrected_by_its_late_end(
    voice, world, clock, feed, database, sweeper
):
    station = await voice()
    await station.say(started(START, wh=1000))
    clock.pass_time(600)
    await station.say(updated(clock(), wh=3000, seq=1))
    clock.pass_time(60)
    await station.say(free(clock()))
    freed_at = clock()
    clock.pass_time(500)
    await sweep(sweeper, "abandoned")
    assert world.one("SELECT status FROM session") == ("ACTIVE",), "its end may still be on its way"
    clock.pass_time(200)
    await sweep(sweeper, "abandoned")
    assert world.one("SELECT status, ended_at, flags, power_w FROM session") == (
        "COMPLETED",
        freed_at,
        ["NEVER_ENDED"],
        0,
    )
    ((key,),) = world.rows("SELECT key FROM duty WHERE kind = 'SETTLE_SESSION'")
    assert await do_duty(database.ingest_url, feed, key, Tools(clock))
    assert world.one("SELECT cost_minor, settled_at FROM session") == (100, None), "priced, but a person looks first"

    await station.say(ended(freed_at - timedelta(seconds=5), wh=3500, seq=2))
    status, flags, energy, cost, settled = world.one(
        "SELECT status, flags, energy_wh, cost_minor, settled_at IS NOT NULL FROM session"
    )
    assert (status, energy, cost, settled) == ("COMPLETED", 2500, 125, True), "the truth, however late"
    assert "NEVER_ENDED" not in flags


@pytest.mark.parametrize("reason", ["a reading came since", "the other plug is taken", "it is offline"])
async def test_a_session_that_may_go_on_is_left_alone(voice, world, clock, sweeper, reason):
    station = await voice()
    await station.say(started(START, wh=1000))
    clock.pass_time(60)
    await station.say(free(clock()))
    if reason == "a reading came since":
        clock.pass_time(60)
        await station.say(updated(clock(), wh=3000, seq=1))
    elif reason == "the other plug is taken":
        await station.say(StatusReported(1, 2, ConnectorStatus.OCCUPIED, occurred_at=clock()))
    else:
        world.one("UPDATE station SET gateway_id = NULL RETURNING 1")
    clock.pass_time(1200)
    await sweep(sweeper, "abandoned")
    assert world.one("SELECT status FROM session") == ("ACTIVE",)


async def test_used_quotes_stay_and_old_keys_go(world, clock, sweeper, voice):
    station = await voice()
    await station.say(started(START))
    (operator,) = world.one("SELECT operator_key FROM session")
    for key, until_ in ((1, START), (2, START), (3, START + timedelta(days=30))):
        world.one(
            "INSERT INTO quote (key, id, operator_key, location_key, evse_key, tariff_key, energy_wh, minutes, "
            "total_minor, hold_minor, created_at, starts_at, valid_until) OVERRIDING SYSTEM VALUE "
            "SELECT %s, gen_random_uuid(), s.operator_key, s.location_key, s.evse_key, s.tariff_key, 1, 1, 1, 1, %s, "
            "%s, %s FROM session s RETURNING key",
            key, START, START, until_,
        )  # fmt: skip
    world.one("UPDATE session SET quote_key = 1 RETURNING key")
    for name, days in (("old", 91), ("new", 80)):
        world.one(
            "INSERT INTO idempotency (operator_key, caller, key, mutation, input_digest, subject_kind, subject_id, "
            "created_at) VALUES (%s, 'me', %s, 'm', '', 'session', gen_random_uuid(), %s) RETURNING key",
            operator, name, clock() - timedelta(days=days),
        )  # fmt: skip
    clock.pass_time(2 * 86_400)
    await sweep(sweeper, "days")
    assert world.rows("SELECT key FROM quote ORDER BY key") == [(1,), (3,)]
    assert world.rows("SELECT key FROM idempotency") == [("new",)]


STAYING = [
    {"components": [{"type": "ENERGY", "price": "0.50"}]},
    {"components": [{"type": "PARKING_TIME", "price": "6.00", "stepSize": 60}], "restrictions": {"minDuration": 3600}},
]


async def stayed(voice, world, clock, elements=STAYING, most=None):
    """A car that was stopped with a card after an hour and stays at the plug."""
    station = await voice()
    world.run("UPDATE tariff SET elements = %s, max_price = %s", orjson.dumps(elements).decode(), most)
    await station.say(StatusReported(1, 1, ConnectorStatus.OCCUPIED, occurred_at=clock()))
    await station.say(started(START, wh=0))
    clock.pass_time(3600)
    end = ended(clock(), wh=10_000, seq=1)
    answer = await station.say(replace(end, trigger="StopAuthorized", stop_reason="Local"))
    assert answer.cost_minor == 500
    return station


async def bill(world, clock, feed, database):
    ((key,),) = world.rows("SELECT key FROM duty WHERE kind = 'SETTLE_SESSION'")
    assert await do_duty(database.ingest_url, feed, key, Tools(clock))
    return world.one(
        "SELECT cost_minor, settled_at IS NOT NULL, steps->'UNPLUGGED'->>'state' FROM session ORDER BY key"
    )


async def test_a_car_that_stays_after_its_end_pays_until_it_leaves(voice, world, clock, feed, database, sweeper):
    station = await stayed(voice, world, clock)
    assert await bill(world, clock, feed, database) == (500, False, "WAITING"), "the bill waits for the unplugging"
    clock.pass_time(1800)
    await sweep(sweeper, "stays")
    assert world.one("SELECT steps->'UNPLUGGED'->>'state' FROM session") == ("WAITING",)
    await station.say(free(clock()))
    clock.pass_time(600)
    await sweep(sweeper, "stays")
    assert await bill(world, clock, feed, database) == (500 + 300, True, "DONE"), "half an hour at 6 EUR"


async def test_the_longest_stay_is_a_day(voice, world, clock, feed, database, sweeper):
    await stayed(voice, world, clock)
    clock.pass_time(3 * 86_400)
    await sweep(sweeper, "days", "stays")
    assert await bill(world, clock, feed, database) == (500 + 24 * 600, True, "SKIPPED")


async def test_another_car_ends_the_stay(voice, world, clock, feed, database, sweeper):
    station = await stayed(voice, world, clock)
    clock.pass_time(600)
    await station.say(started(clock(), wh=10_000, tx="tx-2"))
    clock.pass_time(1200)
    await sweep(sweeper, "stays")
    assert (await bill(world, clock, feed, database))[:2] == (500 + 100, True)


async def test_what_nobody_could_see_of_a_stay_is_not_billed(voice, world, clock, feed, database, sweeper):
    """It was cut off after the end: when the car left, nobody knows."""
    station = await stayed(voice, world, clock)
    clock.pass_time(7200)
    await station.connect()
    await station.say(free(clock()))
    await sweep(sweeper, "stays")
    assert await bill(world, clock, feed, database) == (500, True, "SKIPPED")


@pytest.mark.parametrize("why", ["parking is free", "the plug was pulled"])
async def test_without_a_stay_the_bill_is_written_at_once(voice, world, clock, why):
    if why == "parking is free":
        await stayed(voice, world, clock, STAYING[:1])
    else:
        station = await voice()
        world.run("UPDATE tariff SET elements = %s", orjson.dumps(STAYING).decode())
        await station.say(StatusReported(1, 1, ConnectorStatus.OCCUPIED, occurred_at=clock()))
        await station.say(started(START, wh=0))
        clock.pass_time(3600)
        await station.say(ended(clock(), wh=10_000, seq=1))
    assert world.one("SELECT settled_at IS NOT NULL FROM session") == (True,)
