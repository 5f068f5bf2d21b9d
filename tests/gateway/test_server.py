"""Handshakes, sockets and lanes over real TCP."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from app.domain.answer import Superseded, Withhold
from app.domain.event import (
    CommandAnswered,
    CommandFailed,
    CommandSending,
    Connected,
    Disconnected,
    HeartbeatSent,
    TokenPresented,
    TransactionReported,
)
from app.domain.handshake import AttemptResult, Rejection
from app.domain.request.core import GetVariables, Reset, StopTransaction, TriggerMessage, UnlockConnector
from app.domain.station import OcppVersion
from app.domain.token import PresentedToken
from gateway import limits, liveness
from gateway.handshake import TokenBucket
from gateway.metrics import HANDSHAKES
from gateway.server import OcppServer
from tests.gateway.doubles import ScriptedIntake, command, until


@asynccontextmanager
async def dial(
    server: OcppServer, path: str = "CP1", *protocols: str, password: bytes | None = None, **options: Any
) -> AsyncIterator[ClientConnection]:
    headers = {}
    if password is not None:
        token = base64.b64encode(path.encode() + b":" + password).decode()
        headers["Authorization"] = f"Basic {token}"
    url = f"ws://127.0.0.1:{server.port}/{path}"
    async with connect(url, subprotocols=protocols or None, additional_headers=headers, **options) as socket:  # type: ignore[arg-type]
        yield socket


async def call(socket: ClientConnection, action: str, payload: object, message_id: str = "m1") -> list[Any]:
    await socket.send(orjson.dumps([2, message_id, action, payload]).decode())
    async with asyncio.timeout(10):
        answer: list[Any] = orjson.loads(await socket.recv())
    return answer


@pytest.mark.parametrize("version", list(OcppVersion))
async def test_a_station_connects_and_hears_the_time(
    server: OcppServer, intake: ScriptedIntake, version: OcppVersion
) -> None:
    async with dial(server, "CP1", version.value) as socket:
        assert socket.subprotocol == version.value
        assert await call(socket, "Heartbeat", {}) == [3, "m1", {"currentTime": "2026-05-04T12:00:00.000Z"}]
    await intake.wait_for(Disconnected)
    assert [type(arrival.event) for arrival in intake.arrivals] == [Connected, HeartbeatSent, Disconnected]
    connected = intake.events(Connected)[0]
    assert (connected.gateway_id, connected.subprotocol, connected.remote_address) == (
        "gw-test",
        version.value,
        "127.0.0.1",
    )
    assert [(frame.inbound, frame.message_id) for frame in intake.frames] == [(False, "m1")]


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("CP1", "CP1"),
        ("ocpp/v16/CP1/", "CP1"),
        ("//CP1", "CP1"),
        ("RDAM%7C123", "RDAM|123"),
        ("ws://host:9000/CP_1/SERIAL", "SERIAL"),
        ("CP1?token=secret", "CP1"),
        ("%2541", "%41"),
        ("", ""),
        ("a%00b", ""),
        ("a%3Ab", ""),
        ("x" * 49, ""),
        ("%FF", ""),
    ],
)
async def test_identity_is_the_last_segment_decoded_once(
    server: OcppServer, intake: ScriptedIntake, path: str, identity: str
) -> None:
    with contextlib.nullcontext() if identity else pytest.raises(InvalidStatus, match="404"):
        async with dial(server, path, "ocpp1.6"):
            pass
    assert intake.handshakes[0].identity == identity
    assert "secret" not in intake.handshakes[0].path


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (AttemptResult.UNKNOWN_IDENTITY, 404),
        (AttemptResult.CREDENTIALS_MISSING, 401),
        (AttemptResult.CREDENTIALS_WRONG, 401),
        (AttemptResult.USERNAME_MISMATCH, 401),
        (AttemptResult.INSECURE_TRANSPORT, 403),
        (AttemptResult.TOO_MANY_ATTEMPTS, 429),
        (AttemptResult.NOT_READY, 503),
    ],
)
async def test_a_rejection_is_told_in_http(
    server: OcppServer, intake: ScriptedIntake, verdict: AttemptResult, status: int
) -> None:
    intake.verdicts["CP1"] = Rejection(verdict, retry_after_s=7)
    with pytest.raises(InvalidStatus) as refused:
        async with dial(server, "CP1", "ocpp1.6"):
            pass
    response = refused.value.response
    assert response.status_code == status
    assert response.headers["Retry-After"] == "7"
    assert ("WWW-Authenticate" in response.headers) == (status == 401)
    assert intake.arrivals == []


async def test_a_password_need_not_be_text(server: OcppServer, intake: ScriptedIntake) -> None:
    password = bytes(range(256))[-40:] + b":"
    intake.passwords["CP1"] = password
    async with dial(server, "CP1", "ocpp2.0.1", password=password):
        pass
    assert intake.handshakes[0].password == password
    assert intake.handshakes[0].username == "CP1"


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer abc", "Basic Q1Ax"])
async def test_an_unreadable_authorization_is_none(server: OcppServer, intake: ScriptedIntake, header: str) -> None:
    intake.passwords["CP1"] = b"secret"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(
            f"ws://127.0.0.1:{server.port}/CP1",
            additional_headers={"Authorization": header},
            subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        ):
            pass
    assert refused.value.response.status_code == 401
    assert intake.handshakes[0].password is None


@pytest.mark.parametrize("protocols", [(), ("ocpp1.5",), ("chat",)])
async def test_without_a_common_version_the_handshake_completes_and_the_socket_closes(
    server: OcppServer, intake: ScriptedIntake, protocols: tuple[str, ...]
) -> None:
    async with dial(server, "CP1", *protocols) as socket:
        assert socket.subprotocol is None
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1002
        assert "ocpp1.6" in (socket.close_reason or "")
    assert intake.arrivals == []


async def test_a_plain_http_request_is_turned_away_quietly(server: OcppServer, intake: ScriptedIntake) -> None:
    for request, statuses in (
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", {b"426", b"400"}),
        (b"\x16\x03\x01garbage\r\n\r\n", {b"400", b""}),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", {b"400", b"405", b"426", b""}),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        async with asyncio.timeout(10):
            head = await reader.read(4096)
        assert head[9:12] in statuses
        writer.close()
    assert intake.handshakes == []


async def test_compression_never_keeps_a_context(server: OcppServer) -> None:
    async with dial(server, "CP1", "ocpp2.1") as socket:
        assert socket.response is not None
        extensions = socket.response.headers["Sec-WebSocket-Extensions"]
        assert "server_no_context_takeover" in extensions
        assert "client_no_context_takeover" in extensions
        assert (await call(socket, "Heartbeat", {}))[0] == 3


async def test_the_newest_socket_wins_and_the_old_close_disturbs_nothing(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp1.6") as old:
        assert (await call(old, "Heartbeat", {}))[0] == 3
        async with dial(server, "CP1", "ocpp2.0.1") as new:
            assert (await call(new, "Heartbeat", {}))[0] == 3
            with pytest.raises(ConnectionClosed):
                await old.recv()
            assert old.close_code == 1008
            await intake.wait_for(Disconnected)
            assert [a.epoch for a in intake.arrivals if isinstance(a.event, Disconnected)] == [1]
            assert server.connections == 1
            assert server.send(command(1, 1, Reset(when_idle=True)))
            assert orjson.loads(await new.recv())[3] == {"type": "OnIdle"}


async def test_a_second_socket_that_is_only_tried_takes_nothing_over(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp2.0.1") as kept:
        assert (await call(kept, "Heartbeat", {}))[0] == 3
        for _ in range(3):
            async with dial(server, "CP1", "ocpp2.0.1"):
                pass
        assert (await call(kept, "Heartbeat", {}, "m2"))[0] == 3
        # Silence takes over as words do, only later: a station may wait for us to speak first.
        async with dial(server, "CP1", "ocpp2.0.1"):
            with pytest.raises(ConnectionClosed):
                await kept.recv()
    assert len(intake.events(Connected)) == 2


async def test_a_superseded_station_hears_nothing_and_is_closed(server: OcppServer, intake: ScriptedIntake) -> None:
    intake.scripts[HeartbeatSent] = lambda arrival: Superseded()
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await socket.send('[2,"1","Heartbeat",{}]')
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1008


async def test_one_call_in_flight_and_the_urgent_first(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        key = intake.key_of("CP1")
        server.send(command(1, key, GetVariables(())))
        first = orjson.loads(await socket.recv())
        server.send(command(2, key, TriggerMessage("Heartbeat")))
        server.send(command(3, key, StopTransaction("7")))
        # An inbound CALL is served while ours is unanswered, and no second one of ours has gone out before it.
        assert (await call(socket, "Heartbeat", {}, "x"))[1] == "x"
        await socket.send(orjson.dumps([3, first[1], {"configurationKey": [], "unknownKey": []}]).decode())
        second = orjson.loads(await socket.recv())
        assert second[2:] == ["RemoteStopTransaction", {"transactionId": 7}]
        await socket.send(orjson.dumps([4, second[1], "GenericError", "no", {}]).decode())
        third = orjson.loads(await socket.recv())
        assert third[2] == "TriggerMessage"
        await socket.send(orjson.dumps([3, third[1], {"status": "Rejected"}]).decode())
        answered = await intake.wait_for(CommandAnswered, 3)
    assert [(event.command_key, event.status, event.accepted) for event in answered] == [
        (1, "Accepted", True),
        (3, "GenericError", False),
        (2, "Rejected", False),
    ]
    assert answered[0].raw == '{"configurationKey":[],"unknownKey":[]}'
    sending = [a for a in intake.arrivals if isinstance(a.event, CommandSending)]
    assert [a.action for a in sending] == ["GetConfiguration", "RemoteStopTransaction", "TriggerMessage"]
    assert all(a.outbound and a.frame.startswith('[2,"vg-') for a in sending)


async def test_an_attempt_is_named_after_its_socket_so_that_no_other_goes_on_with_it(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp1.6") as old:
        await call(old, "Heartbeat", {})
        server.send(command(1, intake.key_of("CP1"), TriggerMessage("Heartbeat")))
        first = orjson.loads(await old.recv())
        async with dial(server, "CP1", "ocpp1.6") as new:
            await call(new, "Heartbeat", {})
            await intake.wait_for(CommandFailed)
            server.send(command(1, intake.key_of("CP1"), TriggerMessage("Heartbeat")))
            second = orjson.loads(await new.recv())
    assert first[2:] == second[2:]
    assert first[1] != second[1]


async def test_what_the_core_withholds_is_not_sent(server: OcppServer, intake: ScriptedIntake) -> None:
    intake.scripts[CommandSending] = lambda arrival: Withhold()
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, 1, Reset(when_idle=False)))
        await intake.wait_for(CommandSending)
        assert (await call(socket, "Heartbeat", {}, "after"))[1] == "after"
    assert intake.events(CommandFailed) == []


async def test_a_deadline_ends_a_command_and_a_late_answer_still_counts(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(5, 1, UnlockConnector(1, 1), within=0.2))
        sent = orjson.loads(await socket.recv())
        failed = (await intake.wait_for(CommandFailed))[0]
        assert (failed.command_key, failed.timed_out) == (5, True)
        late = orjson.dumps([3, sent[1], {"status": "Unlocked"}]).decode()
        await socket.send(late)
        assert (await intake.wait_for(CommandAnswered))[0].accepted
        await socket.send(late)  # a second time it is noise
        assert (await call(socket, "Heartbeat", {}, "alive"))[1] == "alive"
    assert [frame.problems for frame in intake.frames if frame.inbound] == [("STRAY_ANSWER: answers nothing we asked",)]


async def test_commands_of_a_lost_socket_fail_by_what_is_known(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp2.0.1") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, 1, Reset(when_idle=False)))
        await socket.recv()
        server.send(command(2, 1, StopTransaction("t")))
    failed = await intake.wait_for(CommandFailed, 2)
    assert [(event.command_key, event.timed_out) for event in failed] == [(1, True), (2, False)]
    await intake.wait_for(Disconnected)
    assert not server.send(command(3, 1, Reset(when_idle=False)))


async def test_unsent_commands_follow_the_station_to_its_new_socket(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp2.0.1") as old:
        await call(old, "Heartbeat", {})
        server.send(command(1, 1, Reset(when_idle=False)))
        await old.recv()
        server.send(command(2, 1, StopTransaction("t")))
        async with dial(server, "CP1", "ocpp2.0.1") as new:
            async with asyncio.timeout(10):
                moved = orjson.loads(await new.recv())
            assert moved[2:] == ["RequestStopTransaction", {"transactionId": "t"}]
            await new.send(orjson.dumps([3, moved[1], {"status": "Accepted"}]).decode())
            assert (await intake.wait_for(CommandAnswered))[0].command_key == 2


async def test_what_a_version_cannot_say_fails_without_being_sent(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, 1, Reset(when_idle=True, evse=2)))
        server.send(command(2, 1, TriggerMessage("SignV2GCertificate")))
        server.send(command(3, 1, Reset(when_idle=True), within=-1))
        failed = await intake.wait_for(CommandFailed, 3)
    assert all(not event.timed_out and event.detail for event in failed)
    assert intake.events(CommandSending) == []


async def test_an_unreadable_answer_ends_the_wait(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, 1, GetVariables(())))
        sent = orjson.loads(await socket.recv())
        await socket.send(f'[3,"{sent[1]}",{{"configurationKey":[]')
        assert (await intake.wait_for(CommandFailed))[0].timed_out


async def test_a_station_that_answers_nothing_is_asked_to_dial_again(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        for key in range(3):
            server.send(command(key + 1, 1, Reset(when_idle=True), within=0.1))
            await intake.wait_for(CommandFailed, key + 1)
        await socket.wait_closed()
        assert socket.close_code == 1012
    told = [arrival.problems for arrival in intake.arrivals if isinstance(arrival.event, CommandFailed)]
    assert told == [(), (), ("SILENT_TO_CALLS: 3 calls in a row unanswered",)]


async def test_a_command_offered_again_while_it_waits_takes_no_second_turn(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    """The sweep offers every queued command again and again; a busy station must not lose one by it."""
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, 1, Reset(when_idle=True)))
        first = orjson.loads(await socket.recv())
        for _ in range(40):
            for key in (1, 2, 3):
                server.send(command(key, 1, TriggerMessage("Heartbeat")))
        await socket.send(orjson.dumps([3, first[1], {"status": "Accepted"}]).decode())
        for _ in range(2):
            sent = orjson.loads(await socket.recv())
            await socket.send(orjson.dumps([3, sent[1], {"status": "Accepted"}]).decode())
        await intake.wait_for(CommandAnswered, 3)
        assert (await call(socket, "Heartbeat", {}, "after"))[1] == "after"
    assert intake.events(CommandFailed) == []
    assert [event.command_key for event in intake.events(CommandSending)] == [1, 2, 3]


async def test_a_command_that_may_wait_for_days_does_not_block_the_station_for_days(
    server: OcppServer, intake: ScriptedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.lane.CALL_PATIENCE_S", 0.2)
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        server.send(command(1, 1, Reset(when_idle=True), within=7 * 86_400))
        await socket.recv()
        server.send(command(2, 1, TriggerMessage("Heartbeat")))
        async with asyncio.timeout(10):
            assert orjson.loads(await socket.recv())[2] == "TriggerMessage"
        failed = (await intake.wait_for(CommandFailed))[0]
        assert (failed.command_key, failed.timed_out) == (1, True)


async def test_our_own_mistake_is_answered_and_the_socket_lives(server: OcppServer, intake: ScriptedIntake) -> None:
    def broken(arrival: object) -> Withhold:
        raise ZeroDivisionError("a bug")

    intake.scripts[HeartbeatSent] = broken
    async with dial(server, "CP1", "ocpp2.0.1") as socket:
        answer = await call(socket, "Heartbeat", {})
        assert answer[:3] == [4, "m1", "InternalError"]
        assert "ZeroDivision" not in answer[3]
        intake.scripts[HeartbeatSent] = lambda arrival: Withhold()  # an answer that is none
        assert (await call(socket, "Heartbeat", {}))[2] == "InternalError"
        del intake.scripts[HeartbeatSent]
        assert (await call(socket, "Heartbeat", {}))[0] == 3


async def test_tls(intake: ScriptedIntake) -> None:
    pem = Path(__file__).with_name("localhost.pem")  # made for this test, trusted by nobody
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = OcppServer(intake, "127.0.0.1", 0, "gw", context)
    await server.start()
    trust = ssl.create_default_context(cafile=str(pem))
    async with connect(
        f"wss://127.0.0.1:{server.port}/CP1", ssl=trust, subprotocols=[Subprotocol("ocpp2.0.1")]
    ) as socket:
        assert (await call(socket, "Heartbeat", {}))[0] == 3
    assert intake.handshakes[0].secure
    await server.stop()


async def test_large_frames_pass_and_huge_ones_end_the_socket(server: OcppServer, intake: ScriptedIntake) -> None:
    value = {"timestamp": "2026-05-04T12:00:00Z", "sampledValue": [{"value": "1"}] * 40}
    stop = {"transactionId": 1, "meterStop": 1, "timestamp": "2026-05-04T12:00:00Z", "transactionData": [value] * 2000}
    async with dial(server, "CP1", "ocpp1.6", max_size=None) as socket:
        assert len(orjson.dumps(stop)) > 1024 * 1024
        assert await call(socket, "StopTransaction", stop) == [3, "m1", {}]
        await socket.send(b" " * (limits.MAX_FRAME_BYTES + 1))
        await socket.wait_closed()
        assert socket.close_code == 1009


async def test_a_rush_of_handshakes_is_slowed_before_it_reaches_the_core(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    server._bucket = TokenBucket(1, 0.0)
    counted = HANDSHAKES.labels("TOO_MANY_ATTEMPTS")._value.get()
    async with dial(server, "CP1", "ocpp1.6"):
        for identity in ("CP2", "CP3", "CP4"):
            with pytest.raises(InvalidStatus, match="429"):
                async with dial(server, identity, "ocpp1.6"):
                    pass
    assert [handshake.identity for handshake in intake.handshakes] == ["CP1"]
    assert HANDSHAKES.labels("TOO_MANY_ATTEMPTS")._value.get() == counted + 3
    server._turned_away.tell()
    server._turned_away.tell()
    assert [(handshake.identity, handshake.password, times) for handshake, times in intake.turned] == [("CP4", None, 3)]


async def test_what_is_not_served_is_told_apart_from_what_is_unknown(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        assert (await call(socket, "Reset", {"type": "Soft"}))[2] == "NotSupported"
        assert (await call(socket, "TransactionEvent", {}))[2] == "NotImplemented"
        assert (await call(socket, "BootNotification", {"chargePointVendor": "v"}))[2] == "ProtocolError"
        assert (await call(socket, "Authorize", {"idTag": {}}))[2] == "TypeConstraintViolation"
    async with dial(server, "CP2", "ocpp2.0.1") as socket:
        assert (await call(socket, "StartTransaction", {}))[2] == "NotImplemented"
        assert (await call(socket, "Authorize", {}))[2] == "OccurrenceConstraintViolation"
        deep = orjson.loads(b"[" * 200 + b"]" * 200)
        assert (await call(socket, "DataTransfer", {"vendorId": "v", "data": deep}))[2] == "FormatViolation"
    inbound = [frame for frame in intake.frames if frame.inbound]
    assert [frame.action for frame in inbound] == [
        "Reset",
        "TransactionEvent",
        "BootNotification",
        "Authorize",
        "StartTransaction",
        "Authorize",
        "DataTransfer",
    ]
    assert all(frame.raw and frame.problems for frame in inbound)


async def test_what_was_repaired_is_told_to_the_core(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await socket.send('[2,"a","Authorize",{"idTag":"AB\\u0000","vendorThing":1}]')
        assert orjson.loads(await socket.recv()) == [3, "a", {"idTagInfo": {"status": "Accepted"}}]
        same = '[2,"b","StopTransaction",{"transactionId":-1,"meterStop":"17"}]'
        for _ in range(2):  # the same id again gets its own reply
            await socket.send(same)
            assert orjson.loads(await socket.recv()) == [3, "b", {}]
    arrivals = [arrival for arrival in intake.arrivals if arrival.message_id]
    assert arrivals[0].event == TokenPresented(PresentedToken("AB"))
    assert arrivals[0].problems == (
        "BAD_CHARACTERS: control characters removed",
        "VENDOR_FIELDS: payload violates additionalProperties",
    )
    assert "timestamp missing" in " ".join(arrivals[1].problems)
    assert arrivals[1].frame == same


async def test_close_by_the_core(server: OcppServer, intake: ScriptedIntake) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        assert server.close(1, reason="credentials rotated")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert (socket.close_code, socket.close_reason) == (1008, "credentials rotated")
    assert not server.close(99, reason="")


async def test_drain_asks_everyone_to_return(intake: ScriptedIntake) -> None:
    server = OcppServer(intake, "127.0.0.1", 0, "gw")
    await server.start()
    async with dial(server, "CP1", "ocpp1.6") as one, dial(server, "CP2", "ocpp2.1") as two:
        await call(one, "Heartbeat", {})
        await call(two, "Heartbeat", {})
        await server.stop()
        for socket in (one, two):
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1012
    assert len(intake.events(Disconnected)) == 2
    await server.stop()


async def test_silence_is_pinged_then_closed_but_not_while_the_database_is_away(
    server: OcppServer, intake: ScriptedIntake
) -> None:
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "Heartbeat", {})
        connection = server._registry.get(1)
        assert connection is not None
        sweep = liveness.Liveness(server._registry)
        now = asyncio.get_running_loop().time()
        sweep.sweep(now + 50)
        await until(lambda: connection.pong is not None and connection.pong.done())
        sweep.sweep(now)
        assert connection.ponged
        intake.open_gate.clear()
        await socket.send('[2,"slow","Heartbeat",{}]')
        await until(lambda: connection.busy)
        sweep.sweep(now + 10_000)
        intake.open_gate.set()
        assert orjson.loads(await socket.recv())[1] == "slow"
        sweep.sweep(now + 10_000)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1001


@pytest.mark.parametrize(
    ("version", "action", "payload"),
    [
        ("ocpp1.6", "StartTransaction", {"connectorId": "x"}),
        ("ocpp1.6", "StopTransaction", {}),
        ("ocpp2.0.1", "TransactionEvent", {}),
        ("ocpp2.1", "TransactionEvent", {"eventType": "Started", "transactionInfo": {}}),
    ],
)
async def test_a_billing_message_that_says_nothing_is_refused_and_kept(
    server: OcppServer, intake: ScriptedIntake, version: str, action: str, payload: dict[str, Any]
) -> None:
    """Nobody's bill depends on it, and it must not fall on whoever charges there."""
    async with dial(server, "CP1", version) as socket:
        kind, _, code, description, _ = await call(socket, action, payload)
        assert (kind, code) == (
            4,
            "ProtocolError" if version == "ocpp1.6" else "OccurrenceConstraintViolation",
        )
        assert description.startswith("missing: ")
    await intake.wait_for(Disconnected)
    assert intake.events(TransactionReported) == []
    assert (True, action) in [(frame.inbound, frame.action) for frame in intake.frames]


async def test_a_billing_message_that_says_anything_is_taken(server: OcppServer, intake: ScriptedIntake) -> None:
    """The control of the test above: one register value may be somebody's bill."""
    async with dial(server, "CP1", "ocpp1.6") as socket:
        await call(socket, "StopTransaction", {"meterStop": 4000})
    await intake.wait_for(TransactionReported)
