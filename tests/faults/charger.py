"""A scripted charger over a real socket: it keeps what was not answered and sends it again, as OCPP asks of it."""

import asyncio
import base64
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.ground import StationRow

Json = dict[str, Any]
Build = Callable[["Charger"], tuple[str, Json]]


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Message:
    """One message of a story; ``answer`` is what was heard, None while nothing was."""

    name: str
    build: Build
    answers: list[Json] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        return bool(self.answers)


class Charger:
    """One station. ``commands`` are the CALLs it heard; ``obeys`` says whether it answers them."""

    def __init__(self, row: StationRow, version: str, *, port: Callable[[], int]) -> None:
        self.row, self.version, self._port = row, version, port
        self.commands: list[tuple[str, str, Json]] = []
        self.obeys = True
        self.heard_command = asyncio.Event()
        self.transaction: str | None = None  # the station's name for it, or the number that we were given
        self._socket: ClientConnection | None = None
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._reader: asyncio.Task[None] | None = None

    # -- socket -------------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        pair = base64.b64encode(f"{self.row.identity}:{self.row.password}".encode()).decode()
        self._socket = await connect(
            f"ws://127.0.0.1:{self._port()}/ocpp/{self.row.identity}",
            subprotocols=[Subprotocol(self.version)],
            additional_headers={"Authorization": f"Basic {pair}"},
            ping_interval=None,
            proxy=None,
        )
        self._reader = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    @property
    def connected(self) -> bool:
        return self._reader is not None and not self._reader.done()

    async def lost(self) -> None:
        """Returns once the socket has ended."""
        assert self._reader is not None
        await asyncio.wait_for(asyncio.shield(self._reader), 20)

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(WebSocketException):
            async for raw in socket:
                kind, message_id, *rest = orjson.loads(raw)
                if kind == 2:
                    self.commands.append((message_id, rest[0], rest[1]))
                    self.heard_command.set()
                    if self.obeys:
                        await socket.send(orjson.dumps([3, message_id, {"status": "Accepted"}]).decode())
                elif (waiting := self._waiting.pop(message_id, None)) is not None:
                    assert kind == 3, f"{self.row.identity} was refused: {rest}"
                    waiting.set_result(rest[0])
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()

    async def call(self, action: str, payload: Json, *, within: float = 20) -> Json | None:
        """The answer, or None when the socket ended first."""
        assert self._socket is not None
        message_id = str(uuid4())
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = answer
        try:
            await self._socket.send(orjson.dumps([2, message_id, action, payload]).decode())
            await asyncio.wait_for(asyncio.wait([answer]), within)
            return None if answer.cancelled() else answer.result()
        except WebSocketException:
            return None
        finally:
            self._waiting.pop(message_id, None)

    async def boot(self) -> None:
        names = {"chargePointVendor": "Fault", "chargePointModel": "Test"}
        if self.version != "ocpp1.6":
            names = {"reason": "PowerUp", "chargingStation": {"vendorName": "Fault", "model": "Test"}}  # type: ignore[dict-item]
        answer = await self.call("BootNotification", names)
        assert answer is not None
        assert answer["status"] == "Accepted"

    async def say(self, message: Message) -> bool:
        """Sends a message (again); False when nobody answered."""
        answer = await self.call(*message.build(self))
        if answer is None:
            return False
        message.answers.append(answer)
        if "transactionId" in answer:
            self.transaction = str(answer["transactionId"])
        return True


FIRST_WH, LAST_WH = 1000, 5000


def story(version: str, *, began: datetime, card: str = "CARD", evse: int = 1) -> list[Message]:
    """A car comes, charges 4 kWh in 30 minutes and leaves, in the version's own messages."""
    times = [began + timedelta(minutes=minutes) for minutes in (0, 10, 30)]
    return _story16(times, card, evse) if version == "ocpp1.6" else _story2(times, card, evse)


def _story16(times: list[datetime], card: str, connector: int) -> list[Message]:
    def status(word: str, at: datetime) -> Build:
        return lambda _: (
            "StatusNotification",
            {"connectorId": connector, "errorCode": "NoError", "status": word, "timestamp": stamp(at)},
        )

    def number(charger: Charger) -> int:
        return int(charger.transaction or -1)

    return [
        Message("status", status("Preparing", times[0])),
        Message(
            "start",
            lambda _: (
                "StartTransaction",
                {"connectorId": connector, "idTag": card, "meterStart": FIRST_WH, "timestamp": stamp(times[0])},
            ),
        ),
        Message(
            "meter",
            lambda charger: (
                "MeterValues",
                {
                    "connectorId": connector,
                    "transactionId": number(charger),
                    "meterValue": [{"timestamp": stamp(times[1]), "sampledValue": [{"value": "2500"}]}],
                },
            ),
        ),
        Message(
            "stop",
            lambda charger: (
                "StopTransaction",
                {
                    "transactionId": number(charger),
                    "idTag": card,
                    "meterStop": LAST_WH,
                    "timestamp": stamp(times[2]),
                    "reason": "EVDisconnected",
                },
            ),
        ),
        Message("free", status("Available", times[2] + timedelta(seconds=1))),
    ]


def _story2(times: list[datetime], card: str, evse: int) -> list[Message]:
    transaction = str(uuid4())

    def status(word: str, at: datetime) -> Build:
        return lambda _: (
            "StatusNotification",
            {"evseId": evse, "connectorId": 1, "connectorStatus": word, "timestamp": stamp(at)},
        )

    def event(kind: str, seq_no: int, at: datetime, wh: int, trigger: str, **more: Any) -> Build:
        def build(charger: Charger) -> tuple[str, Json]:
            charger.transaction = transaction
            return "TransactionEvent", {
                "eventType": kind,
                "timestamp": stamp(at),
                "triggerReason": trigger,
                "seqNo": seq_no,
                "transactionInfo": {"transactionId": transaction, **more.pop("info", {})},
                "evse": {"id": evse, "connectorId": 1},
                "meterValue": [{"timestamp": stamp(at), "sampledValue": [{"value": wh}]}],
                **more,
            }

        return build

    token = {"idToken": card, "type": "ISO14443"}
    return [
        Message("status", status("Occupied", times[0])),
        Message("start", event("Started", 0, times[0], FIRST_WH, "Authorized", idToken=token)),
        Message("meter", event("Updated", 1, times[1], 2500, "MeterValuePeriodic")),
        Message("stop", event("Ended", 2, times[2], LAST_WH, "EVDeparted", info={"stoppedReason": "EVDisconnected"})),
        Message("free", status("Available", times[2] + timedelta(seconds=1))),
    ]
