"""Simulated stations tell of themselves as real ones do, in every version."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.fleet import Fleet
from simulator.spec import StationSpec
from tests.conftest import TestDatabase
from tests.journeys.device_house import House, Json, open_house


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with open_house(database) as made:
        yield made


@asynccontextmanager
async def simulated(house: House, version: str) -> AsyncIterator[None]:
    password = await house.register("CP-J")
    spec = StationSpec("CP-J", password, version, evses=2, tokens=("CARD",))
    fleet = Fleet(f"ws://127.0.0.1:{house.server.port}/ocpp", [spec], seed=5, time_factor=50)
    life = asyncio.create_task(fleet.run(visitors=False))
    await fleet["CP-J"].wait_until(lambda one: one.link.online and len(one._told) == 2)
    yield
    await fleet.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await life


async def complete(house: House, number: int) -> Json:
    """The report once it is complete."""
    async with asyncio.timeout(20):
        while True:
            found = await house.station("CP-J", "reports { nodes { requestId state parts text } }")
            for report in found["reports"]["nodes"]:
                if (report["requestId"], report["state"]) == (number, "COMPLETE"):
                    return report
            await asyncio.sleep(0.02)


async def values(house: House) -> dict[str, str]:
    found = await house.station("CP-J", "variables { nodes { value place { component variable evse } } }")
    return {
        f"{one['place']['component']}.{one['place']['variable']}/{one['place']['evse'] or 0}": one["value"]
        for one in found["variables"]["nodes"]
    }


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_2_x_station(house: House, version: str) -> None:
    async with simulated(house, version):
        await house.command("baseReportGet", "request: {requestId: 1, reportBase: FULL_INVENTORY}", "CP-J")
        assert (await complete(house, 1))["parts"] > 2
        found = await values(house)
        assert (found["EVSE.Power/2"], found["OCPPCommCtrlr.HeartbeatInterval/0"].isdecimal()) == ("22000", True)

        where = 'component: {name: "OCPPCommCtrlr"}, variable: {name: "HeartbeatInterval"}'
        await house.command(
            "monitorsSet", f"request: {{setMonitoringData: [{{value: 1, type: DELTA, severity: 3, {where}}}]}}", "CP-J"
        )
        heartbeat = 'variables: [{component: "OCPPCommCtrlr", variable: "HeartbeatInterval", value: "120"}]'
        assert (await house.command("variablesSet", heartbeat, "CP-J"))["answer"]["accepted"]
        assert (await values(house))["OCPPCommCtrlr.HeartbeatInterval/0"] == "120"
        async with asyncio.timeout(20):
            while not (
                events := (await house.ask("{ stationEvents { nodes { actualValue severity } } }"))["stationEvents"][
                    "nodes"
                ]
            ):
                await asyncio.sleep(0.02)
        assert events == [{"actualValue": "120", "severity": 3}]
        await house.command("monitoringReportGet", "request: {requestId: 2}", "CP-J")
        assert (await complete(house, 2))["parts"] == 1
        await house.command("monitorsClear", "request: {id: [1]}", "CP-J")
        assert (await house.station("CP-J", "monitors { totalCount }"))["monitors"]["totalCount"] == 0

        message = 'request: {message: {id: %d, priority: IN_FRONT, message: {format: UTF8, content: "Hello"}}}'
        for number in (1, 2):
            await house.command("displayMessageSet", message % number, "CP-J")
        await house.command("displayMessagesGet", "request: {requestId: 3}", "CP-J")
        await complete(house, 3)
        await house.command("displayMessageClear", "request: {id: 1}", "CP-J")
        shown = await house.station("CP-J", "displayMessages { nodes { messageId content { content } } }")
        assert shown["displayMessages"]["nodes"] == [{"messageId": 2, "content": {"content": "Hello"}}]

        asked = 'request: {requestId: 4, report: true, clear: true, customerIdentifier: "Ada"}'
        await house.command("customerInformationGet", asked, "CP-J")
        assert (await complete(house, 4))["text"] == "1 tokens are accepted while offline."
        assert (await house.command("cacheClear", "", "CP-J"))["answer"]["accepted"]
        status = await house.command("transactionStatusGet", "request: {}", "CP-J")
        assert status["answer"]["raw"] == {"messagesInQueue": False}
        # All of it was said as its schema asks.
        assert (await house.station("CP-J", "problems"))["problems"] == 0


async def test_a_1_6_station(house: House) -> None:
    async with simulated(house, "1.6"):
        limit = 'variables: [{component: "DeviceDataCtrlr", variable: "ItemsPerMessage", instance: "GetVariables"}]'
        await house.command("variablesGet", limit, "CP-J")
        assert await values(house) == {"DeviceDataCtrlr.ItemsPerMessage/0": "20"}
        profile = 'variables: [{component: "Configuration", variable: "WebSocketPingInterval", value: "9"}]'
        assert (await house.command("variablesSet", profile, "CP-J"))["answer"]["accepted"]
        assert (await values(house))["OCPPCommCtrlr.WebSocketPingInterval/0"] == "9"
        assert (await house.command("cacheClear", "", "CP-J"))["answer"]["accepted"]
        sent = await house.command("messageTrigger", 'message: "LogStatusNotification"', "CP-J")
        assert sent["answer"]["status"] == "NotImplemented"
        assert (await house.station("CP-J", "problems"))["problems"] == 0
