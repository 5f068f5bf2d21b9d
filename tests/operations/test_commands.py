"""Asking stations: refused without a trace, sent once, answered in the charger's own words."""

import asyncio
from datetime import timedelta

from app.domain.command import CommandStatus, OutboundCommand
from app.domain.refusal import ErrorCode, Refusal
from app.domain.request.core import Reset, StartTransaction
from app.domain.session import SessionStatus, StepState
from app.feed import Change, Noun
from app.operations import care, commands, starts
from app.operations.commands import Sent, Target
from tests.world import Tenant, World, made, options


def answering(world: World, tenant: Tenant, status: str = "Accepted") -> None:
    """The charger answers every command at once; the answer comes the way the inbox brings it."""

    def answer(command: OutboundCommand) -> None:
        world.ingest(
            "UPDATE command SET status = 'ANSWERED', answer_status = %s, answer_accepted = %s, answer_raw = '{}', "
            "answered_at = now(), version = version + 1 WHERE key = %s",
            status,
            status == "Accepted",
            command.command_key,
        )
        change = Change(Noun.COMMAND, tenant.operator.key, command.command_key)
        asyncio.get_running_loop().call_soon(world.desk.feed.publish, [change])

    world.stations.on_send = answer


def counted(world: World) -> list[tuple[object, ...]]:
    return world.ingest(
        "SELECT (SELECT count(*) FROM command), (SELECT count(*) FROM session), (SELECT count(*) FROM audit_entry)"
    )


async def reset(world: World, tenant: Tenant, key: str, **values: object) -> Sent | Refusal:
    return await care.reset(
        scope=tenant.scope,
        desk=world.desk,
        station_id=tenant.stations[0].uuid,
        evse_id=None,
        when_idle=True,
        options=options(key, **values),
    )


async def start(world: World, tenant: Tenant, key: str, **values: object) -> Sent | Refusal:
    draft = starts.StartDraft(**({"evse_id": tenant.stations[0].evses[0].uuid} | values))  # type: ignore[arg-type]
    return await starts.start(scope=tenant.scope, desk=world.desk, draft=draft, options=options(key, wait_s=5))


async def test_an_offline_station_refuses_and_nothing_is_written(world: World, tenant: Tenant) -> None:
    before = counted(world)
    refused = await reset(world, tenant, "offline")
    assert isinstance(refused, Refusal)
    assert refused.code is ErrorCode.STATION_OFFLINE
    assert counted(world) == before
    queued = made(await reset(world, tenant, "offline", queue_until=world.clock() + timedelta(hours=1)))
    assert isinstance(queued, Sent)
    assert queued.command.status is CommandStatus.QUEUED
    assert world.stations.sent == []


async def test_the_chargers_answer_comes_back_and_a_repeat_sends_nothing(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    answering(world, tenant, "Rejected")
    first = made(await reset(world, tenant, "once", wait_s=10))
    assert isinstance(first, Sent)
    assert first.command.status is CommandStatus.ANSWERED
    assert first.command.answer is not None
    assert (first.command.answer.status, first.command.answer.accepted) == ("Rejected", False)
    again = made(await reset(world, tenant, "once", wait_s=10))
    assert again == first
    assert [sent.body for sent in world.stations.sent] == [Reset(True)]


async def test_a_silent_charger_leaves_the_command_queued(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    world.stations.holds = False
    sent = made(await reset(world, tenant, "silent", wait_s=0))
    assert isinstance(sent, Sent)
    assert sent.command.status is CommandStatus.QUEUED


async def test_a_start_promises_a_session(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    answering(world, tenant)
    before = (await world.station(tenant)).version
    sent = made(await start(world, tenant, "start"))
    assert isinstance(sent, Sent)
    assert sent.session is not None
    assert sent.session.status is SessionStatus.PENDING
    assert sent.session.steps["AUTHORISED"].state is StepState.DONE
    body = world.stations.sent[0].body
    assert isinstance(body, StartTransaction)
    assert len(body.token.uid) == 16
    assert body.remote_start_id == sent.session.remote_start_id
    station = await world.station(tenant)
    assert station.version == before + 1
    assert station.evses[0].session_key == sent.session.key
    busy = await start(world, tenant, "second")
    assert isinstance(busy, Refusal)
    assert busy.code is ErrorCode.EVSE_BUSY


async def test_two_starts_at_once_make_one_session(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    answering(world, tenant)
    outcomes = await asyncio.gather(*(start(world, tenant, f"race-{n}") for n in range(4)))
    assert sorted(isinstance(outcome, Refusal) for outcome in outcomes) == [False, True, True, True]


async def test_what_a_start_refuses(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    assert tenant.token is not None
    world.ingest("UPDATE token SET valid = false WHERE key = %s", tenant.token.key)
    blocked = await start(world, tenant, "a", token_id=tenant.token.uuid)
    assert isinstance(blocked, Refusal)
    assert blocked.code is ErrorCode.TOKEN_REFUSED
    world.ingest("UPDATE connector SET status = 'FAULTED'")
    broken = await start(world, tenant, "b")
    assert isinstance(broken, Refusal)
    assert broken.code is ErrorCode.EVSE_OUT_OF_SERVICE
    world.ingest("UPDATE connector SET status = NULL")
    world.ingest("UPDATE station SET registration = 'PENDING'")
    pending = await start(world, tenant, "c")
    assert isinstance(pending, Refusal)
    assert pending.code is ErrorCode.STATION_NOT_ACCEPTED


async def test_only_a_running_session_can_be_stopped(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    answering(world, tenant)

    async def stop(key: str) -> Sent | Refusal:
        return await starts.stop(
            scope=tenant.scope, desk=world.desk, session_id=tenant.session_ids[0], options=options(key, wait_s=5)
        )

    ended = await stop("a")
    assert isinstance(ended, Refusal)
    assert ended.code is ErrorCode.SESSION_NOT_ACTIVE
    world.ingest("UPDATE session SET status = 'ACTIVE', ended_at = NULL WHERE id = %s", tenant.session_ids[0])
    sent = made(await stop("b"))
    assert isinstance(sent, Sent)
    assert sent.command.action == "StopTransaction"


async def test_a_queued_start_can_be_taken_back(world: World, tenant: Tenant) -> None:
    draft = starts.StartDraft(tenant.stations[0].evses[0].uuid)
    until = world.clock() + timedelta(hours=1)
    queued = made(
        await starts.start(scope=tenant.scope, desk=world.desk, draft=draft, options=options("q", queue_until=until))
    )
    assert isinstance(queued, Sent)
    cancelled = made(await commands.cancel(scope=tenant.scope, desk=world.desk, command_id=queued.command.uuid))
    assert isinstance(cancelled, Sent)
    assert cancelled.command.status is CommandStatus.CANCELLED
    assert cancelled.session is not None
    assert cancelled.session.status is SessionStatus.INVALID
    again = await commands.cancel(scope=tenant.scope, desk=world.desk, command_id=queued.command.uuid)
    assert isinstance(again, Refusal)
    assert again.code is ErrorCode.COMMAND_NOT_QUEUED


async def test_the_other_commands_reach_the_charger(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    answering(world, tenant)
    station = tenant.stations[0]
    scope, desk = tenant.scope, world.desk
    variable = care.VariableDraft("OCPPCommCtrlr", "HeartbeatInterval", value="60")
    for sent in (
        await care.unlock(
            scope=scope, desk=desk, connector_id=station.evses[1].connectors[0].uuid, options=options("a", wait_s=5)
        ),
        await care.change_availability(
            scope=scope, desk=desk, target=Target(station.uuid), operative=False, options=options("b", wait_s=5)
        ),
        await care.trigger_message(
            scope=scope,
            desk=desk,
            target=Target(station.uuid),
            message="Heartbeat",
            custom=None,
            options=options("c", wait_s=5),
        ),
        await care.get_variables(
            scope=scope, desk=desk, station_id=station.uuid, variables=(variable,), options=options("d", wait_s=5)
        ),
        await care.set_variables(
            scope=scope, desk=desk, station_id=station.uuid, variables=(variable,), options=options("e", wait_s=5)
        ),
    ):
        assert isinstance(made(sent), Sent)
    assert [type(sent.body).__name__ for sent in world.stations.sent] == [
        "UnlockConnector",
        "ChangeAvailability",
        "TriggerMessage",
        "GetVariables",
        "SetVariables",
    ]


async def test_a_start_that_is_only_promised_is_told_apart_from_a_charge(world: World, tenant: Tenant) -> None:
    world.connect(tenant.stations[0].key)
    answering(world, tenant)
    made(await start(world, tenant, "first"))
    again = await start(world, tenant, "second")
    assert isinstance(again, Refusal)
    assert again.code is ErrorCode.EVSE_BUSY and again.retryable
    assert again.message.startswith("A start is already promised")
    world.ingest("UPDATE session SET status = 'ACTIVE', started_at = now() WHERE status = 'PENDING'")
    charging = await start(world, tenant, "third")
    assert isinstance(charging, Refusal)
    assert charging.code is ErrorCode.EVSE_BUSY and charging.message.startswith("Somebody charges here")
