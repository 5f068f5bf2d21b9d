"""A car is plugged in before anybody pays (2.0.1 F01, cable first): a start joins the transaction that runs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station

SESSIONS = "{ sessions { nodes { id status origin transactionId token { uid } steps { name state } } } }"


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


async def report(station: Station, kind: str, trigger: str, number: int, **info: Any) -> dict[str, Any]:
    return await station.say(
        "TransactionEvent",
        eventType=kind,
        timestamp=datetime.now(UTC).isoformat(),
        triggerReason=trigger,
        seqNo=number,
        transactionInfo={"transactionId": "first-the-cable", **info},
        evse={"id": 1, "connectorId": 1},
    )


async def start(house: House) -> dict[str, Any]:
    ids = await house.ids()
    return await house.do("sessionStart", f'evseId: "{ids["evse"]}" tokenId: "{ids["token"]}"')


async def plugged_in(house: House) -> dict[str, Any]:
    found = (await house.ask(SESSIONS))["sessions"]["nodes"]
    (session,) = [one for one in found if one["transactionId"] == "first-the-cable"]
    return session


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_start_joins_what_a_cable_began(house: House, version: str) -> None:
    async with house.dialled(version) as station:
        await report(station, "Started", "CablePluggedIn", 0, chargingState="EVConnected")
        asked = await start(house)
        assert (asked["errors"], asked["session"]["status"]) == ([], "ACTIVE")
        (sent,) = station.was_asked("RequestStartTransaction")

        await report(station, "Updated", "RemoteStart", 1, remoteStartId=sent["remoteStartId"])
        session = await plugged_in(house)
        assert (session["origin"], session["transactionId"]) == ("OPERATOR", "first-the-cable")
        assert session["token"]["uid"] == (await house.ids())["uid"]
        newest = (await house.ask("{ commands(first: 1) { nodes { action effect } } }"))["commands"]["nodes"]
        assert newest == [{"action": "StartTransaction", "effect": "OBSERVED"}]

        again = await start(house)
        assert [error["code"] for error in again["errors"]] == ["EVSE_BUSY"]


async def test_a_refused_start_leaves_the_car_waiting_for_a_card(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        await report(station, "Started", "CablePluggedIn", 0, chargingState="EVConnected")
        station.answers["RequestStartTransaction"] = {"status": "Rejected"}
        refused = await start(house)
        assert refused["command"]["answer"]["accepted"] is False
        session = await plugged_in(house)
        assert (session["status"], session["origin"], session["token"]) == ("ACTIVE", "AUTOSTART", None)
        assert "START_ACCEPTED" not in {step["name"] for step in session["steps"]}

        station.answers["RequestStartTransaction"] = {"status": "Accepted"}
        assert (await start(house))["errors"] == []
