"""Frames as a broken peer sends them, and what a connection makes of them, through a socket in memory."""

import asyncio
import random
from dataclasses import dataclass, field

import orjson
from websockets.exceptions import ConnectionClosedOK

from app.domain.event import Connected
from app.domain.handshake import Admission
from app.domain.station import OcppVersion
from gateway.connection import StationConnection
from gateway.registry import Registry
from gateway.rpc import Call, Malformed, read
from gateway.server import DIALECTS
from tests.gateway.doubles import NOW, ScriptedIntake

STAMP = "2026-05-04T12:00:00Z"
SEEDS: dict[OcppVersion, list[bytes]] = {
    OcppVersion.V16: [
        orjson.dumps([2, "a", action, payload])
        for action, payload in {
            "BootNotification": {"chargePointVendor": "v", "chargePointModel": "m"},
            "Heartbeat": {},
            "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": STAMP},
            "Authorize": {"idTag": "TAG"},
            "StartTransaction": {"connectorId": 1, "idTag": "TAG", "meterStart": 1, "timestamp": STAMP},
            "StopTransaction": {
                "transactionId": 1,
                "meterStop": 2,
                "timestamp": STAMP,
                "transactionData": [{"timestamp": STAMP, "sampledValue": [{"value": "1"}]}],
            },
            "MeterValues": {
                "connectorId": 1,
                "transactionId": 1,
                "meterValue": [{"timestamp": STAMP, "sampledValue": [{"value": "1", "phase": "L1", "unit": "Wh"}]}],
            },
            "DataTransfer": {"vendorId": "v", "data": "x"},
            "FirmwareStatusNotification": {"status": "Idle"},
            "Nonsense": {},
        }.items()
    ]
    + [b'[3,"vg-1-1",{"status":"Accepted"}]', b'[4,"vg-1-1","GenericError","",{}]', b"[7]"],
    OcppVersion.V201: [
        orjson.dumps([2, "a", action, payload])
        for action, payload in {
            "BootNotification": {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v"}},
            "Heartbeat": {},
            "StatusNotification": {
                "timestamp": STAMP,
                "connectorStatus": "Available",
                "evseId": 1,
                "connectorId": 1,
            },
            "Authorize": {"idToken": {"idToken": "TAG", "type": "ISO14443"}},
            "TransactionEvent": {
                "eventType": "Started",
                "timestamp": STAMP,
                "triggerReason": "Authorized",
                "seqNo": 0,
                "transactionInfo": {"transactionId": "t", "chargingState": "Charging"},
                "evse": {"id": 1},
                "idToken": {"idToken": "TAG", "type": "ISO14443"},
                "meterValue": [
                    {"timestamp": STAMP, "sampledValue": [{"value": 1.5, "unitOfMeasure": {"multiplier": 3}}]}
                ],
            },
            "MeterValues": {"evseId": 1, "meterValue": [{"timestamp": STAMP, "sampledValue": [{"value": 1}]}]},
            "NotifyEvent": {"generatedAt": STAMP, "seqNo": 0, "eventData": []},
            "DataTransfer": {"vendorId": "v", "data": {"x": [1]}},
            "SecurityEventNotification": {"type": "t", "timestamp": STAMP},
        }.items()
    ]
    + [b'[3,"vg-1-1",{"status":"Accepted"}]', b'[5,"a","GenericError","",{}]', b'[6,"a","X",{}]'],
}
SEEDS[OcppVersion.V21] = SEEDS[OcppVersion.V201]

TOKENS = [
    b"null",
    b"{}",
    b"[]",
    b'""',
    b"true",
    b"-1",
    b"0",
    b"1e308",
    b"9" * 5000,
    b"9" * 30,
    b"2.0",
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\xff"',
    b"\x00",
    b"[" * 2000,
    b"[" * 900 + b"]" * 900,
    b'"' + b"x" * 3000 + b'"',
    b"NaN",
    b",",
    b'"2026-05-04T12:00:00"',
    b'"9999-12-31T23:59:59-12:00"',
    b'"\\\\"',
]


@dataclass
class MemoryTransport(asyncio.WriteTransport):
    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        return None


@dataclass
class MemorySocket:
    """A socket that delivers prepared frames, then ends; it keeps what was sent after which frame."""

    frames: list[bytes]
    sent: list[list[str]] = field(default_factory=list)
    heard_at: float = 0.0
    close_code: int | None = None
    close_reason: str | None = None
    transport: asyncio.WriteTransport = field(default_factory=MemoryTransport)

    async def recv(self, decode: bool | None = None) -> str | bytes:
        if len(self.sent) == len(self.frames):
            raise ConnectionClosedOK(None, None)
        self.sent.append([])
        return self.frames[len(self.sent) - 1]

    async def send(self, message: str) -> None:
        self.sent[-1].append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.close_code = code


async def faults_of(version: OcppVersion, frames: list[bytes]) -> list[str]:
    """Feeds a connection; says where the read loop ended, and which frame was answered wrongly or not at all."""
    socket = MemorySocket(frames)
    intake = ScriptedIntake()
    registry: Registry[StationConnection] = Registry()
    connection = StationConnection(
        socket,
        Admission(1, 1, "CP1", 0, version),
        DIALECTS[version],
        intake=intake,
        registry=registry,
        now=lambda: NOW,
    )
    await connection.serve(Connected("gw", version.value, 0, ""))
    found = [] if len(socket.sent) == len(frames) else [f"the read loop ended after {len(socket.sent)} frames"]
    for raw, replies in zip(frames, socket.sent, strict=False):
        frame = read(raw, version)
        answerable = frame.reply_id if isinstance(frame, Call | Malformed) else None
        wrong = fault(answerable, replies)
        if wrong is not None:
            found.append(f"{wrong}: {raw[:200]!r}")
    return found


def fault(answerable: str | int | None, replies: list[str]) -> str | None:
    if answerable is None:
        return "answered though nobody asked" if replies else None
    if len(replies) != 1:
        return f"{len(replies)} answers"
    reply = orjson.loads(replies[0])
    if reply[0] not in (3, 4) or reply[1] != answerable:
        return f"answered with {reply[:2]}"
    if reply[0] == 4 and (reply[2] == "InternalError" or len(replies[0]) >= 400):
        return f"the error {replies[0][:400]}"
    return None


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """One to three random changes: bytes swapped, cut, doubled, or a nasty token put where a value was."""
    raw = bytearray(seed)
    for _ in range(chance.randint(1, 3)):
        kind = chance.randrange(6)
        at = chance.randrange(len(raw) + 1)
        if kind == 0 and raw:
            raw[at % len(raw)] = chance.randrange(256)
        elif kind == 1:
            del raw[at : at + chance.randint(1, 12)]
        elif kind == 2:
            raw[at:at] = chance.choice(TOKENS)
        elif kind == 3:
            raw[at:at] = raw[at : at + 20]
        else:
            starts = [i + 1 for i, byte in enumerate(raw) if byte in b":,["]
            if starts:
                start = chance.choice(starts)
                end = next((i for i in range(start, len(raw)) if raw[i] in b",]}"), len(raw))
                raw[start:end] = chance.choice(TOKENS)
    return bytes(raw)


def corpus(version: OcppVersion, count: int, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    return SEEDS[version] + [mutated(chance.choice(SEEDS[version]), chance) for _ in range(count)]
