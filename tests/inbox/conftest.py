"""An inbox over a real database, a world to decide about, and a station that speaks in events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta

import pytest

from app.domain.answer import Answer, ConnectedAnswer
from app.domain.event import Arrival, Connected, StationEvent, TransactionPhase, TransactionReported
from app.domain.meter import Reading, ReadingContext
from app.domain.station import OcppVersion
from app.domain.token import PresentedToken
from app.feed import Feed
from app.inbox import Inbox
from tests.conftest import TestDatabase
from tests.ground import START, StationRow, World

GATEWAY = "00000000-0000-7000-8000-000000000001"


class Clock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Voice:
    """One station's events, as its gateway would report them."""

    def __init__(self, inbox: Inbox, row: StationRow, clock: Clock, version: OcppVersion = OcppVersion.V201) -> None:
        self.inbox, self.row, self.clock, self.version = inbox, row, clock, version
        self.epoch = 0
        self._messages = 0

    def arrival(
        self, event: StationEvent, *, epoch: int | None = None, frame: str = "[2]", action: str = ""
    ) -> Arrival:
        self._messages += 1
        return Arrival(
            station_key=self.row.key,
            operator_key=self.row.operator_key,
            epoch=self.epoch if epoch is None else epoch,
            version=self.version,
            received_at=self.clock(),
            event=event,
            message_id=f"m{self._messages}",
            action=action or type(event).__name__,
            frame=frame,
        )

    async def say(self, event: StationEvent, **how: object) -> Answer:
        return await asyncio.wait_for(self.inbox.receive(self.arrival(event, **how)), 10)  # type: ignore[arg-type]

    async def connect(self, gateway: str = GATEWAY) -> "Voice":
        answer = await self.say(Connected(gateway, self.version.value, 1, "127.0.0.1"), epoch=0)
        assert isinstance(answer, ConnectedAnswer)
        self.epoch = answer.epoch
        return self


def register(wh: int, at: datetime, context: str = ReadingContext.PERIODIC) -> Reading:
    return Reading(at, energy_wh=wh, power_w=11_000, context=context)


def started(at: datetime, *, wh: int = 1000, tx: str = "tx-1", token: str | None = "CARD", seq: int = 0, evse: int = 1,
            **more: object) -> TransactionReported:  # fmt: skip
    return TransactionReported(
        TransactionPhase.STARTED, tx, seq, at, "Authorized", evse, 1,
        None if token is None else PresentedToken(token), readings=(register(wh, at, ReadingContext.BEGIN),), **more,
    )  # type: ignore[arg-type]  # fmt: skip


def updated(at: datetime, *, wh: int, seq: int, tx: str = "tx-1") -> TransactionReported:
    return TransactionReported(
        TransactionPhase.UPDATED, tx, seq, at, "MeterValuePeriodic", 1, 1, readings=(register(wh, at),)
    )


def ended(at: datetime, *, wh: int, seq: int, tx: str = "tx-1") -> TransactionReported:
    return TransactionReported(
        TransactionPhase.ENDED, tx, seq, at, "EVDeparted", 1, 1, stop_reason="EVDisconnected",
        readings=(register(wh, at, ReadingContext.END),),
    )  # fmt: skip


@pytest.fixture
def world(database: TestDatabase) -> Iterator[World]:
    made = World(database.owner_url)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
async def inbox(database: TestDatabase, clock: Clock, feed: Feed) -> AsyncIterator[Inbox]:
    made = Inbox(database.ingest_url, feed, gateway_id=GATEWAY, clock=clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def voice(inbox: Inbox, world: World, clock: Clock) -> Callable[..., Awaitable[Voice]]:
    """A connected station of a new operator that knows CARD and charges 0.50 a kWh."""

    async def make(identity: str = "CP-1", version: OcppVersion = OcppVersion.V201, **how: object) -> Voice:
        operator = world.operator(f"Operator of {identity}")
        world.token(operator, "CARD")
        world.tariff(operator)
        return await Voice(inbox, world.station(operator, identity, **how), clock, version).connect()  # type: ignore[arg-type]

    return make
