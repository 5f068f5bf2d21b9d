"""Each persona does what it says, told by what a real gateway makes of it."""

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection

from app.domain.event import (
    Booted,
    CommandFailed,
    Connected,
    MeterReported,
    StatusReported,
    TransactionPhase,
    TransactionReported,
)
from app.domain.quirk import Quirk
from app.domain.request.core import Reset
from app.domain.station import ChargingState
from app.main.cli import _PERSONAS
from gateway.server import OcppServer
from simulator.battery import Battery
from simulator.chance import chance
from simulator.faults import Fault, Network
from simulator.personas import PERSONAS
from simulator.spec import StationSpec
from simulator.station import Station
from tests.gateway.doubles import ScriptedIntake, command, until
from tests.simulator.conftest import Dial


def spec(persona: str, version: str = "1.6") -> StationSpec:
    return StationSpec("SIM-1", version=version, tokens=("TAG",), meter_interval_s=1, persona=persona)


async def visit(station: Station) -> None:
    await station.plug_in(1, Battery(50_000, 0.4, 11_000))
    assert await station.tap(1, "TAG")
    await station.unplug(1)
    await station.wait_until(lambda one: one.link.online and one.link.waiting == 0)


def transactions(intake: ScriptedIntake, phase: TransactionPhase) -> list[TransactionReported]:
    return [event for event in intake.events(TransactionReported) if event.phase is phase]


def test_the_command_line_names_them_all() -> None:
    assert all(name in _PERSONAS for name in PERSONAS if name != "well-behaved")
    with pytest.raises(ValueError, match="no persona"):
        spec("nobody")
    with pytest.raises(ValueError, match="no fault"):
        StationSpec("S", faults=("gremlins",))


@pytest.mark.parametrize("persona", [name for name, one in PERSONAS.items() if one.only == "1.6"])
def test_what_only_one_version_can_do_is_refused_to_others(persona: str) -> None:
    assert persona in _PERSONAS.partition("--version 1.6")[2]
    with pytest.raises(ValueError, match=r"--version 1\.6"):
        spec(persona, "2.0.1")
    assert spec(persona, "1.6").persona == persona


async def test_it_probes_and_comes_back(dial: Dial, intake: ScriptedIntake) -> None:
    await dial(spec("probes-then-2.0.1", "2.0.1"))
    assert [event.subprotocol for event in intake.events(Connected)] == ["ocpp1.6", "ocpp2.0.1"]


async def test_it_offers_nothing(dial: Dial, intake: ScriptedIntake) -> None:
    intake.allowances["SIM-1"] = frozenset({Quirk.NO_SUBPROTOCOL})
    await visit(await dial(spec("no-subprotocol")))
    assert [event.subprotocol for event in intake.events(Connected)] == [""]
    assert len(transactions(intake, TransactionPhase.ENDED)) == 1


async def test_it_boots_for_ever(dial: Dial, intake: ScriptedIntake) -> None:
    await dial(spec("boots-forever"))
    await intake.wait_for(Booted, 3)


async def test_it_answers_no_ping(dial: Dial, server: OcppServer, intake: ScriptedIntake) -> None:
    await dial(spec("never-answers-ping"))
    connection = server._registry.get(1)
    assert connection is not None and isinstance(connection.socket, ServerConnection)
    pong = await connection.socket.ping()
    await visit_quietly(intake)
    assert not pong.done()


async def visit_quietly(intake: ScriptedIntake) -> None:
    """Something else goes to and fro after the ping, so that a pong would have come."""
    seen = len(intake.arrivals)
    async with asyncio.timeout(30):
        while len(intake.arrivals) <= seen and len(intake.frames) < 3:
            await asyncio.sleep(0.01)


async def test_it_answers_no_command(dial: Dial, server: OcppServer, intake: ScriptedIntake) -> None:
    station = await dial(spec("zombie"))
    server.send(command(1, 1, Reset(when_idle=True), within=0.3))
    await intake.wait_for(CommandFailed)
    assert station.link.online


async def test_it_opens_two_sockets(dial: Dial, server: OcppServer, intake: ScriptedIntake) -> None:
    await visit(await dial(spec("two-sockets")))
    assert len(intake.events(Connected)) == 2
    assert server.connections == 1


async def test_it_sends_everything_three_times(dial: Dial, intake: ScriptedIntake) -> None:
    await visit(await dial(spec("resends-same-id")))
    await until(lambda: len(transactions(intake, TransactionPhase.ENDED)) == 3)
    assert len({arrival.message_id for arrival in intake.arrivals if isinstance(arrival.event, Booted)}) == 1


@pytest.mark.parametrize(("persona", "hours"), [("local-time-as-z", 2), ("clock-1970", None)])
async def test_its_clock_is_wrong(dial: Dial, intake: ScriptedIntake, persona: str, hours: int | None) -> None:
    await visit(await dial(spec(persona)))
    (start,) = transactions(intake, TransactionPhase.STARTED)
    assert start.occurred_at is not None
    if hours is None:
        assert start.occurred_at.year == 1970
    else:
        sent_at = intake.handshakes[0].at  # the gateway's clock
        assert (start.occurred_at - sent_at).total_seconds() > hours * 3600 - 1


async def test_its_register_resets(dial: Dial, intake: ScriptedIntake) -> None:
    await visit(await dial(spec("register-resets")))
    (start,) = transactions(intake, TransactionPhase.STARTED)
    assert start.readings[0].energy_wh is not None and start.readings[0].energy_wh < 1000


async def test_it_ends_minus_one(dial: Dial, intake: ScriptedIntake) -> None:
    await visit(await dial(spec("stops-with-minus-one")))
    assert [event.transaction_id for event in transactions(intake, TransactionPhase.ENDED)] == [None]


async def test_it_measures_after_the_end(dial: Dial, intake: ScriptedIntake) -> None:
    await visit(await dial(spec("meter-after-stop")))
    await until(lambda: isinstance(intake.events(TransactionReported)[-1], TransactionReported))
    phases = [event.phase for event in intake.events(TransactionReported)]
    assert phases[-1] is TransactionPhase.UPDATED and TransactionPhase.ENDED in phases
    assert intake.events(MeterReported) == []


async def test_it_charges_before_the_start(dial: Dial, intake: ScriptedIntake) -> None:
    await visit(await dial(spec("charging-before-start")))
    kinds = [
        (type(arrival.event), getattr(arrival.event, "charging_state", None), getattr(arrival.event, "phase", None))
        for arrival in intake.arrivals
    ]
    charging = kinds.index((StatusReported, ChargingState.CHARGING, None))
    start = next(index for index, kind in enumerate(kinds) if kind[2] is TransactionPhase.STARTED)
    assert charging < start
    assert any(kind[0] is MeterReported for kind in kinds[charging:start])


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_it_tells_its_whole_history_after_a_boot(dial: Dial, intake: ScriptedIntake, version: str) -> None:
    await dial(spec("floods-history", version))
    told = await intake.wait_for(MeterReported, 200)
    times = [event.readings[0].at for event in told]
    assert times == sorted(times)
    assert (times[-1] - times[0]).days == 2


def test_the_same_seed_meets_the_same_faults() -> None:
    def met(seed: str, *faults: Fault) -> list[bool]:
        network = Network(frozenset(faults), chance(seed, "S", "network"))
        return [network._strikes(fault) for _ in range(200) for fault in Fault]

    assert met("a", *Fault) == met("a", *Fault) != met("b", *Fault)
    assert any(met("a", *Fault)) and not any(met("a"))
