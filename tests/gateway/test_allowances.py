"""What the gateway does differently for a station that is allowed it, over real TCP; strict is the default."""

import asyncio
import struct
from collections.abc import Iterable

import orjson
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.domain.event import Booted, CommandAnswered, Disconnected, HeartbeatSent
from app.domain.quirk import QUIRKS, Quirk, RecordedQuirk, quirk_of, shown
from app.domain.quirk_profiles import PROFILES, allowed_by_profile
from app.domain.request.core import Reset
from gateway import limits, liveness
from gateway.mending import mended
from gateway.server import OcppServer
from tests.gateway.doubles import ScriptedIntake, command, until
from tests.gateway.test_server import call, dial

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


async def test_who_must_not_be_asked_before_its_boot_is_left_alone_until_then(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    intake.allowances["CP1"] = frozenset({Quirk.QUIET_UNTIL_BOOT})
    async with dial(server, "CP1", "ocpp1.6") as socket:
        assert (await call(socket, "Heartbeat", {}))[0] == 3
        assert server.send(command(1, intake.key_of("CP1"), Reset(when_idle=True)))
        for number in range(5):
            assert (await call(socket, "Heartbeat", {}, f"h{number}"))[1] == f"h{number}"
        assert (await call(socket, "BootNotification", BOOT, "boot"))[1] == "boot"
        asked = orjson.loads(await socket.recv())
        assert asked[2] == "Reset"
        await socket.send(orjson.dumps([3, asked[1], {"status": "Accepted"}]).decode())
        await intake.wait_for(CommandAnswered)


async def test_who_never_boots_is_asked_after_the_quiet_time(
    server: OcppServer, intake: ScriptedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.allowances.QUIET_S", 0.05)
    intake.allowances["CP1"] = frozenset({Quirk.QUIET_UNTIL_BOOT})
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, intake.key_of("CP1"), Reset(when_idle=True)))
        async with asyncio.timeout(20):
            assert orjson.loads(await socket.recv())[2] == "Reset"


async def test_everybody_else_is_asked_at_once(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, intake.key_of("CP1"), Reset(when_idle=True)))
        async with asyncio.timeout(20):
            assert orjson.loads(await socket.recv())[2] == "Reset"


async def test_a_profile_counts_from_the_boot_that_names_it(server: OcppServer, intake: ScriptedIntake) -> None:
    broken = '[2,"x","Heartbeat",{"a":,}]'
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await socket.send(broken)
        assert orjson.loads(await socket.recv())[:3] == [4, "x", "FormationViolation"]
        await call(socket, "BootNotification", {"chargePointVendor": "Grizzl-E", "chargePointModel": "Smart"})
        await socket.send(broken)
        assert orjson.loads(await socket.recv())[:2] == [3, "x"]
    assert len(intake.events(Booted)) == 1 and len(intake.events(HeartbeatSent)) == 1


async def pinged(server: OcppServer, intake: ScriptedIntake, socket: ClientConnection, idle_s: Iterable[float]) -> int:
    """How many pings sweeps after so many seconds sent."""
    await call(socket, "Heartbeat", {})
    connection = server._registry.get(intake.key_of("CP1"))
    assert connection is not None
    sweep, sent, now = liveness.Liveness(server._registry), 0, asyncio.get_running_loop().time()
    for seconds in idle_s:
        connection.socket.heard_at = now + seconds - 1  # it talks all the time
        before = connection.pinged_at
        sweep.sweep(now + seconds)
        sent += connection.pinged_at != before
    return sent


@pytest.mark.parametrize(("quirk", "expected"), [(None, 0), (Quirk.PING_OFTEN, 4)])
async def test_who_goes_deaf_without_pings_is_pinged_however_much_it_talks(
    server: OcppServer, intake: ScriptedIntake, quirk: Quirk | None, expected: int
) -> None:
    intake.allowances["CP1"] = frozenset({quirk} if quirk else ())
    async with dial(server, "CP1", "ocpp1.6") as socket:
        assert await pinged(server, intake, socket, (40, 75, 110, 145)) == expected


async def test_who_is_disturbed_by_pings_gets_none_and_is_not_closed_for_it(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    intake.allowances["CP1"] = frozenset({Quirk.NO_PING})
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        connection = server._registry.get(intake.key_of("CP1"))
        assert connection is not None
        connection.ponged = True
        sweep = liveness.Liveness(server._registry)
        now = asyncio.get_running_loop().time()
        sweep.sweep(now + limits.CLOSE_AFTER_IDLE_S + 10)
        assert connection.pinged_at == 0.0
        assert (await call(socket, "Heartbeat", {}, "alive"))[1] == "alive"
        sweep.sweep(now + 2 * limits.CLOSE_AFTER_IDLE_UNPONGED_S)
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_a_broken_websocket_frame_ends_the_socket_and_the_station_may_return_at_once(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp1.6", compression=None) as socket:
        await call(socket, "Heartbeat", {})
        # A text frame with a reserved bit set and nothing in it.
        socket.transport.write(struct.pack("!BBI", 0x81 | 0x20, 0x80, 0))
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1002
        await intake.wait_for(Disconnected)
        await until(lambda: server.connections == 0)
    async with dial(server, "CP1", "ocpp1.6") as again:
        assert (await call(again, "Heartbeat", {}))[0] == 3


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ('[2,"a","X",{"l":[,{"a":1}]}]', [2, "a", "X", {"l": [{"a": 1}]}]),
        ('[2,"a","X",{"l":[1,,2,],}]', [2, "a", "X", {"l": [1, 2]}]),
        ('[2,"a","X",{"t":,"u": }]', [2, "a", "X", {"t": None, "u": None}]),
        ('[2,"a","X",{"t":"A\\0B"}]', [2, "a", "X", {"t": "A\\0B"}]),
        ('[2,"a","X",{"t":"AB\\","u":1}]', [2, "a", "X", {"t": "AB\\", "u": 1}]),
        ('[2,"a","X",{"t":"C:\\u12"}]', [2, "a", "X", {"t": "C:\\u12"}]),
        ('[2,"a","X",{"l":[]', [2, "a", "X", {"l": []}]),
        ('[2,"a","X",{"l":true', [2, "a", "X", {"l": True}]),
        ('[2,"a","X",{"t":12', None),
        ('[2,"a","X",{"t":"ab', None),
        ('[2,"a","X",{"t":', None),
        ('[2,"a","X",{"t"', None),
        ('[2,"a","X",{"t":1]}', None),
        ('[2,"a","X",{"t":1}]]', None),
        ("", None),
        ("[" * 5000, None),
    ],
)
def test_only_what_can_mean_one_thing_is_mended(broken: str, meant: object) -> None:
    assert mended(broken.encode()) == meant


def test_every_quirk_is_described_and_profiles_allow_only_what_can_be_allowed() -> None:
    assert set(QUIRKS) == set(Quirk)
    assert all(QUIRKS[quirk].allowance for profile in PROFILES for quirk in profile.allowances)
    assert len({profile.name for profile in PROFILES}) == len(PROFILES)
    assert quirk_of("DECIMAL_COMMA: 1,5 read as 1.5") is Quirk.DECIMAL_COMMA
    assert quirk_of("nothing of the kind") is None


@pytest.mark.parametrize(
    ("vendor", "model", "allowed"),
    [
        ("Grizzl-E", "Smart", {Quirk.NO_SUBPROTOCOL, Quirk.REPAIR_JSON, Quirk.METER_FROM_ZERO}),
        ("ABB", "TAC-W22-T-R-0", {Quirk.STACK_LEVEL_ZERO}),
        ("ABB", "Terra 54", set()),
        ("Somebody", "Else", set()),
        ("", "", set()),
        (None, None, set()),
    ],
)
def test_a_profile_fits_by_vendor_and_model(vendor: str | None, model: str | None, allowed: set[Quirk]) -> None:
    assert allowed_by_profile(vendor, model, "1.0") == allowed


def test_the_operator_is_named_before_the_profile_and_both_before_mere_observation() -> None:
    recorded = [RecordedQuirk(Quirk.NO_PING, True, 0, None), RecordedQuirk(Quirk.WRONG_TYPE, False, 3, None)]
    found = shown({Quirk.NO_PING, Quirk.REPAIR_JSON}, recorded)
    assert [(one.quirk, one.source.value, one.repairs) for one in found] == [
        (Quirk.REPAIR_JSON, "PROFILE", 0),
        (Quirk.NO_PING, "OPERATOR", 0),
        (Quirk.WRONG_TYPE, "OBSERVED", 3),
    ]
