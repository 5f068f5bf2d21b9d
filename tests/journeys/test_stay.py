"""A car that stays after its charge, paid by card, over a real socket: its stay is on the bill, and nothing after it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from app.main.process import Process
from tests.conftest import TestDatabase
from tests.journeys.station import Station, dialled
from tests.journeys.test_ad_hoc import Driver, driver, street
from tests.world import Tenant, add_tenant, make_world


@pytest.fixture
async def process(database: TestDatabase, tmp_path: Path) -> AsyncIterator[tuple[Process, Tenant]]:
    """Made anew and not copied: the story rewrites a published tariff, and what is published is parsed once a process."""
    world = make_world(database)
    await add_tenant(world, "ALPHA", "ALP")
    async with street(world, tmp_path) as served:
        yield served


ELEMENTS = [{"components": [{"type": "ENERGY", "price": "0.50"}, {"type": "PARKING_TIME", "price": "6.00"}]}]
BILL = """{ holds { nodes { status captured { amountMinor } session { settledAt steps { name state code deadline }
    cost { final price { total { amountMinor } } lines { dimension quantity amount { total { amountMinor } } } } } } } }"""


async def asked(station: Station, action: str) -> dict[str, Any]:
    async with asyncio.timeout(40):
        while not station.was_asked(action):
            await asyncio.sleep(0.1)
    return station.was_asked(action)[0]


def stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


class Told16:
    """A charger that ends its transaction when energy stops, and shows Finishing until the cable is out."""

    version = "ocpp1.6"

    def __init__(self, station: Station) -> None:
        self.station = station

    async def show(self, status: str, at: datetime) -> None:
        await self.station.say(
            "StatusNotification", connectorId=1, errorCode="NoError", status=status, timestamp=stamp(at)
        )

    async def charge(self, begin: datetime, end: datetime) -> None:
        start = await asked(self.station, "RemoteStartTransaction")
        await self.show("Preparing", begin)
        made = await self.station.say(
            "StartTransaction", connectorId=1, idTag=start["idTag"], meterStart=0, timestamp=stamp(begin)
        )
        await self.show("Charging", begin)
        await self.station.say(
            "StopTransaction",
            transactionId=made["transactionId"],
            meterStop=10_000,
            timestamp=stamp(end),
            reason="Local",
        )
        await self.show("Finishing", end)

    async def leave(self, at: datetime) -> None:
        await self.show("Available", at)


class Told201:
    """A charger whose transaction ends with the energy."""

    version = "ocpp2.0.1"

    def __init__(self, station: Station) -> None:
        self.station = station

    async def show(self, status: str, at: datetime) -> None:
        await self.station.say(
            "StatusNotification", evseId=1, connectorId=1, connectorStatus=status, timestamp=stamp(at)
        )

    async def charge(self, begin: datetime, end: datetime) -> None:
        start = await asked(self.station, "RequestStartTransaction")
        await self.show("Occupied", begin)
        for kind, at, number, register, trigger in (
            ("Started", begin, 0, 0, "RemoteStart"), ("Ended", end, 1, 10_000, "StopAuthorized"),
        ):  # fmt: skip
            info = {"transactionId": "stays", "remoteStartId": start["remoteStartId"]}
            await self.station.say(
                "TransactionEvent", eventType=kind, timestamp=stamp(at), triggerReason=trigger, seqNo=number,
                transactionInfo=info | ({"stoppedReason": "Local"} if kind == "Ended" else {}),
                evse={"id": 1, "connectorId": 1},
                meterValue=[{"timestamp": stamp(at), "sampledValue": [{"value": register}]}],
            )  # fmt: skip

    async def leave(self, at: datetime) -> None:
        await self.show("Available", at)


async def seen(ann: Driver, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(100):
        while True:
            found: dict[str, Any] = (await ann.ask(BILL))["nodes"][0]
            if found["session"] is not None and wanted(found):
                return found
            await asyncio.sleep(1)  # a guest may not ask much faster


def unplugging(hold: dict[str, Any]) -> dict[str, Any]:
    return next((step for step in hold["session"]["steps"] if step["name"] == "UNPLUGGED"), {})


@pytest.mark.timeout(300)  # a machine that does much else beside it
@pytest.mark.parametrize("told", [Told16, Told201])
async def test_21_22_the_stay_is_a_line_of_the_bill_and_nothing_comes_after_it(
    process: tuple[Process, Tenant], database: TestDatabase, told: type[Told16] | type[Told201]
) -> None:
    running, tenant = process
    ann, version = driver(running), told.version
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE tariff SET elements = %s", (orjson.dumps(ELEMENTS).decode(),))
    async with dialled(running.ocpp_port, tenant.stations[0].identity, version) as socket:
        charger = told(socket)
        assert await ann.intend() == []
        await ann.pay()
        end = datetime.now(UTC) + timedelta(seconds=1)
        await charger.charge(end - timedelta(hours=1), end)
        waiting = await seen(ann, lambda hold: unplugging(hold).get("code") is not None)
        assert (waiting["status"], waiting["session"]["settledAt"]) == ("HELD", None), "nothing is taken yet"
        assert unplugging(waiting)["code"] == "HOLD_SPENT"
        await charger.leave(end + timedelta(minutes=30))
        bill = await seen(ann, lambda hold: hold["status"] == "CAPTURED")
        assert (bill["captured"]["amountMinor"], unplugging(bill)["state"]) == (500 + 300, "DONE")
        lines = {line["dimension"]: line["amount"]["total"]["amountMinor"] for line in bill["session"]["cost"]["lines"]}
        assert lines == {"ENERGY": 500, "PARKING_TIME": 300}
        # The car comes and goes again: that is nobody's bill.
        await charger.show("Preparing" if version == "ocpp1.6" else "Occupied", end + timedelta(minutes=40))
        await charger.leave(end + timedelta(minutes=50))
        after = await seen(ann, lambda hold: True)
        assert after == bill
