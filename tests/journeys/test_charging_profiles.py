"""Charging profiles from the operator to the station and back: what is asked, what it says, what is shown."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station

PROFILES = (
    "chargingProfiles { source evse reportedAt commandId profile { id stackLevel chargingProfilePurpose transactionId "
    "chargingSchedule { chargingRateUnit chargingSchedulePeriod { startPeriod limit } } } moved { limit setpoint } }"
)


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def set_text(station: str, number: int = 11, **changes: str) -> str:
    said = {
        "stackLevel": "1",
        "chargingProfilePurpose": "TX_DEFAULT_PROFILE",
        "chargingProfileKind": "ABSOLUTE",
        "evse": "1",
        "periods": "[{startPeriod: 0, limit: 16}, {startPeriod: 60, limit: 8.5}]",
        "more": "",
    } | changes
    return f"""stationId: "{station}", request: {{evseId: {said["evse"]}, chargingProfile: {{id: {number},
        stackLevel: {said["stackLevel"]}, chargingProfilePurpose: {said["chargingProfilePurpose"]},
        chargingProfileKind: {said["chargingProfileKind"]} {said["more"]}
        chargingSchedule: [{{id: 1, chargingRateUnit: A, startSchedule: "2027-01-01T00:00:00Z",
            chargingSchedulePeriod: {said["periods"]}}}]}}}},"""


def wire_profile(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}
        ],
    } | changes


async def held(house: House) -> list[dict[str, Any]]:
    return (await house.shown(PROFILES))["chargingProfiles"]


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_what_a_station_agreed_to_is_what_we_show(house: House, version: str) -> None:
    station_id = (await house.ids())["station"]
    async with house.dialled(version) as station:
        done = await house.do("chargingProfileSet", set_text(station_id))
        assert done["errors"] == []
        assert done["command"]["answer"] == {"status": "Accepted", "accepted": True}
        (sent,) = station.was_asked("SetChargingProfile")
        profile = sent["csChargingProfiles"] if version == "ocpp1.6" else sent["chargingProfile"]
        schedule = profile["chargingSchedule"]
        schedule = schedule if version == "ocpp1.6" else schedule[0]
        assert [period["limit"] for period in schedule["chargingSchedulePeriod"]] == [16.0, 8.5]
        (shown,) = await held(house)
        assert (shown["source"], shown["evse"], shown["profile"]["id"]) == ("CSO", 1, 11)
        assert shown["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"][1] == {"startPeriod": 60, "limit": 8.5}
        assert shown["commandId"].startswith("cmd_")

        station.answers["SetChargingProfile"] = {"status": "Rejected"}
        refused = await house.do("chargingProfileSet", set_text(station_id, 12, stackLevel="2"))
        assert refused["command"]["answer"]["accepted"] is False
        assert [one["profile"]["id"] for one in await held(house)] == [11]

        await house.do("chargingProfileClear", f'stationId: "{station_id}", request: {{chargingProfileId: 11}},')
        assert await held(house) == []


async def test_a_1_6_profile_takes_the_place_of_its_twin(house: House) -> None:
    station_id = (await house.ids())["station"]
    async with house.dialled("ocpp1.6"):
        for number in (11, 12):
            await house.do("chargingProfileSet", set_text(station_id, number))
        await house.do("chargingProfileSet", set_text(station_id, 13, stackLevel="2"))
        assert [one["profile"]["id"] for one in await held(house)] == [13, 12]


async def test_a_report_in_parts_says_what_is_there_and_what_is_gone(house: House) -> None:
    station_id = (await house.ids())["station"]
    async with house.dialled("ocpp2.0.1") as station:
        await house.do("chargingProfileSet", set_text(station_id, 11))
        await house.do("chargingProfileSet", set_text(station_id, 12, stackLevel="2"))
        asked = await house.do(
            "chargingProfilesGet",
            f'stationId: "{station_id}", request: {{requestId: 5, chargingProfile: {{chargingLimitSource: []}}}},',
        )
        assert asked["command"]["answer"]["accepted"] is True
        part = {"requestId": 5, "evseId": 1}
        await station.say(
            "ReportChargingProfiles", **part, chargingLimitSource="CSO", tbc=True, chargingProfile=[wire_profile(12)]
        )
        assert len(await held(house)) == 2, "nothing is gone before the report is whole"
        await station.say(
            "ReportChargingProfiles", **part, chargingLimitSource="EMS", chargingProfile=[wire_profile(90)]
        )
        shown = await held(house)
        assert [(one["source"], one["profile"]["id"]) for one in shown] == [("CSO", 12), ("EMS", 90)]
        assert all(one["reportedAt"] for one in shown)

        station.answers["GetChargingProfiles"] = {"status": "NoProfiles"}
        await house.do(
            "chargingProfilesGet",
            f'stationId: "{station_id}", request: {{requestId: 6, chargingProfile: {{chargingLimitSource: ["CSO"]}}}},',
        )
        assert [one["source"] for one in await held(house)] == ["EMS"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"periods": "[]"}, "chargingSchedulePeriod"),
        ({"periods": "[{startPeriod: 5, limit: 1}]"}, "chargingSchedulePeriod"),
        ({"chargingProfilePurpose": "TX_PROFILE"}, "transactionId"),
        ({"chargingProfilePurpose": "CHARGING_STATION_MAX_PROFILE"}, "evseId"),
        ({"chargingProfileKind": "RECURRING"}, "recurrencyKind"),
        ({"chargingProfileKind": "RELATIVE"}, "startSchedule"),
        ({"more": 'validFrom: "2027-02-01T00:00:00Z", validTo: "2027-01-01T00:00:00Z",'}, "validTo"),
    ],
)
async def test_what_no_station_may_be_asked_is_refused(house: House, changes: dict[str, str], path: str) -> None:
    station_id = (await house.ids())["station"]
    async with house.dialled("ocpp2.0.1") as station:
        refused = await house.do("chargingProfileSet", set_text(station_id, **changes))
        ((error),) = refused["errors"]
        assert (error["code"], error["path"][-1]) == ("INVALID_INPUT", path)
        assert station.was_asked("SetChargingProfile") == []


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_the_composite_schedule_is_read_from_the_answer(house: House, version: str) -> None:
    periods = [{"startPeriod": 0, "limit": 11.5, "numberPhases": 3}]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, "duration": 600}
    async with house.dialled(version) as station:
        station.answers["GetCompositeSchedule"] = (
            {"status": "Accepted", "connectorId": 1, "scheduleStart": now(), "chargingSchedule": schedule}
            if version == "ocpp1.6"
            else {"status": "Accepted", "schedule": {**schedule, "evseId": 1, "scheduleStart": now()}}
        )
        done = await house.do(
            "compositeScheduleGet",
            f'stationId: "{(await house.ids())["station"]}", request: {{duration: 600, evseId: 1}},',
            fields="compositeSchedule { evse unit durationS startsAt periods { startPeriod limit numberPhases } }",
        )
        found = done["command"]["answer"]["compositeSchedule"]
        assert found["startsAt"] is not None
        assert (found["evse"], found["unit"], found["durationS"]) == (1, "A", 600)
        assert found["periods"] == periods


async def test_limits_of_others_come_and_go(house: House) -> None:
    fields = "chargingLimits { evse source isGridCritical schedules { chargingSchedulePeriod { limit } } }"
    async with house.dialled("ocpp2.0.1") as station:
        schedule = wire_profile(1)["chargingSchedule"]
        limit = {"chargingLimitSource": "SO", "isGridCritical": True}
        await station.say("NotifyChargingLimit", evseId=1, chargingLimit=limit, chargingSchedule=schedule)
        (shown,) = (await house.shown(fields))["chargingLimits"]
        assert (shown["evse"], shown["source"], shown["isGridCritical"]) == (1, "SO", True)
        assert shown["schedules"][0]["chargingSchedulePeriod"] == [{"limit": 10.0}]
        await station.say("ClearedChargingLimit", chargingLimitSource="SO", evseId=1)
        assert (await house.shown(fields))["chargingLimits"] == []


async def started(station: Station, transaction_id: str = "tx-1") -> None:
    await station.say(
        "TransactionEvent",
        eventType="Started",
        timestamp=now(),
        triggerReason="CablePluggedIn",
        seqNo=0,
        transactionInfo={"transactionId": transaction_id, "chargingState": "Charging"},
        evse={"id": 1, "connectorId": 1},
    )


async def power_of(house: House, fields: str) -> dict[str, Any]:
    data = await house.ask(f"{{ sessions {{ nodes {{ status power {{ {fields} }} }} }} }}")
    return next(one["power"] for one in data["sessions"]["nodes"] if one["status"] == "ACTIVE")


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_what_a_car_needs_and_plans_is_shown_with_its_session(house: House, version: str) -> None:
    async with house.dialled(version) as station:
        needs = {"requestedEnergyTransfer": "DC", "dcChargingParameters": {
            "evMaxCurrent": 200, "evMaxVoltage": 400, "stateOfCharge": 20}}  # fmt: skip
        nobody = await station.say("NotifyEVChargingNeeds", evseId=1, chargingNeeds=needs)
        none = "NoChargingProfile" if version == "ocpp2.1" else "Rejected"
        assert nobody["status"] == none, "nobody charges there"
        await started(station)
        heard = await station.say("NotifyEVChargingNeeds", evseId=1, chargingNeeds=needs, maxScheduleTuples=8)
        assert heard["status"] == "Accepted"
        schedule = wire_profile(1)["chargingSchedule"][0]
        assert await station.say("NotifyEVChargingSchedule", evseId=1, timeBase=now(), chargingSchedule=schedule) == {
            "status": "Accepted"
        }
        shown = await power_of(
            house,
            "needs { requestedEnergyTransfer dcChargingParameters { stateOfCharge } } maxScheduleTuples "
            "evSchedule { chargingSchedulePeriod { limit } }",
        )
        assert shown["needs"]["requestedEnergyTransfer"] == "DC"
        assert shown["needs"]["dcChargingParameters"]["stateOfCharge"] == 20
        assert shown["maxScheduleTuples"] == 8
        assert shown["evSchedule"]["chargingSchedulePeriod"] == [{"limit": 10.0}]


async def test_a_profile_of_a_transaction_goes_with_it(house: House) -> None:
    station_id = (await house.ids())["station"]
    async with house.dialled("ocpp2.0.1") as station:
        await started(station)
        text = set_text(station_id, chargingProfilePurpose="TX_PROFILE", more='transactionId: "tx-1",')
        assert (await house.do("chargingProfileSet", text))["session"]["status"] == "ACTIVE"
        assert len(await held(house)) == 1
        await station.say(
            "TransactionEvent",
            eventType="Ended",
            timestamp=now(),
            triggerReason="EVDeparted",
            seqNo=1,
            transactionInfo={"transactionId": "tx-1", "stoppedReason": "EVDisconnected"},
        )
        assert await held(house) == []


async def test_a_dynamic_profile_is_moved_and_pulled(house: House) -> None:
    station_id = (await house.ids())["station"]
    async with house.dialled("ocpp2.1") as station:
        unknown = await station.say("PullDynamicScheduleUpdate", chargingProfileId=11)
        assert unknown["status"] == "Rejected"
        dynamic = set_text(
            station_id,
            chargingProfileKind="DYNAMIC",
            periods="[{startPeriod: 0, limit: 16, setpoint: 5, operationMode: CENTRAL_FREQUENCY}]",
        )
        assert (await house.do("chargingProfileSet", dynamic))["errors"] == []
        moved = f'stationId: "{station_id}", request: {{chargingProfileId: 11, scheduleUpdate: {{limit: 7.5}}}},'
        assert (await house.do("dynamicScheduleUpdate", moved))["command"]["answer"]["accepted"] is True
        assert (await held(house))[0]["moved"] == {"limit": 7.5, "setpoint": None}
        pulled = await station.say("PullDynamicScheduleUpdate", chargingProfileId=11)
        assert pulled == {"status": "Accepted", "scheduleUpdate": {"limit": 7.5, "setpoint": 5.0}}


async def test_priority_charging_is_shown_on_the_session(house: House) -> None:
    station_id = (await house.ids())["station"]
    async with house.dialled("ocpp2.1") as station:
        await started(station)
        use = f'stationId: "{station_id}", request: {{transactionId: "tx-1", activate: true}},'
        assert (await house.do("priorityChargingUse", use))["session"]["status"] == "ACTIVE"
        assert (await power_of(house, "priority"))["priority"] is True
        await station.say("NotifyPriorityCharging", transactionId="tx-1", activated=False)
        assert (await power_of(house, "priority"))["priority"] is False
        allow = f'stationId: "{station_id}", request: {{transactionId: "tx-1", allowedEnergyTransfer: [DC, AC_BPT]}},'
        await house.do("allowedEnergyTransferNotify", allow)
        assert (await power_of(house, "allowedTransfer"))["allowedTransfer"] == ["DC", "AC_BPT"]


async def test_an_unreadable_profile_is_answered_and_flagged(house: House) -> None:
    """A station that reports nonsense is heard out; what can be read of it is shown."""
    async with house.dialled("ocpp2.0.1") as station:
        nonsense = wire_profile(7, chargingProfilePurpose="Whatever")
        await station.say(
            "ReportChargingProfiles",
            requestId=9,
            evseId=1,
            chargingLimitSource="CSO",
            chargingProfile=[nonsense, wire_profile(8)],
        )
        assert [one["profile"]["id"] for one in await held(house)] == [8]
        rows = house.world.ingest("SELECT problems FROM frame WHERE action = 'ReportChargingProfiles' AND inbound")
        assert any("ChargingProfile" in str(row) or "chargingProfile" in str(row) for row in rows), rows


async def test_no_profile_for_hardware_that_is_not_there(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        told = await house.do("chargingProfileSet", set_text((await house.ids())["station"], evse="9"))
        assert [(error["code"], error["path"]) for error in told["errors"]] == [("NOT_FOUND", ["request", "evseId"])]
        assert station.was_asked("SetChargingProfile") == []
