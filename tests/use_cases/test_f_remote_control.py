"""Block F: an operator starts, stops, unlocks and asks from afar."""

import pytest

from tests.use_cases.scene import Scene, Transaction, meter

pytestmark = pytest.mark.asyncio(loop_scope="module")
SESSION = "id status origin transactionId stopReason"


async def test_f01_remote_start_cable_first(scene: Scene) -> None:
    """A car is plugged in, then an operator starts: what runs is what was asked for."""
    async with scene.connected() as station:
        car = Transaction(station, "f01")
        await car.tell("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
        begun = await scene.do("sessionStart", evseId=scene.evse)
        assert begun["command"]["answer"]["accepted"]
        (sent,) = station.was_asked("RequestStartTransaction")
        assert sent["evseId"] == 1
        await car.tell("Updated", "RemoteStart", info={"remoteStartId": sent["remoteStartId"]})
        found = await scene.session(SESSION)
        assert (found["id"], found["status"], found["origin"]) == (begun["session"]["id"], "ACTIVE", "OPERATOR")


async def test_f02_remote_start_first(scene: Scene) -> None:
    """An operator starts and the car comes later: the promise becomes the transaction by its number."""
    async with scene.connected() as station:
        begun = await scene.do("sessionStart", evseId=scene.evse)
        assert begun["session"]["status"] == "PENDING"
        (sent,) = station.was_asked("RequestStartTransaction")
        await Transaction(station, "f02").tell(
            "Started", "RemoteStart", idToken=sent["idToken"], info={"remoteStartId": sent["remoteStartId"]}
        )
        found = await scene.session(SESSION)
        assert (found["id"], found["status"], found["transactionId"]) == (begun["session"]["id"], "ACTIVE", "f02")


async def test_f02_refused_start(scene: Scene) -> None:
    """A station that refuses a start leaves no promise behind."""
    async with scene.connected() as station:
        station.answers["RequestStartTransaction"] = {"status": "Rejected"}
        assert (await scene.do("sessionStart", evseId=scene.evse))["command"]["answer"]["accepted"] is False
        assert (await scene.session(SESSION))["status"] == "INVALID"


@pytest.mark.parametrize("word", ["Accepted", "Rejected"])
async def test_f03_f04_remote_stop(scene: Scene, word: str) -> None:
    """A running transaction is asked to stop by its own id; only its end ends the session (F03.FR.01, F04.FR.01)."""
    async with scene.connected() as station:
        running = Transaction(station, f"f03-{word}")
        await running.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"}, meterValue=meter(0))
        station.answers["RequestStopTransaction"] = {"status": word}
        stop = await scene.do("sessionStop", sessionId=(await scene.session(SESSION))["id"])
        assert station.was_asked("RequestStopTransaction") == [{"transactionId": running.id}]
        assert stop["command"]["answer"]["accepted"] is (word == "Accepted")
        assert (await scene.session(SESSION))["status"] == "ACTIVE"
        await running.tell("Ended", "RemoteStop", info={"stoppedReason": "Remote"}, meterValue=meter(10))
        found = await scene.session(SESSION)
        assert (found["status"], found["stopReason"]) == ("COMPLETED", "Remote")


@pytest.mark.parametrize("word", ["Unlocked", "UnlockFailed", "OngoingAuthorizedTransaction", "UnknownConnector"])
async def test_f05_unlock(scene: Scene, word: str) -> None:
    """A connector is unlocked by its place, and the station's word about it is shown."""
    async with scene.connected() as station:
        station.answers["UnlockConnector"] = {"status": word}
        plug = scene.ids["evses"][1]["connectors"][0]["id"]
        answer = (await scene.do("connectorUnlock", connectorId=plug))["command"]["answer"]
        assert station.was_asked("UnlockConnector") == [{"evseId": 2, "connectorId": 1}]
        assert (answer["status"], answer["accepted"]) == (word, word == "Unlocked")


@pytest.mark.parametrize(
    "message", ["BootNotification", "LogStatusNotification", "Heartbeat", "MeterValues", "TransactionEvent"]
)
async def test_f06_trigger(scene: Scene, message: str) -> None:
    """Each message can be asked for; one that is none, or not implemented, is no success (F06.FR.01)."""
    async with scene.connected() as station:
        assert (await scene.send("messageTrigger", message=message))["answer"]["accepted"]
        assert station.was_asked("TriggerMessage") == [{"requestedMessage": message}]
        station.answers["TriggerMessage"] = {"status": "NotImplemented"}
        assert (await scene.send("messageTrigger", message=message))["answer"]["accepted"] is False


async def test_f06_trigger_at_a_connector(scene: Scene) -> None:
    """A status is asked for at its connector, other messages at an EVSE (F06.FR.02, .13)."""
    async with scene.connected() as station:
        plug = scene.ids["evses"][0]["connectors"][0]["id"]
        await scene.send("messageTrigger", message="StatusNotification", connectorId=plug)
        await scene.send("messageTrigger", message="MeterValues", evseId=scene.evse)
        assert [payload["evse"] for payload in station.was_asked("TriggerMessage")] == [
            {"id": 1, "connectorId": 1},
            {"id": 1},
        ]
