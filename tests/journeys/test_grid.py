"""OCPP 2.1 alone: tariffs, payments, grid controls and batteries, from the operator to the station and back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station

STAMP = "2026-11-21T12:00:00Z"
NOW = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


@pytest.fixture
async def station(house: House) -> AsyncIterator[Station]:
    async with house.dialled("ocpp2.1") as made:
        yield made


async def asked(house: House, mutation: str, request: str) -> dict[str, Any]:
    station_id = (await house.ids())["station"]
    done = await house.do(mutation, f'stationId: "{station_id}", request: {{{request}}},')
    assert done["errors"] == []
    assert done["command"]["answer"] is not None, done
    return done


TARIFF = 'tariff: {tariffId: "%s", currency: "EUR", energy: {prices: [{priceKwh: 0.49}]}}'


async def test_tariffs_are_what_the_station_says_it_calculates_with(house: House, station: Station) -> None:
    fields = "stationTariffs { tariffId evse kind reportedAt tariff { currency energy { prices { priceKwh } } } }"

    async def shown() -> list[dict[str, Any]]:
        return (await house.shown(fields))["stationTariffs"]

    await asked(house, "defaultTariffSet", "evseId: 0, " + TARIFF % "A")
    await asked(house, "defaultTariffSet", "evseId: 0, " + TARIFF % "B")
    (one,) = await shown()
    assert (one["tariffId"], one["kind"]) == ("B", "DefaultTariff"), "a default takes the place of the one before"
    assert one["tariff"]["energy"]["prices"] == [{"priceKwh": 0.49}]

    assignment = {"tariffId": "B", "tariffKind": "DefaultTariff", "evseIds": [0]}
    station.answers["GetTariffs"] = {"status": "Accepted", "tariffAssignments": [assignment]}
    await asked(house, "stationTariffsGet", "evseId: 0")
    assert (await shown())[0]["reportedAt"] is not None
    station.answers["SetDefaultTariff"] = {"status": "TooManyElements"}
    assert (await asked(house, "defaultTariffSet", "evseId: 0, " + TARIFF % "C"))["command"]["answer"] == {
        "status": "TooManyElements",
        "accepted": False,
    }
    assert [one["tariffId"] for one in await shown()] == ["B"]
    station.answers["ClearTariffs"] = {"clearTariffsResult": [{"tariffId": "B", "status": "Accepted"}]}
    await asked(house, "stationTariffsClear", 'tariffIds: ["B"]')
    assert await shown() == []


async def test_a_transaction_changes_its_tariff(house: House, station: Station) -> None:
    await station.say(
        "TransactionEvent",
        eventType="Started",
        timestamp=NOW,
        triggerReason="CablePluggedIn",
        seqNo=0,
        transactionInfo={"transactionId": "tx-1"},
        evse={"id": 1, "connectorId": 1},
    )
    done = await asked(house, "transactionTariffChange", 'transactionId: "tx-1", ' + TARIFF % "DRIVER")
    assert done["session"]["status"] == "ACTIVE"
    (one,) = (await house.shown("stationTariffs { tariffId evse kind transactionId }"))["stationTariffs"]
    assert one == {"tariffId": "DRIVER", "evse": 1, "kind": "DriverTariff", "transactionId": "tx-1"}
    sessions = (await house.ask("{ sessions { nodes { status power { tariffId } } } }"))["sessions"]["nodes"]
    assert [one["power"] for one in sessions if one["status"] == "ACTIVE"] == [{"tariffId": "DRIVER"}]


async def test_payments_at_the_terminal_are_kept(house: House, station: Station) -> None:
    said = {"pspRef": "psp-1", "status": "Failed", "settlementAmount": 12.35, "settlementTime": NOW}
    assert await station.say("NotifySettlement", **said) == {}
    company = {"name": "Ada", "address1": "Street 1", "city": "Berlin", "country": "DE"}
    await station.say("NotifySettlement", **(said | {"status": "Settled", "vatCompany": company}))
    await station.say("NotifySettlement", **(said | {"pspRef": "psp-2"}))
    nodes = (await house.shown("settlements { nodes { pspRef status amount vatCompany { city } } }"))["settlements"]
    assert nodes["nodes"] == [
        {"pspRef": "psp-2", "status": "Failed", "amount": "12.35", "vatCompany": None},
        {"pspRef": "psp-1", "status": "Settled", "amount": "12.35", "vatCompany": {"city": "Berlin"}},
    ]


async def test_a_vat_number_is_judged_by_its_form(house: House, station: Station) -> None:
    good = await station.say("VatNumberValidation", vatNumber="DE 123456789", evseId=1)
    assert (good["status"], good["vatNumber"], good["evseId"]) == ("Accepted", "DE 123456789", 1)
    assert (await station.say("VatNumberValidation", vatNumber="DE12"))["status"] == "Rejected"
    found = (await house.shown("vatChecks { nodes { vatNumber plausible } totalCount }"))["vatChecks"]
    assert found["nodes"][0] == {"vatNumber": "DE12", "plausible": False}
    assert found["totalCount"] == 2


CONTROL = """isDefault: true, controlId: "%s", controlType: ENTER_SERVICE,
    enterService: {priority: 1, highVoltage: 110, lowVoltage: 90, highFreq: 50.5, lowFreq: 49.5}"""


async def test_grid_controls_are_held_reported_and_at_work(house: House, station: Station) -> None:
    fields = (
        "derControls { isSuperseded started reportedAt control { controlId controlType enterService { highFreq } } }"
    )

    async def shown() -> dict[str, dict[str, Any]]:
        found = (await house.shown(fields))["derControls"]
        return {one["control"]["controlId"]: one for one in found}

    await asked(house, "derControlSet", CONTROL % "one")
    station.answers["SetDERControl"] = {"status": "Accepted", "supersededIds": ["one"]}
    await asked(house, "derControlSet", CONTROL % "two")
    held = await shown()
    assert held["one"]["isSuperseded"] is True
    assert held["two"]["control"]["enterService"] == {"highFreq": 50.5}
    await station.say("NotifyDERStartStop", controlId="two", started=True, timestamp=NOW)
    assert (await shown())["two"]["started"] is True

    await asked(house, "derControlsGet", "requestId: 4")
    service = {"priority": 1, "highVoltage": 110, "lowVoltage": 90, "highFreq": 50.2, "lowFreq": 49.5}
    entry = {"id": "two", "isDefault": True, "isSuperseded": False, "enterService": service}
    await station.say("ReportDERControl", requestId=4, enterService=[entry])
    held = await shown()
    assert list(held) == ["two"], "what the report did not name is gone"
    assert held["two"]["control"]["enterService"] == {"highFreq": 50.2}
    await asked(house, "derControlClear", "isDefault: true")
    assert await shown() == {}


async def test_a_control_says_exactly_one_thing(house: House, station: Station) -> None:
    station_id = (await house.ids())["station"]
    nothing = 'isDefault: true, controlId: "x", controlType: ENTER_SERVICE'
    done = await house.do("derControlSet", f'stationId: "{station_id}", request: {{{nothing}}},')
    assert [error["code"] for error in done["errors"]] == ["INVALID_INPUT"]


async def test_an_alarm_lasts_until_it_ends(house: House, station: Station) -> None:
    fields = "derAlarms { controlType fault endedAt }"
    alarm = {"controlType": "HVMustTrip", "gridEventFault": "OverVoltage", "timestamp": NOW}
    await station.say("NotifyDERAlarm", **alarm)
    assert (await house.shown(fields))["derAlarms"] == [
        {"controlType": "HVMustTrip", "fault": "OverVoltage", "endedAt": None}
    ]
    await station.say("NotifyDERAlarm", **alarm, alarmEnded=True)
    assert (await house.shown(fields))["derAlarms"][0]["endedAt"] is not None


async def test_a_battery_is_swapped(house: House, station: Station) -> None:
    uid = (await house.ids())["uid"]
    await asked(house, "batterySwapRequest", f'requestId: 7, idToken: {{idToken: "{uid}", type: "ISO14443"}}')
    battery = {"evseId": 1, "serialNumber": "B1", "soC": 12.5, "soH": 98.0}
    said = {"requestId": 7, "idToken": {"idToken": uid, "type": "ISO14443"}, "batteryData": [battery]}
    await station.say("BatterySwap", **said, eventType="BatteryIn")
    await station.say("BatterySwap", **said, eventType="BatteryOut")
    found = await house.shown("batterySwaps { nodes { requestId event tokenUid batteries { serialNumber soC } } }")
    nodes = found["batterySwaps"]["nodes"]
    assert [one["event"] for one in nodes] == ["BatteryOut", "BatteryIn", "REQUESTED"]
    assert nodes[0]["batteries"] == [{"serialNumber": "B1", "soC": 12.5}]
    assert nodes[0]["tokenUid"] == uid


async def test_signals_are_passed_on(house: House, station: Station) -> None:
    await asked(house, "afrrSignalSend", f'timestamp: "{STAMP}", signal: -5')
    assert station.was_asked("AFRRSignal")[0]["signal"] == -5
    station.answers["NotifyWebPaymentStarted"] = {}
    done = await asked(house, "webPaymentStartedNotify", "evseId: 1, timeout: 60")
    assert done["command"]["answer"]["accepted"] is True
