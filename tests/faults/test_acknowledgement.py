"""Acknowledgement law: what a charger was answered survives `kill -9` of the server at every named await."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from app.domain.command import action_of
from app.domain.ids import new_uuid
from app.domain.request.core import TriggerMessage
from app.store.request_body import body_json
from tests.faults.charger import LAST_WH, Charger, Message, story
from tests.faults.conftest import Service, dial
from tests.gateway.doubles import until
from tests.ground import World

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
AWAITS = ("before decide", "before commit", "after commit", "after answer")
Stories = dict[Charger, list[Message]]


def stories(chargers: list[Charger]) -> Stories:
    began = datetime.now(UTC) - timedelta(hours=1)
    return {charger: story(charger.version, began=began) for charger in chargers}


def check_answered(world: World, charger: Charger, messages: list[Message]) -> None:
    """The law: whatever was answered is in the database, once."""
    answered = {message.name: message for message in messages if message.answered}
    sessions = world.rows(
        "SELECT transaction_id, status, energy_wh, settled_at IS NOT NULL FROM session WHERE station_key = %s",
        charger.row.key,
    )
    if "start" in answered:
        assert len(sessions) == 1
        assert sessions[0][0] == charger.transaction
        assert len({answer.get("transactionId") for answer in answered["start"].answers}) == 1
    if "stop" in answered:
        assert sessions == [(charger.transaction, "COMPLETED", LAST_WH - 1000, True)]
    (status,) = world.one("SELECT status FROM connector WHERE station_key = %s AND evse_number = 1", charger.row.key)
    if "free" in answered:
        assert status == "AVAILABLE"
    elif "status" in answered:
        assert status in ("OCCUPIED", "AVAILABLE")


def check_whole(world: World, charger: Charger, messages: list[Message]) -> None:
    """After every message was answered: one session, its energy, each transition and reading once."""
    assert all(message.answered for message in messages)
    check_answered(world, charger, messages)
    key, uuid, cost = world.one("SELECT key, id, cost_minor FROM session WHERE station_key = %s", charger.row.key)
    assert cost == 200
    kinds = world.rows("SELECT type FROM event_log WHERE subject_id = %s ORDER BY key", uuid)
    assert sorted(kinds) == [("session.ended",), ("session.settled",), ("session.started",)]
    assert world.rows("SELECT energy_wh FROM reading WHERE session_key = %s ORDER BY at", key) == [
        (1000,),
        (2500,),
        (LAST_WH,),
    ]
    assert world.one("SELECT count(*) FROM quarantine WHERE station_key = %s", charger.row.key) == (0,)


async def tell(service: Service, told: Stories, *, until_message: str, since: str = "status") -> None:
    """Every charger says its messages up to one; those of different chargers share commits."""
    names = [message.name for message in next(iter(told.values()))]
    for index in range(names.index(since), names.index(until_message) + 1):
        await asyncio.gather(*(charger.say(messages[index]) for charger, messages in told.items()))


async def resume(service: Service, told: Stories) -> None:
    """The server is back: chargers dial again and send what was not answered, in order, without a boot (1.6 §5.4)."""
    for charger in told:
        await charger.connect()

    async def finish(charger: Charger, messages: list[Message]) -> None:
        for message in messages:
            while not message.answered:
                assert await charger.say(message)

    await asyncio.gather(*(finish(charger, messages) for charger, messages in told.items()))


async def kill_at(world: World, service: Service, name: str, message: str, told: Stories) -> None:
    """The story up to ``message``, and death at the named await while that one is under way."""
    names = [one.name for one in next(iter(told.values()))]
    if names.index(message) > 0:
        await tell(service, told, until_message=names[names.index(message) - 1])
    service.arm(name)
    await asyncio.gather(*(charger.say(messages[names.index(message)]) for charger, messages in told.items()))
    for charger in told:
        await charger.lost()
    await service.died()
    for charger, messages in told.items():
        check_answered(world, charger, messages)


@pytest.mark.parametrize("message", ["start", "stop"])
@pytest.mark.parametrize("name", AWAITS)
async def test_what_was_answered_survives_kill_9(world: World, service: Service, name: str, message: str) -> None:
    told = stories(await dial(world, service, *VERSIONS))
    await kill_at(world, service, name, message, told)
    await service.start()
    await resume(service, told)
    for charger, messages in told.items():
        check_whole(world, charger, messages)
        await charger.close()


async def test_an_answered_message_sent_again_after_a_kill_changes_nothing(world: World, service: Service) -> None:
    """A charger may have lost the answer: the same start gets the same number, the same stop no second bill."""
    told = stories(await dial(world, service, *VERSIONS))
    await tell(service, told, until_message="stop")
    await service.kill()
    await service.start()
    for charger, messages in told.items():
        number = charger.transaction
        await charger.connect()
        for message in messages[1:4]:
            assert await charger.say(message)
        assert charger.transaction == number
        assert await charger.say(messages[4])
        check_whole(world, charger, messages)
        await charger.close()


async def test_a_server_that_answers_before_the_commit_breaks_the_law(world: World, careless: Service) -> None:
    told = stories(await dial(world, careless, "ocpp2.0.1"))
    with pytest.raises(AssertionError):
        await kill_at(world, careless, "before commit", "start", told)
    await careless.kill()


# -- commands ---------------------------------------------------------------------------------------------------------


def queue(world: World, charger: Charger, *, seconds: float = 60) -> int:
    """A command as a mutation leaves it: QUEUED, for whichever process holds the socket."""
    body, now = TriggerMessage("Heartbeat"), datetime.now(UTC)
    (key,) = world.one(
        "INSERT INTO command (id, operator_key, station_key, action, body, status, effect, requested_by, created_at,"
        " deadline)"
        " VALUES (%s, %s, %s, %s, %s, 'QUEUED', 'NOT_EXPECTED', 'test', %s, %s) RETURNING key",
        new_uuid(at_ms=int(now.timestamp() * 1000)), charger.row.operator_key, charger.row.key, action_of(body),
        orjson.dumps(body_json(body)).decode(), now, now + timedelta(seconds=seconds),
    )  # fmt: skip
    return int(key)


def status_of(world: World, key: int) -> str:
    return str(world.one("SELECT status FROM command WHERE key = %s", key)[0])


async def ends_as(world: World, key: int, status: str) -> None:
    await until(lambda: status_of(world, key) == status, within=30)


def _asked(charger: Charger) -> list[int]:
    """The keys of the commands that reached it, as their messages' names tell."""
    return [int(message_id.split("-")[1]) for message_id, _, _ in charger.commands]


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_command_committed_but_not_yet_on_the_wire_is_unknown_and_never_sent(
    world: World, service: Service, version: str
) -> None:
    (charger,) = await dial(world, service, version)
    service.arm("after commit")
    lost = queue(world, charger)
    await service.died()
    assert status_of(world, lost) == "SENT"
    assert charger.commands == []
    await service.start()
    await ends_as(world, lost, "UNKNOWN")
    await charger.connect()
    await charger.boot()
    after = queue(world, charger)
    await ends_as(world, after, "ANSWERED")
    assert _asked(charger) == [after]
    await charger.close()


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_command_on_the_wire_without_an_answer_is_unknown_and_never_sent_again(
    world: World, service: Service, version: str
) -> None:
    (charger,) = await dial(world, service, version)
    charger.obeys = False
    lost = queue(world, charger)
    await asyncio.wait_for(charger.heard_command.wait(), 20)
    await service.kill()
    await service.start()
    await ends_as(world, lost, "UNKNOWN")
    charger.obeys = True
    await charger.lost()
    await charger.connect()
    await charger.boot()
    after = queue(world, charger)
    await ends_as(world, after, "ANSWERED")
    assert _asked(charger) == [lost, after]
    await charger.close()


@pytest.mark.parametrize("name", ["before decide", "before commit"])
async def test_a_command_not_yet_committed_as_sent_is_sent_once_by_the_next_server(
    world: World, service: Service, name: str
) -> None:
    (charger,) = await dial(world, service, "ocpp2.0.1")
    service.arm(name)
    key = queue(world, charger)
    await service.died()
    assert status_of(world, key) == "QUEUED"
    await service.start()
    await charger.connect()
    await charger.boot()
    await ends_as(world, key, "ANSWERED")
    assert len(charger.commands) == 1
    await charger.close()


async def test_a_queued_command_whose_station_does_not_return_is_undeliverable(world: World, service: Service) -> None:
    (charger,) = await dial(world, service, "ocpp1.6")
    service.arm("before commit")
    key = queue(world, charger, seconds=6)
    await service.died()
    await service.start()
    await ends_as(world, key, "UNDELIVERABLE")
    assert charger.commands == []


# -- duties -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lives", [1, 2])
async def test_a_duty_is_done_exactly_once_in_effect_however_often_its_worker_dies(
    world: World, service: Service, lives: int
) -> None:
    """A session with a gap in its record waits for its grace; the worker dies when the bill is nearly written."""
    (charger,) = await dial(world, service, "ocpp2.0.1")
    messages = stories([charger])[charger]
    for message in (messages[1], messages[3]):  # the reading between them never comes
        assert await charger.say(message)
    for life in range(lives):
        service.arm("during a duty")
        world.run("UPDATE duty SET due_at = now() WHERE station_key = %s", charger.row.key)
        await service.died()
        assert world.one("SELECT settled_at FROM session WHERE station_key = %s", charger.row.key) == (None,), life
        assert world.one(
            "SELECT state, attempts FROM duty WHERE kind = 'SETTLE_SESSION' AND station_key = %s", charger.row.key
        ) == ("OWED", 0)
        world.run("UPDATE duty SET due_at = now() + interval '1 hour' WHERE station_key = %s", charger.row.key)
        await service.start()
    world.run("UPDATE duty SET due_at = now() WHERE station_key = %s", charger.row.key)
    await until(
        lambda: (
            world.one("SELECT state FROM duty WHERE kind = 'SETTLE_SESSION' AND station_key = %s", charger.row.key)
            == ("DONE",)
        ),
        within=40,
    )
    uuid, settled, flags, cost = world.one(
        "SELECT id, settled_at IS NOT NULL, flags, cost_minor FROM session WHERE station_key = %s", charger.row.key
    )
    assert (settled, flags, cost) == (True, ["INCOMPLETE_RECORD"], 200)
    assert world.one("SELECT count(*) FROM event_log WHERE subject_id = %s AND type = 'session.settled'", uuid) == (1,)
    assert world.one(
        "SELECT attempts FROM duty WHERE kind = 'SETTLE_SESSION' AND station_key = %s", charger.row.key
    ) == (1,)
