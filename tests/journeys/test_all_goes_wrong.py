"""A driver without an account whose card, charger and luck fail in turn; the bank holds nothing of theirs afterwards."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from app.main.process import Process
from tests.conftest import TestDatabase
from tests.journeys.station import Station, dialled
from tests.journeys.test_ad_hoc import LOOK, STICKER, Driver, driver, street
from tests.journeys.test_documents import LEGAL
from tests.world import Tenant, add_tenant, make_world

ELEMENTS = [{"components": [{"type": "ENERGY", "price": "0.50"}, {"type": "TIME", "price": "6.00"}]}]
TOLD = """{ holds { nodes { status provisional releaseReason captureBefore captured { amountMinor } refunded { amountMinor }
    session { settledAt steps { name state message } documents { kind } } } } }"""


@dataclass
class Ahead:
    """Everybody's clock, which runs and can be put forward."""

    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture
def clock() -> Ahead:
    return Ahead()


@pytest.fixture
async def process(database: TestDatabase, tmp_path: Path, clock: Ahead) -> AsyncIterator[tuple[Process, Tenant]]:
    """Made anew and not copied: the story rewrites a published tariff, and what is published is parsed once a process."""
    world = make_world(database)
    await add_tenant(world, "ALPHA", "ALP")
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE tariff SET elements = %s", (orjson.dumps(ELEMENTS).decode(),))
        for day in range(8):
            owner.execute("SELECT ensure_history_day(current_date + %s)", (day,))
    async with street(world, tmp_path, clock=clock) as served:
        yield served


async def seen(ann: Driver, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while not wanted(found := (await ann.ask(TOLD))["nodes"][0]):
            await asyncio.sleep(0.5)
    told: dict[str, Any] = found
    return told


async def tell(station: Station, asked: dict[str, Any], at: datetime, number: int, kind: str, **more: Any) -> None:
    info = {"transactionId": "silent", "remoteStartId": asked["remoteStartId"], **more.pop("info", {})}
    register = more.pop("register", None)
    if register is not None:
        more["meterValue"] = [{"timestamp": at.isoformat(), "sampledValue": [{"value": register}]}]
    await station.say(
        "TransactionEvent", eventType=kind, timestamp=at.isoformat(), triggerReason=more.pop("trigger"), seqNo=number,
        transactionInfo=info, evse={"id": 1, "connectorId": 1}, **more,
    )  # fmt: skip


async def started(station: Station, count: int = 1) -> dict[str, Any]:
    async with asyncio.timeout(40):
        while len(asked := station.was_asked("RequestStartTransaction")) < count:
            await asyncio.sleep(0.1)
    return asked[-1]


async def declined(running: Process, station: Station) -> Driver:
    """The bank says no: nothing is held, and nobody is asked to start."""
    ann = driver(running)
    assert await ann.intend() == []
    assert "declined" in (await ann.pay("pm_card_visa_chargeDeclined")).text
    said = await seen(ann, lambda hold: True)
    assert (said["status"], said["session"], station.was_asked("RequestStartTransaction")) == ("CREATED", None, [])
    return ann


async def refused(ann: Driver, station: Station) -> None:
    """Another card is good, but the charger does not want to: the money goes back, and the steps say why."""
    station.answers["RequestStartTransaction"] = {"status": "Rejected"}
    await ann.pay()
    hold = await seen(ann, lambda hold: hold["status"] == "RELEASED")
    steps = {step["name"]: step["state"] for step in hold["session"]["steps"]}
    assert (hold["releaseReason"], hold["captured"]["amountMinor"]) == ("NOT_STARTED", 0)
    assert (steps["PAYMENT_HELD"], steps["START_ACCEPTED"]) == ("DONE", "FAILED")
    free = await Driver(ann.home).ask(LOOK, evse=STICKER)
    assert free["availability"] == "AVAILABLE"
    del station.answers["RequestStartTransaction"]


@pytest.mark.timeout(300)  # a machine that does much else beside it
async def test_declined_then_refused_then_silent_until_the_bank_lets_go(
    process: tuple[Process, Tenant], clock: Ahead, database: TestDatabase
) -> None:
    running, tenant = process
    double = running.payments.double.double  # type: ignore[union-attr]
    identity = tenant.stations[0].identity
    staff = driver(running)
    staff.token = tenant.api_secret
    assert (await staff.ask(LEGAL))["errors"] == []
    async with dialled(running.ocpp_port, identity, "ocpp2.0.1") as station:
        await refused(await declined(running, station), station)
        ben = driver(running)
        assert await ben.intend() == []
        await ben.pay()
        asked = await started(station, 2)
        begin = clock()
        now = begin.isoformat()
        await station.say("StatusNotification", evseId=1, connectorId=1, connectorStatus="Occupied", timestamp=now)
        await tell(station, asked, begin, 0, "Started", trigger="RemoteStart", register=0)
        later = begin + timedelta(minutes=50)  # a gateway believes a charger's clock that is less than an hour ahead
        await tell(station, asked, later, 2, "Updated", trigger="MeterValuePeriodic", register=10_000)
        held = await seen(ben, lambda hold: hold["status"] == "HELD")
    # Nobody hears of the charger for a week.
    clock.by += timedelta(days=6, hours=18, minutes=5)
    double.book.advance(clock.by.total_seconds())
    hold = await seen(ben, lambda hold: hold["status"] == "CAPTURED")
    assert clock() < datetime.fromisoformat(held["captureBefore"])
    assert (hold["provisional"], hold["captured"]["amountMinor"]) == (True, 500 + 500), "as of the last reading"
    assert hold["session"]["settledAt"] is None
    assert hold["session"]["documents"] == [], "a number is given to what is certain"
    async with dialled(running.ocpp_port, identity, "ocpp2.0.1") as station:
        # What it had kept: the car was full after half an hour.
        half = begin + timedelta(minutes=30)
        full = {"chargingState": "SuspendedEV"}
        await tell(
            station, asked, half, 1, "Updated", trigger="ChargingStateChanged", info=full, register=10_000, offline=True
        )
        over = {"stoppedReason": "EVDisconnected"}
        await tell(
            station, asked, later + timedelta(minutes=1), 3, "Ended", trigger="EVDeparted", info=over, register=10_000,
            offline=True,
        )  # fmt: skip
        bill = await seen(ben, lambda hold: bool(hold["refunded"]["amountMinor"] and hold["session"]["documents"]))
    assert (bill["status"], bill["provisional"]) == ("CAPTURED", False)
    with psycopg.connect(database.owner_url) as owner:  # its staff's secret has lapsed within the week
        paper = owner.execute(
            "SELECT kind, total_minor FROM document WHERE hold_key = (SELECT max(key) FROM hold)"
        ).fetchall()
        repaid = owner.execute(
            "SELECT amount_minor, reason FROM refund WHERE hold_key = (SELECT max(key) FROM hold)"
        ).fetchall()
    assert paper == [("RECEIPT", 500 + 300)]
    assert repaid == [(200, "PROVISIONAL_CORRECTION")]
    bank = double.book.account(None)
    assert [one["amount"] for one in bank.of_kind("refund")] == [200], "one correction"
    assert sorted(one["status"] for one in bank.of_kind("payment_intent")) == ["canceled", "succeeded"], "none is held"
