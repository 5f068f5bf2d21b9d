"""A car says what it needs, and gets a plan: asked over a real socket, made by a duty, seen in GraphQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import TestDatabase
from tests.house import House, running
from tests.journeys.charger import BOOT_2, Charger, plugged

NEEDS = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 24, "evMaxVoltage": 230},
}
COMMANDS = "{ commands(first: 20) { nodes { action requestedBy reason session { transactionId } answer { status } } } }"


@pytest.fixture
async def house(database: TestDatabase, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database, tmp_path / "data") as made:
        yield made


def now(ahead: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) + ahead).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def begun(charger: Charger, transaction_id: str = "tx-1") -> None:
    await charger.call("BootNotification", BOOT_2)
    said = {
        "eventType": "Started",
        "timestamp": now(),
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": transaction_id, "chargingState": "EVConnected"},
        "evse": {"id": 1, "connectorId": 1},
    }
    await charger.call("TransactionEvent", said)


async def needs(charger: Charger, **changes: Any) -> str:
    payload = {"evseId": 1, "chargingNeeds": NEEDS | changes, "maxScheduleTuples": 4}
    answer = await charger.call("NotifyEVChargingNeeds", payload)
    return str(answer["status"])


async def means(charger: Charger, schedule: dict[str, Any]) -> str:
    payload = {"evseId": 1, "timeBase": now(), "chargingSchedule": schedule}
    return str((await charger.call("NotifyEVChargingSchedule", payload))["status"])


def limits(profile: dict[str, Any]) -> list[float]:
    (schedule,) = profile["chargingProfile"]["chargingSchedule"]
    return [period["limit"] for period in schedule["chargingSchedulePeriod"]]


async def sent(house: House) -> list[dict[str, Any]]:
    nodes = (await house.ask(COMMANDS))["commands"]["nodes"]
    return [node for node in nodes if node["action"] == "SetChargingProfile"]


def duties(house: House, state: str = "%") -> int:
    """How many plans are owed, or were."""
    statement = "SELECT count(*) FROM duty WHERE kind = 'PLAN_CHARGING' AND state LIKE %s"
    with psycopg.connect(house.database.owner_url) as connection:
        row = connection.execute(statement, (state,)).fetchone()
    assert row is not None
    return int(row[0])


async def settled(house: House) -> None:
    """Every plan that is owed now is made."""
    while duties(house, "OWED"):
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_need_is_planned_for_once(house: House, version: str) -> None:
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", version, password=password) as charger:
        await begun(charger)
        assert await needs(charger, departureTime=now(timedelta(hours=3))) == "Accepted"
        asked = await charger.asked("SetChargingProfile")
        profile = asked["chargingProfile"]
        assert asked["evseId"] == 1
        assert (profile["chargingProfilePurpose"], profile["transactionId"]) == ("TxProfile", "tx-1")
        assert (profile["chargingProfileKind"], profile["stackLevel"]) == ("Absolute", 0)
        (schedule,) = profile["chargingSchedule"]
        assert (schedule["chargingRateUnit"], limits(asked)) == ("A", [24.0])
        assert timedelta(hours=2, minutes=58) < timedelta(seconds=schedule["duration"]) <= timedelta(hours=3)
        assert await means(charger, schedule) == "Accepted"
        await settled(house)
        (command,) = await sent(house)
        assert command["requestedBy"] == "voltgraph"
        assert command["session"] == {"transactionId": "tx-1"}
        assert command["answer"] == {"status": "Accepted"}
        shown = await house.ask("{ sessions { nodes { power { plannedAt needs { departureTime } } } } }")
        assert shown["sessions"]["nodes"][0]["power"]["plannedAt"] is not None


async def test_a_car_that_means_to_draw_more_is_refused_and_planned_for_again(house: House) -> None:
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await begun(charger)
        await needs(charger)
        first = await charger.asked("SetChargingProfile")
        greedy = dict(first["chargingProfile"]["chargingSchedule"][0])
        greedy["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": 40.0}]
        assert await means(charger, greedy) == "Rejected"
        again = await charger.asked("SetChargingProfile")
        assert again["chargingProfile"]["id"] == first["chargingProfile"]["id"], (
            "the new plan takes the old one's place"
        )
        assert limits(again) == [24.0]
        assert await means(charger, again["chargingProfile"]["chargingSchedule"][0]) == "Accepted"
        await settled(house)
        assert len(await sent(house)) == 2


async def test_new_needs_are_a_new_plan_within_what_others_allow(house: House) -> None:
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await begun(charger)
        await needs(charger)
        await charger.asked("SetChargingProfile")
        periods = [{"startPeriod": 0, "limit": 10.0}]
        limit = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods, "duration": 7 * 86400}
        said = {"evseId": 1, "chargingLimit": {"chargingLimitSource": "SO"}, "chargingSchedule": [limit]}
        await charger.call("NotifyChargingLimit", said)
        assert await needs(charger) == "Accepted"
        assert limits(await charger.asked("SetChargingProfile")) == [10.0]


async def test_a_persons_profile_takes_the_plans_place_and_bounds_the_next(house: House) -> None:
    """Two profiles of one rank are never there at once (2.0.1 K01.FR.39), and what a person asked for stays (K16)."""
    station, password = await house.station("CP-1")
    schedule = "{id: 1, chargingRateUnit: A, chargingSchedulePeriod: [{startPeriod: 0, limit: 8}]}"
    ask = """mutation { chargingProfileSet(stationId: "%s", options: {idempotencyKey: "%s"}, request: {evseId: 1,
        chargingProfile: {id: %d, stackLevel: 0, chargingProfilePurpose: TX_PROFILE, chargingProfileKind: RELATIVE,
        transactionId: "tx-1", chargingSchedule: [%s]}}) { command { answer { accepted } } errors { code message } } }"""
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await begun(charger)
        await needs(charger)
        plan = (await charger.asked("SetChargingProfile"))["chargingProfile"]
        await settled(house)
        answer = (await house.ask(ask % (station, "a", 7, schedule)))["chargingProfileSet"]
        assert (answer["errors"], answer["command"]) == ([], {"answer": {"accepted": True}})
        asked = await charger.asked("SetChargingProfile")
        assert (asked["chargingProfile"]["id"], limits(asked)) == (plan["id"], [8.0])
        again = (await house.ask(ask % (station, "b", 8, schedule)))["chargingProfileSet"]
        assert [error["code"] for error in again["errors"]] == ["INVALID_INPUT"]
        await needs(charger)
        later = await charger.asked("SetChargingProfile")
        assert limits(later) == [8.0]
        assert later["chargingProfile"]["id"] != plan["id"] and later["chargingProfile"]["stackLevel"] == 1


async def test_a_car_that_never_obeys_is_not_chased_for_ever(house: House) -> None:
    _, password = await house.station("CP-1")
    greedy = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 60.0}]}
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await begun(charger)
        await needs(charger)
        await charger.asked("SetChargingProfile")
        for _ in range(8):
            assert await means(charger, greedy) == "Rejected"
        await settled(house)
        assert 1 < len(await sent(house)) <= 6
        assert duties(house) == 6, "one for the need and one for each of five refusals"


async def test_a_need_without_a_transaction_has_no_plan(house: House) -> None:
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        assert await needs(charger) == "Rejected"
    assert duties(house) == 0
