"""The device model from end to end: what an operator asks, what a charger says, what everybody sees afterwards."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.journeys.device_house import Charger, House, Json, open_house

STAMP = "2026-11-20T12:00:00Z"
_VARIABLES = """variables(component: %s, first: 100) { nodes { place { component variable instance evse } attribute value
    pendingValue mutability dataType unit minLimit maxLimit valuesList } }"""


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with open_house(database) as made:
        yield made


async def variables(house: House, component: str | None = None) -> dict[str, Json]:
    """By component.variable[instance]/attribute."""
    named = "null" if component is None else f'"{component}"'
    found = await house.station("CP-J", _VARIABLES % named)
    return {
        f"{one['place']['component']}.{one['place']['variable']}[{one['place']['instance'] or ''}]/{one['attribute']}": one
        for one in found["variables"]["nodes"]
    }


def reported(component: str, variable: str, *values: tuple[str, str], **traits: Any) -> Json:
    return {
        "component": {"name": component, "evse": {"id": 1}},
        "variable": {"name": variable},
        "variableAttribute": [{"type": kind, "value": value, "mutability": "ReadWrite"} for kind, value in values],
        "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": True, **traits},
    }


def part(number: int, request: int, *entries: Json, more: bool = False, name: str = "reportData") -> Json:
    return {"requestId": request, "generatedAt": STAMP, "seqNo": number, "tbc": more, name: list(entries)}


async def reports(house: House) -> list[Json]:
    found = await house.station("CP-J", "reports { nodes { kind requestId state answer parts text } }")
    return found["reports"]["nodes"]


async def state(house: House) -> str:
    return (await reports(house))[0]["state"]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_report_is_readable_part_by_part(house: House, version: str) -> None:
    async with house.charger(version, {"GetBaseReport": {"status": "Accepted"}}) as charger:
        sent = await house.command("baseReportGet", "request: {requestId: 7, reportBase: FULL_INVENTORY}", "CP-J")
        assert sent["answer"]["accepted"]
        assert charger.asked("GetBaseReport") == {"requestId": 7, "reportBase": "FullInventory"}
        assert await state(house) == "AWAITED"
        power = reported("EVSE", "Power", ("Actual", "11000"), ("MaxSet", "22000"), unit="W", maxLimit=22000)
        assert await charger.say("NotifyReport", part(0, 7, power, more=True)) == {}
        found = await variables(house)
        assert found["EVSE.Power[]/Actual"]["value"] == "11000"
        assert (found["EVSE.Power[]/MaxSet"]["value"], found["EVSE.Power[]/MaxSet"]["maxLimit"]) == ("22000", 22000)
        assert found["EVSE.Power[]/Actual"]["unit"] == "W"
        assert await state(house) == "RECEIVING"
        # The third part first: one is missing, and its values are kept all the same.
        await charger.say("NotifyReport", part(2, 7, reported("EVSE", "Last", ("Actual", "3"))))
        assert await state(house) == "RECEIVING"
        await charger.say("NotifyReport", part(1, 7, reported("EVSE", "Middle", ("Actual", "2")), more=True))
        assert [(one["state"], one["parts"]) for one in await reports(house)] == [("COMPLETE", 3)]
        assert set(await variables(house, "evse")) == {
            "EVSE.Power[]/Actual", "EVSE.Power[]/MaxSet", "EVSE.Middle[]/Actual", "EVSE.Last[]/Actual",
        }  # fmt: skip
        # The same number again is a new report.
        await house.command("baseReportGet", "request: {requestId: 7, reportBase: SUMMARY_INVENTORY}", "CP-J")
        assert await state(house) == "AWAITED"
        await charger.say("NotifyReport", part(0, 7, reported("evse", "power", ("Actual", "7000"))))
        assert [(one["state"], one["parts"]) for one in await reports(house)] == [("COMPLETE", 1)]
        history = await house.station("CP-J", 'variableHistory(variable: "Power") { nodes { attribute value } }')
        assert [(one["attribute"], one["value"]) for one in history["variableHistory"]["nodes"]] == [
            ("Actual", "7000"), ("MaxSet", "22000"), ("Actual", "11000"),
        ]  # fmt: skip


async def test_a_report_of_nothing_and_one_refused(house: House) -> None:
    answers: dict[str, Any] = {"GetReport": {"status": "EmptyResultSet"}}
    asked = 'request: {requestId: %d, componentVariable: [{component: {name: "C", evse: {id: 1}}}], componentCriteria: [PROBLEM]}'
    async with house.charger("2.0.1", answers) as charger:
        await house.command("reportGet", asked % 1, "CP-J")
        assert await state(house) == "EMPTY"
        assert charger.asked("GetReport") == {
            "requestId": 1,
            "componentVariable": [{"component": {"name": "C", "evse": {"id": 1}}}],
            "componentCriteria": ["Problem"],
        }
        charger.answers["GetReport"] = {"status": "NotSupported"}
        await house.command("reportGet", asked % 2, "CP-J")
        assert await state(house) == "REFUSED"


def got(payload: Json, values: dict[str, str]) -> Json:
    return {
        "getVariableResult": [
            {**data, "attributeStatus": "Accepted", "attributeValue": values[data["variable"]["name"]]}
            for data in payload["getVariableData"]
        ]
    }


async def test_values_read_and_set_are_those_we_hold(house: House) -> None:
    answers: dict[str, Any] = {
        "GetVariables": lambda payload: got(
            payload, {"ItemsPerMessage": "2", "Interval": "60", "BasicAuthPassword": "s3"}
        ),
        "SetVariables": lambda payload: {
            "setVariableResult": [
                {
                    **{name: item for name, item in data.items() if name != "attributeValue"},
                    "attributeStatus": "RebootRequired" if data["variable"]["name"] == "Slow" else "Accepted",
                }
                for data in payload["setVariableData"]
            ]
        },
    }
    async with house.charger("2.0.1", answers) as charger:
        asked = """variables: [{component: "AlignedDataCtrlr", variable: "Interval"},
            {component: "SecurityCtrlr", variable: "BasicAuthPassword"}]"""
        await house.command("variablesGet", asked, "CP-J")
        found = await variables(house)
        assert found["AlignedDataCtrlr.Interval[]/Actual"]["value"] == "60"
        assert found["SecurityCtrlr.BasicAuthPassword[]/Actual"]["value"] is None
        asked = """variables: [{component: "AlignedDataCtrlr", variable: "Interval", value: "90", attribute: TARGET},
            {component: "C", componentInstance: "i", evse: 1, connector: 2, variable: "Slow", value: "5"}]"""
        await house.command("variablesSet", asked, "CP-J")
        nameless = await house.command("variablesGet", 'variables: [{variable: "Interval"}]', "CP-J")
        assert nameless["code"] == "INVALID_INPUT" and "component" in nameless["message"]
        first, second = charger.asked("SetVariables")["setVariableData"]
        assert first["attributeType"] == "Target"
        assert second["component"] == {"name": "C", "instance": "i", "evse": {"id": 1, "connectorId": 2}}
        found = await variables(house)
        assert found["AlignedDataCtrlr.Interval[]/Actual"]["value"] == "60"
        assert found["AlignedDataCtrlr.Interval[]/Target"]["value"] == "90"
        assert (found["C.Slow[]/Actual"]["value"], found["C.Slow[]/Actual"]["pendingValue"]) == (None, "5")
        await charger.say(
            "BootNotification", {"reason": "RemoteReset", "chargingStation": {"vendorName": "V", "model": "M"}}
        )
        assert (await variables(house))["C.Slow[]/Actual"]["pendingValue"] is None


async def test_no_message_names_more_than_the_station_takes(house: House) -> None:
    answers: dict[str, Any] = {
        "GetVariables": lambda payload: got(payload, {"ItemsPerMessage": "2", "V": "1"}),
        "GetReport": {"status": "Accepted"},
    }
    five = "[" + ", ".join(f'{{component: "C", variable: "V", evse: {n}}}' for n in (1, 2, 3, 4, 5)) + "]"

    def sizes(charger: Charger) -> list[int]:
        return [len(payload["getVariableData"]) for action, payload in charger.heard if action == "GetVariables"]

    async with house.charger("2.0.1", answers) as charger:
        assert (await house.command("variablesGet", f"variables: {five}", "CP-J"))["status"] == "ANSWERED"
        assert sizes(charger) == [5]
        for instance in ("GetVariables", "GetReport"):
            limit = f'{{component: "DeviceDataCtrlr", variable: "ItemsPerMessage", instance: "{instance}"}}'
            await house.command("variablesGet", f"variables: [{limit}]", "CP-J")
        mutation = f"""mutation {{ variablesGet(stationId: "{house.station_ids["CP-J"]}", variables: {five},
            options: {{idempotencyKey: "parts"}}) {{ command {{ id status }} further {{ id status }} errors {{ code }} }} }}"""
        first = (await house.ask(mutation))["variablesGet"]
        assert sizes(charger) == [5, 1, 1, 2, 2, 1]
        said = [first["command"], *first["further"]]
        assert [one["status"] for one in said] == ["ANSWERED"] * 3
        assert len({one["id"] for one in said}) == 3
        # The same key again is the same three commands.
        assert (await house.ask(mutation))["variablesGet"] == first
        assert len(sizes(charger)) == 6
        # A report answers to one number, so it is for the caller to divide.
        three = ", ".join('{component: {name: "C"}}' for _ in range(3))
        refused = await house.command("reportGet", f"request: {{requestId: 1, componentVariable: [{three}]}}", "CP-J")
        assert (refused["code"], "at most 2" in refused["message"]) == ("LIMIT_EXCEEDED", True)


async def test_keys_of_1_6_are_variables_under_the_same_roof(house: House) -> None:
    answers: dict[str, Any] = {
        "GetConfiguration": {
            "configurationKey": [
                {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
                {"key": "VendorKey", "readonly": True, "value": "x" * 500},
            ]
        },
        "ChangeConfiguration": {"status": "Accepted"},
        "ClearCache": {"status": "Accepted"},
        "ExtendedTriggerMessage": {"status": "Accepted"},
    }
    async with house.charger("1.6", answers) as charger:
        named = """variables: [{component: "OCPPCommCtrlr", variable: "HeartbeatInterval"},
            {variable: "VendorKey"}]"""
        await house.command("variablesGet", named, "CP-J")
        assert charger.asked("GetConfiguration") == {"key": ["HeartbeatInterval", "VendorKey"]}
        found = await variables(house)
        assert found["OCPPCommCtrlr.HeartbeatInterval[]/Actual"]["value"] == "300"
        assert found["Configuration.VendorKey[]/Actual"]["mutability"] == "ReadOnly"
        assert (await house.command("variablesGet", "variables: []", "CP-J"))["answer"]["accepted"]
        assert charger.asked("GetConfiguration") == {}
        sample = 'variables: [{component: "SampledDataCtrlr", variable: "TxUpdatedInterval", value: "30"}]'
        await house.command("variablesSet", sample, "CP-J")
        assert charger.asked("ChangeConfiguration") == {"key": "MeterValueSampleInterval", "value": "30"}
        assert (await variables(house))["SampledDataCtrlr.TxUpdatedInterval[]/Actual"]["value"] == "30"
        assert (await house.command("cacheClear", "", "CP-J"))["answer"]["accepted"]
        assert (await house.command("messageTrigger", 'message: "LogStatusNotification"', "CP-J"))["answer"]["accepted"]
        assert charger.asked("ExtendedTriggerMessage") == {"requestedMessage": "LogStatusNotification"}
        refused = await house.command("baseReportGet", "request: {requestId: 1, reportBase: FULL_INVENTORY}", "CP-J")
        assert refused["code"] == "NOT_SUPPORTED_BY_STATION"
