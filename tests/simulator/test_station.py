"""Stories of a station in three versions, told through the real gateway."""

import asyncio
from pathlib import Path

import pytest

from app.domain.answer import BootAnswer, TokenAnswer, TransactionAnswer
from app.domain.event import (
    Arrival,
    Booted,
    CommandAnswered,
    CommandFailed,
    Connected,
    HeartbeatSent,
    MeterReported,
    StatusReported,
    TokenPresented,
    TransactionPhase,
    TransactionReported,
)
from app.domain.meter import in_order
from app.domain.request import StationRequest
from app.domain.request.core import (
    ChangeAvailability,
    GetVariables,
    Reset,
    SetVariables,
    StartTransaction,
    StopTransaction,
    TriggerMessage,
    UnlockConnector,
    VariableName,
)
from app.domain.station import ChargingState, ConnectorStatus, Registration
from app.domain.token import AuthorisationStatus, PresentedToken
from gateway.server import OcppServer
from simulator.battery import Battery
from simulator.fleet import Fleet
from simulator.spec import VENDOR, StationSpec
from simulator.station import Station
from tests.gateway.doubles import NOW, ScriptedIntake, command, until
from tests.simulator.conftest import Dial

VERSIONS = ("1.6", "2.0.1", "2.1")
every_version = pytest.mark.parametrize("version", VERSIONS)


def spec(version: str, **changes: object) -> StationSpec:
    return StationSpec("SIM-1", version=version, tokens=("TAG",), meter_interval_s=1, **changes)  # type: ignore[arg-type]


def transactions(intake: ScriptedIntake) -> list[TransactionReported]:
    return intake.events(TransactionReported)


def phases(intake: ScriptedIntake) -> list[TransactionPhase]:
    return [event.phase for event in transactions(intake)]


def nothing_was_tolerated(intake: ScriptedIntake) -> None:
    assert [arrival.problems for arrival in intake.arrivals if arrival.problems] == []
    assert [frame.raw for frame in intake.frames if frame.inbound or frame.raw.startswith("[4")] == []


async def drained(station: Station) -> None:
    await station.wait_until(lambda one: one.link.online and one.link.waiting == 0)


class Asker:
    """Sends commands to the one station and returns its words."""

    def __init__(self, server: OcppServer, intake: ScriptedIntake) -> None:
        self.server, self.intake, self.key = server, intake, 0

    async def __call__(self, body: StationRequest) -> str:
        self.key += 1
        key = self.key
        assert self.server.send(command(key, 1, body))
        await until(lambda: key in self.outcomes())
        return self.outcomes()[key]

    def outcomes(self) -> dict[int, str]:
        failed = {event.command_key: "failed" for event in self.intake.events(CommandFailed)}
        return failed | {event.command_key: event.status for event in self.intake.events(CommandAnswered)}


@pytest.fixture
def ask(server: OcppServer, intake: ScriptedIntake) -> Asker:
    return Asker(server, intake)


@every_version
async def test_a_happy_session(dial: Dial, intake: ScriptedIntake, version: str) -> None:
    station = await dial(spec(version))
    await station.plug_in(1, Battery(50_000, 0.4, 11_000))
    assert await station.tap(1, "TAG")
    await until(lambda: phases(intake).count(TransactionPhase.UPDATED) >= 2)
    assert not await station.tap(1, "SOMEBODY")
    assert await station.tap(1, "TAG")
    await station.unplug(1)
    await drained(station)
    assert intake.events(Booted)[0].vendor == VENDOR
    assert intake.events(TokenPresented)[0].token.uid == "TAG"
    events = transactions(intake)
    assert (events[0].phase, events[-1].phase) == (TransactionPhase.STARTED, TransactionPhase.ENDED)
    assert events[-1].stop_reason == "Local"
    assert len({event.transaction_id for event in events if event.transaction_id}) == 1
    assert not any(event.offline for event in events)
    readings = in_order(reading for event in events for reading in event.readings)
    seconds = (readings[-1].at - readings[0].at).total_seconds()
    gained = (readings[-1].energy_wh or 0) - (readings[0].energy_wh or 0)
    assert gained == pytest.approx(11_000 * seconds / 3600, abs=3)
    assert {reading.power_w for reading in readings} <= {None, 0, 10_999, 11_000, 11_001}
    seen = [(event.evse, event.status) for event in intake.events(StatusReported) if event.evse]
    assert seen[0] == (1, ConnectorStatus.AVAILABLE)
    assert (1, ConnectorStatus.OCCUPIED) in seen
    assert seen[-1] == (1, ConnectorStatus.AVAILABLE)
    if version == "1.6":
        states = [event.charging_state for event in intake.events(StatusReported) if event.evse]
        assert states == [None, ChargingState.EV_CONNECTED, ChargingState.CHARGING, ChargingState.EV_CONNECTED, None]
    else:
        assert [event.seq_no for event in events] == list(range(len(events)))
    nothing_was_tolerated(intake)


@every_version
async def test_a_full_car_suspends(dial: Dial, intake: ScriptedIntake, version: str) -> None:
    station = await dial(spec(version))
    await station.plug_in(1, Battery(10, 0.9, 22_000))
    await station.tap(1, "TAG")
    await station.wait_until(lambda one: one.positions[1].transaction is not None and not one.positions[1].charging)
    await drained(station)

    def suspended() -> bool:
        told = [event.charging_state for event in intake.events(StatusReported)]
        return ChargingState.SUSPENDED_EV in told + [event.charging_state for event in transactions(intake)]

    await until(suspended)
    nothing_was_tolerated(intake)


@every_version
async def test_refused_cards_charge_nothing(dial: Dial, intake: ScriptedIntake, version: str) -> None:
    intake.scripts[TokenPresented] = lambda arrival: TokenAnswer(AuthorisationStatus.BLOCKED)
    station = await dial(spec(version))
    await station.plug_in(1)
    assert not await station.tap(1, "TAG")
    assert transactions(intake) == []


@every_version
async def test_a_card_refused_at_the_start_ends_the_transaction(
    dial: Dial, intake: ScriptedIntake, version: str
) -> None:
    def refuse(arrival: Arrival) -> TransactionAnswer:
        return TransactionAnswer("77", TokenAnswer(AuthorisationStatus.BLOCKED))

    intake.scripts[TransactionReported] = refuse
    station = await dial(spec(version))
    await station.plug_in(1)
    assert await station.tap(1, "TAG")
    await until(lambda: TransactionPhase.ENDED in phases(intake))
    assert transactions(intake)[-1].stop_reason == "DeAuthorized"


@every_version
async def test_an_outage_is_lived_through_in_order(dial: Dial, intake: ScriptedIntake, version: str) -> None:
    station = await dial(spec(version))
    station.go_offline()
    await station.wait_until(lambda one: not one.link.online)
    await station.plug_in(1)
    assert not await station.tap(1, "STRANGER")
    assert await station.tap(1, "TAG")  # on its local list
    await station.wait_until(lambda one: one.link.waiting >= 3)
    await station.unplug(1)
    assert transactions(intake) == []
    station.come_back()
    await until(lambda: TransactionPhase.ENDED in phases(intake))
    await drained(station)
    events = transactions(intake)
    assert events[0].phase is TransactionPhase.STARTED
    assert events[-1].phase is TransactionPhase.ENDED
    assert set(phases(intake)[1:-1]) == {TransactionPhase.UPDATED}
    assert all(event.transaction_id for event in events[1:]), "1.6 messages waited for their start's answer"
    assert all(event.offline for event in events) == (version != "1.6")
    assert len(intake.events(Connected)) == 2
    assert len(intake.events(Booted)) == 1, "a reconnect is no boot"
    nothing_was_tolerated(intake)


@every_version
async def test_an_outage_in_the_middle(dial: Dial, intake: ScriptedIntake, version: str) -> None:
    station = await dial(spec(version))
    await station.plug_in(1)
    await station.tap(1, "TAG")
    await until(lambda: phases(intake).count(TransactionPhase.UPDATED) >= 1)
    station.go_offline()
    await station.wait_until(lambda one: one.link.waiting >= 2)
    station.come_back()
    await drained(station)
    assert await station.tap(1, "TAG")
    await drained(station)
    events = transactions(intake)
    assert {event.transaction_id for event in events if event.phase is not TransactionPhase.STARTED} == {
        events[-1].transaction_id
    }
    if version != "1.6":
        assert [event.seq_no for event in events] == sorted({event.seq_no or 0 for event in events})
        assert any(event.offline for event in events)


@every_version
async def test_remote_start_and_stop(dial: Dial, intake: ScriptedIntake, ask: Asker, version: str) -> None:
    station = await dial(spec(version, evses=2))
    await station.plug_in(2)
    assert await ask(StartTransaction(PresentedToken("APP", "Central"), 5, 2)) == "Accepted"
    await until(lambda: TransactionPhase.UPDATED in phases(intake))
    first = transactions(intake)[0]
    assert first.token is not None
    assert (first.evse, first.token.uid) == (2, "APP")
    assert first.remote_start_id == (None if version == "1.6" else 5)
    assert await ask(StartTransaction(PresentedToken("APP", "Central"), 6, 2)) == "Rejected"
    known = next(event.transaction_id for event in transactions(intake) if event.transaction_id)
    assert await ask(StopTransaction(known)) == "Accepted"
    await until(lambda: TransactionPhase.ENDED in phases(intake))
    assert transactions(intake)[-1].stop_reason == "Remote"
    assert await ask(StopTransaction(known)) == "Rejected"
    nothing_was_tolerated(intake)


@every_version
async def test_a_remote_start_waits_for_the_cable_but_not_for_ever(
    dial: Dial, intake: ScriptedIntake, ask: Asker, version: str
) -> None:
    station = await dial(spec(version, connection_timeout_s=60))  # 0.6 s at this time factor
    assert await ask(StartTransaction(PresentedToken("APP"), 5, 1)) == "Accepted"
    await station.wait_until(lambda one: one.positions[1].authorised is None)
    await station.plug_in(1)
    assert station.positions[1].transaction is None
    await station.unplug(1)
    assert await ask(StartTransaction(PresentedToken("APP"), 6, 1)) == "Accepted"
    await station.wait_until(lambda one: one.positions[1].authorised is not None)
    await station.plug_in(1)
    await until(lambda: TransactionPhase.STARTED in phases(intake))


@every_version
async def test_reset_reboots(dial: Dial, intake: ScriptedIntake, ask: Asker, version: str) -> None:
    station = await dial(spec(version))
    await station.plug_in(1)
    await station.tap(1, "TAG")
    assert await ask(Reset(when_idle=False)) == "Accepted"
    await intake.wait_for(Booted, 2)
    await drained(station)
    assert transactions(intake)[-1].stop_reason in ("HardReset", "ImmediateReset")
    if version != "1.6":
        assert intake.events(Booted)[1].reason == "RemoteReset"
        await station.unplug(1)
        await station.plug_in(1)
        await station.tap(1, "TAG")
        assert await ask(Reset(when_idle=True)) == "Scheduled"
        await station.tap(1, "TAG")
        await intake.wait_for(Booted, 3)


@every_version
async def test_availability_is_scheduled_behind_a_session(
    dial: Dial, intake: ScriptedIntake, ask: Asker, version: str
) -> None:
    station = await dial(spec(version, evses=2))
    await station.plug_in(1)
    await station.tap(1, "TAG")
    assert await ask(ChangeAvailability(operative=False, evse=1)) == "Scheduled"
    assert await ask(ChangeAvailability(operative=False, evse=2)) == "Accepted"
    await station.tap(1, "TAG")
    await until(
        lambda: {e.evse for e in intake.events(StatusReported) if e.status is ConnectorStatus.UNAVAILABLE} == {1, 2}
    )
    assert not await station.tap(2, "TAG")
    assert await ask(ChangeAvailability(operative=True)) == "Accepted"
    await station.unplug(1)
    await until(lambda: intake.events(StatusReported)[-1].status is ConnectorStatus.AVAILABLE)


@every_version
async def test_unlock_trigger_and_configuration(dial: Dial, intake: ScriptedIntake, ask: Asker, version: str) -> None:
    station = await dial(spec(version))
    await station.plug_in(1)
    assert await ask(UnlockConnector(1, 1)) == "Unlocked"
    await station.tap(1, "TAG")
    if version == "1.6":
        assert await ask(UnlockConnector(1, 1)) == "Unlocked"
        await until(lambda: TransactionPhase.ENDED in phases(intake))
    else:
        assert await ask(UnlockConnector(1, 1)) == "OngoingAuthorizedTransaction"
        assert await ask(TriggerMessage("TransactionEvent", 1)) == "Accepted"
        await until(lambda: "Trigger" in {event.trigger for event in transactions(intake)})
    statuses = len(intake.events(StatusReported))
    for message, kind, more in (
        ("Heartbeat", HeartbeatSent, 1),
        ("MeterValues", MeterReported, 1),
        ("BootNotification", Booted, 2),
        ("StatusNotification", StatusReported, statuses + 1),
    ):
        assert (
            await ask(TriggerMessage(message, None if message in ("Heartbeat", "BootNotification") else 1))
            == "Accepted"
        )
        await intake.wait_for(kind, more)
    assert await ask(TriggerMessage("FirmwareStatusNotification")) == "NotImplemented"
    interval = VariableName("OCPPCommCtrlr", "HeartbeatInterval")
    assert await ask(SetVariables(((interval, "120"),))) == "Accepted"
    assert station.settings.whole("HeartbeatInterval") == 120
    assert await ask(SetVariables(((interval, "often"),))) == "Rejected"
    assert await ask(SetVariables(((VariableName("OCPPCommCtrlr", "NetworkConfigurationPriority"), "1"),))) == (
        "RebootRequired"
    )
    assert await ask(GetVariables((interval,))) == "Accepted"
    assert '"120"' in intake.events(CommandAnswered)[-1].raw
    unknown = await ask(GetVariables((VariableName("OCPPCommCtrlr", "Nothing"),)))
    assert unknown == ("UnknownKey" if version == "1.6" else "UnknownVariable")
    nothing_was_tolerated(intake)


@every_version
async def test_a_pending_station_boots_again(dial: Dial, intake: ScriptedIntake, version: str) -> None:
    def first_pending(arrival: Arrival) -> BootAnswer:
        pending = len(intake.events(Booted)) < 2
        return BootAnswer(Registration.PENDING if pending else Registration.ACCEPTED, NOW, 1)

    intake.scripts[Booted] = first_pending
    await dial(spec(version))
    assert len(intake.events(Booted)) == 2
    await intake.wait_for(HeartbeatSent)  # every second, as the answer asked


async def test_a_password_is_sent(dial: Dial, intake: ScriptedIntake) -> None:
    intake.passwords["SIM-1"] = b"s3cret:with-colon"
    await dial(spec("2.0.1", password="s3cret:with-colon"))
    assert intake.handshakes[0].username == "SIM-1"


async def test_a_fleet_lives_a_day(server: OcppServer, intake: ScriptedIntake) -> None:
    specs = [
        StationSpec(f"F-{number}", version=VERSIONS[number % 3], evses=2, tokens=("A", "B"), meter_interval_s=1)
        for number in range(12)
    ]
    fleet = Fleet(f"ws://127.0.0.1:{server.port}", specs, seed=3, time_factor=3_000)
    running = asyncio.create_task(fleet.run())
    await until(lambda: fleet.state().online == 12 and fleet.state().sessions >= 24, within=60)
    state = fleet.state()
    assert (state.stations, state.plugged <= 24) == (12, True)
    await fleet.stop()
    await running
    ended = [event for event in transactions(intake) if event.phase is TransactionPhase.ENDED]
    assert len(ended) >= 12
    nothing_was_tolerated(intake)


async def test_who_stops_a_fleet_before_its_first_step_has_stopped_it(server: OcppServer) -> None:
    fleet = Fleet(f"ws://127.0.0.1:{server.port}", [StationSpec("EARLY", evses=1)])
    running = asyncio.create_task(fleet.run())
    await fleet.stop()
    await asyncio.wait_for(running, 10)
    assert fleet.state().online == 0


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_was_charging_when_the_power_went_is_ended_when_it_is_back(
    intake: ScriptedIntake, server: OcppServer, tmp_path: Path, version: str
) -> None:
    """And no second life of a station names anything as the first one did."""
    spec = StationSpec("MEMORY", version=version, evses=1, tokens=("A",))
    lives: list[str] = []
    for _ in range(2):
        fleet = Fleet(f"ws://127.0.0.1:{server.port}", [spec], seed=3, memory=tmp_path / "memory.json")
        running = asyncio.create_task(fleet.run(visitors=False))
        station = fleet["MEMORY"]
        await until(lambda station=station: station.link.online)
        await station.plug_in(1)
        assert await station.tap(1, "A")
        await until(lambda station=station: station.positions[1].charging and not station.link.waiting)
        transaction = station.positions[1].transaction
        assert transaction is not None
        lives.append(transaction.key)
        await fleet.stop()
        await running
    ended = [event for event in transactions(intake) if event.phase is TransactionPhase.ENDED]
    assert [event.stop_reason for event in ended] == ["PowerLoss"]
    assert lives[0] != lives[1]
    nothing_was_tolerated(intake)
