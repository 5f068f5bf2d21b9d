"""Block B: a station is provisioned, asked and reset."""

from typing import Any

import pytest

from tests.conformance.graphql import Refused
from tests.use_cases.scene import BOOT, Scene, Transaction, card, moment, refusal

pytestmark = pytest.mark.asyncio(loop_scope="module")
STATUS = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available"}


async def test_b01_cold_boot(scene: Scene) -> None:
    """A station says what it is and is let in with the time and an interval (B01.FR.02)."""
    described = {"model": "One", "vendorName": "Ada", "serialNumber": "S-1", "firmwareVersion": "1.2"}
    async with scene.connected(boot=False) as station:
        answer = await station.say("BootNotification", reason="PowerUp", chargingStation=described)
        assert answer["status"] == "Accepted"
        assert answer["interval"] > 0
        assert answer["currentTime"].endswith("Z")
        await station.say(
            "StatusNotification", timestamp=moment(), evseId=1, connectorId=1, connectorStatus="Available"
        )
        found = await scene.shown("model vendor serialNumber firmwareVersion evses { status }")
        assert (found["model"], found["vendor"], found["serialNumber"], found["firmwareVersion"]) == (
            "One", "Ada", "S-1", "1.2",
        )  # fmt: skip
        assert found["evses"][0]["status"] == "AVAILABLE"


@pytest.mark.parametrize(("registration", "word"), [("PENDING", "Pending"), ("REJECTED", "Rejected")])
async def test_b02_b03_not_yet_accepted(scene: Scene, registration: str, word: str) -> None:
    """Who is not accepted is told so, with an interval after which to ask again."""
    done = await scene.do("stationRegistrationSet", "station { registration }", id=scene.id, registration=registration)
    assert done["station"]["registration"] == registration
    async with scene.connected(boot=False) as station:
        answer = await station.say("BootNotification", **BOOT)
        assert answer["status"] == word
        assert answer["interval"] > 0
        await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration="ACCEPTED")
    async with scene.connected(boot=False) as station:
        assert (await station.say("BootNotification", **BOOT))["status"] == "Accepted"


async def test_b02_a_pending_station_is_configured(scene: Scene) -> None:
    """Before it is accepted, the station may be asked for and given variables (B02.FR.01)."""
    await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration="PENDING")
    async with scene.connected(boot=False) as station:
        assert (await station.say("BootNotification", **BOOT))["status"] == "Pending"
        station.answers["SetVariables"] = every_variable("setVariableData", "setVariableResult")
        wanted = [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"}]
        assert (await scene.send("variablesSet", variables=wanted))["status"] == "ANSWERED"


@pytest.mark.parametrize("registration", ["PENDING", "REJECTED"])
async def test_b02_b03_the_unaccepted_are_not_heard(scene: Scene, registration: str) -> None:
    """Anything but a boot from a station that is not accepted is a security error (B02.FR.09, B03.FR.07)."""
    await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration=registration)
    async with scene.connected(boot=False) as station:
        await station.say("BootNotification", **BOOT)
        error = await refusal(station, "StatusNotification", **STATUS, timestamp=moment())
        assert error == "SecurityError"


async def test_b02_what_was_triggered_is_heard(scene: Scene) -> None:
    """A PENDING station may send what it is asked for, and nothing else (B02.FR.02, B02.FR.09)."""
    await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration="PENDING")
    async with scene.connected(boot=False) as station:
        await station.say("BootNotification", **BOOT)
        await scene.send("messageTrigger", message="StatusNotification")
        assert await station.say("StatusNotification", **STATUS, timestamp=moment()) == {}
        assert (await scene.shown("evses { connectors { status } }"))["evses"][0]["connectors"] == [
            {"status": "AVAILABLE"}
        ]
        assert await refusal(station, "Authorize", idToken=card("B02CARD")) == "SecurityError"


async def test_b03_a_rejected_station_is_asked_nothing(scene: Scene) -> None:
    """Nothing is asked of a station that was rejected (B03.FR.03)."""
    await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration="REJECTED")
    async with scene.connected(boot=False) as station:
        await station.say("BootNotification", **BOOT)
        with pytest.raises(Refused, match="STATION_NOT_ACCEPTED"):
            await scene.send("stationReset", whenIdle=True)
        assert station.asked == []


async def test_b04_back_after_a_time_alone(scene: Scene) -> None:
    """What happened at an idle station while it was offline arrives when it is back (G02.FR.04)."""
    async with scene.connected() as station:
        await status(station, "Available", moment(-60))
    async with scene.connected(boot=False) as station:
        assert "currentTime" in await station.say("Heartbeat")
        await status(station, "Faulted", moment(-20))
        found = await scene.shown("connection { state } evses { connectors { status statusSince } }")
        assert found["connection"]["state"] == "ONLINE"
        assert found["evses"][0]["connectors"][0]["status"] == "FAULTED"


async def status(station: Any, word: str, at: str) -> None:
    await station.say("StatusNotification", timestamp=at, evseId=1, connectorId=1, connectorStatus=word)


def every_variable(asked: str, name: str, word: str = "Accepted") -> Any:
    def answer(payload: dict[str, Any]) -> dict[str, Any]:
        kept = ("component", "variable", "attributeType")
        found = [{key: one[key] for key in kept if key in one} for one in payload[asked]]
        value = {"attributeValue": "300"} if name == "getVariableResult" and word == "Accepted" else {}
        return {name: [{**one, "attributeStatus": word, **value} for one in found]}

    return answer


@pytest.mark.parametrize("word", ["Accepted", "RebootRequired", "Rejected", "UnknownVariable"])
async def test_b05_set_variables(scene: Scene, word: str) -> None:
    """Values are set by component, variable and attribute; each answer is kept as it was given."""
    wanted = [{"component": "AlignedDataCtrlr", "variable": "Interval", "attribute": "TARGET", "value": "900"}]
    async with scene.connected() as station:
        station.answers["SetVariables"] = every_variable("setVariableData", "setVariableResult", word)
        answer = (await scene.send("variablesSet", variables=wanted))["answer"]
        (entry,) = station.was_asked("SetVariables")[0]["setVariableData"]
        assert (entry["component"], entry["variable"]) == ({"name": "AlignedDataCtrlr"}, {"name": "Interval"})
        assert (entry["attributeType"], entry["attributeValue"]) == ("Target", "900")
        assert answer["accepted"] is (word in ("Accepted", "RebootRequired"))
        held = (await scene.shown("variables { nodes { attribute value pendingValue } }"))["variables"]["nodes"]
        expected = {"Accepted": [("Target", "900", None)], "RebootRequired": [("Target", None, "900")]}
        assert [(one["attribute"], one["value"], one["pendingValue"]) for one in held] == expected.get(word, [])


async def test_b06_get_variables(scene: Scene) -> None:
    """Values are asked for, and what was answered is shown."""
    async with scene.connected() as station:
        station.answers["GetVariables"] = every_variable("getVariableData", "getVariableResult")
        wanted = [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}]
        assert (await scene.send("variablesGet", variables=wanted))["answer"]["accepted"]
        (held,) = (await scene.shown("variables { nodes { place { variable } value } }"))["variables"]["nodes"]
        assert held == {"place": {"variable": "HeartbeatInterval"}, "value": "300"}


@pytest.mark.parametrize("base", ["ConfigurationInventory", "FullInventory", "SummaryInventory"])
async def test_b07_base_report(scene: Scene, base: str) -> None:
    """Each base report can be asked for; its parts are put together by number."""
    async with scene.connected() as station:
        assert (await scene.send("baseReportGet", {"requestId": 5, "reportBase": base}))["answer"]["accepted"]
        assert station.was_asked("GetBaseReport") == [{"requestId": 5, "reportBase": base}]
        await reported(station, 5, 0, "Available", more=True)
        assert await report_states(scene) == ["RECEIVING"]
        await reported(station, 5, 1, "Problem")
        assert await report_states(scene) == ["COMPLETE"]
        held = (await scene.shown("variables { nodes { place { variable } } }"))["variables"]["nodes"]
        assert sorted(one["place"]["variable"] for one in held) == ["Available", "Problem"]


async def reported(station: Any, request: int, number: int, variable: str, *, more: bool = False) -> None:
    entry = {
        "component": {"name": "ChargingStation"},
        "variable": {"name": variable},
        "variableAttribute": [{"type": "Actual", "value": "true", "mutability": "ReadOnly"}],
        "variableCharacteristics": {"dataType": "boolean", "supportsMonitoring": False},
    }
    said = await station.say(
        "NotifyReport", requestId=request, generatedAt=moment(), seqNo=number, tbc=more, reportData=[entry]
    )
    assert said == {}


async def report_states(scene: Scene) -> list[str]:
    return [one["state"] for one in (await scene.shown("reports { nodes { state } }"))["reports"]["nodes"]]


async def test_b08_custom_report(scene: Scene) -> None:
    """A report of chosen components and criteria; one without results is known to be empty."""
    request = {
        "requestId": 8,
        "componentCriteria": ["Problem", "Active"],
        "componentVariable": [{"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}],
    }
    async with scene.connected() as station:
        await scene.send("reportGet", request)
        assert station.was_asked("GetReport") == [request]
        await reported(station, 8, 0, "Problem")
        station.answers["GetReport"] = {"status": "EmptyResultSet"}
        await scene.send("reportGet", {**request, "requestId": 9})
        assert sorted(await report_states(scene)) == ["COMPLETE", "EMPTY"]


NETWORK = {
    "configurationSlot": 2,
    "connectionData": {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://other.example/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    },
}


@pytest.mark.parametrize("word", ["Accepted", "Rejected", "Failed"])
async def test_b09_network_profile(scene: Scene, word: str) -> None:
    """A connection profile is stored in a slot of the station, or is not, and we know which."""
    async with scene.connected() as station:
        station.answers["SetNetworkProfile"] = {"status": word}
        answer = (await scene.send("networkProfileSet", NETWORK))["answer"]
        assert station.was_asked("SetNetworkProfile") == [NETWORK]
        assert (answer["status"], answer["accepted"]) == (word, word == "Accepted")


async def test_b10_migrate(scene: Scene) -> None:
    """A station is sent elsewhere: a profile, its place in the order of slots, a reset."""
    async with scene.connected() as station:
        station.answers["SetVariables"] = every_variable("setVariableData", "setVariableResult", "RebootRequired")
        await scene.send("networkProfileSet", NETWORK)
        order = [{"component": "OCPPCommCtrlr", "variable": "NetworkConfigurationPriority", "value": "2,1"}]
        assert (await scene.send("variablesSet", variables=order))["answer"]["accepted"]
        assert (await scene.send("stationReset", whenIdle=True))["answer"]["accepted"]
        assert [action for action, _ in station.asked][-3:] == ["SetNetworkProfile", "SetVariables", "Reset"]


@pytest.mark.parametrize(("when_idle", "word"), [(True, "OnIdle"), (False, "Immediate")])
async def test_b11_reset_when_idle(scene: Scene, when_idle: bool, word: str) -> None:
    """A reset of the station, and of one EVSE; the boot afterwards is its effect."""
    async with scene.connected() as station:
        command = await scene.send("stationReset", whenIdle=when_idle)
        assert (command["answer"]["accepted"], command["effect"]) == (True, "AWAITED")
        await station.say("BootNotification", **{**BOOT, "reason": "RemoteReset"})
        commands = f'{{ commands(filter: {{stationIds: ["{scene.id}"]}}) {{ nodes {{ action effect }} }} }}'
        assert (await scene.ask(commands))["commands"]["nodes"] == [{"action": "Reset", "effect": "OBSERVED"}]
        await scene.send("stationReset", whenIdle=when_idle, evseId=scene.evse)
        assert station.was_asked("Reset") == [{"type": word}, {"type": word, "evseId": 1}]


async def test_b12_reset_with_a_transaction(scene: Scene) -> None:
    """While somebody charges a reset is scheduled, or ends the transaction at once."""
    async with scene.connected() as station:
        charging = Transaction(station, "b12")
        await charging.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"})
        station.answers["Reset"] = {"status": "Scheduled"}
        scheduled = await scene.send("stationReset", whenIdle=True)
        assert (scheduled["answer"]["status"], scheduled["answer"]["accepted"]) == ("Scheduled", True)
        assert (await scene.session("status"))["status"] == "ACTIVE"
        station.answers["Reset"] = {"status": "Accepted"}
        await scene.send("stationReset", whenIdle=False)
        await charging.tell("Ended", "ResetCommand", info={"stoppedReason": "ImmediateReset"})
        assert await scene.session("status stopReason") == {"status": "COMPLETED", "stopReason": "ImmediateReset"}
