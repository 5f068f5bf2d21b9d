"""Blocks A and D, where a story of its own does not tell them: certificates asked for, events, local lists."""

import pytest

from tests.use_cases.scene import Scene, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a02_the_operator_asks_for_it(scene: Scene) -> None:
    """A station is asked to make a new key and have it signed."""
    async with scene.connected() as station:
        assert (await scene.send("messageTrigger", message="SignChargingStationCertificate"))["answer"]["accepted"]
        assert station.was_asked("TriggerMessage") == [{"requestedMessage": "SignChargingStationCertificate"}]


async def test_a04_security_event(scene: Scene) -> None:
    """A security event is confirmed and kept for the operator (A04.FR.03)."""
    at = moment(-10)
    async with scene.connected() as station:
        said = {"type": "TamperDetectionActivated", "timestamp": at, "techInfo": "lid"}
        assert await station.say("SecurityEventNotification", **said) == {}
        text = f'{{ securityEvents(stationId: "{scene.id}") {{ nodes {{ kind occurredAt techInfo critical }} }} }}'
        (found,) = (await scene.ask(text))["securityEvents"]["nodes"]
        assert found == {"kind": "TamperDetectionActivated", "occurredAt": at, "techInfo": "lid", "critical": True}


async def test_d01_send_list(scene: Scene) -> None:
    """A list is sent whole, then what changed in it; a list that did not fit is sent whole again."""
    lists = "localList { inStep lastStatus }"
    async with scene.connected() as station:
        await scene.token("D01FIRST")
        await scene.do("localListSync", stationId=scene.id, full=True)
        await scene.token("D01SECOND")
        station.answers["SendLocalList"] = {"status": "VersionMismatch"}
        await scene.do("localListSync", stationId=scene.id, full=False)
        assert (await scene.shown(lists))["localList"] == {"inStep": False, "lastStatus": "VersionMismatch"}
        station.answers["SendLocalList"] = {"status": "Accepted"}
        await scene.do("localListSync", stationId=scene.id, full=False)
        sent = station.was_asked("SendLocalList")
        assert [one["updateType"] for one in sent] == ["Full", "Differential", "Full"]
        assert [one["idToken"]["idToken"] for one in sent[1]["localAuthorizationList"]] == ["D01SECOND"]
        assert (await scene.shown(lists))["localList"] == {"inStep": True, "lastStatus": "Accepted"}


async def test_d02_list_version(scene: Scene) -> None:
    """A station is asked which version of the list it holds; another than ours is out of step."""
    async with scene.connected() as station:
        await scene.do("localListSync", stationId=scene.id, full=True)
        station.answers["GetLocalListVersion"] = {"versionNumber": 0}
        assert (await scene.send("localListVersionGet"))["answer"]["raw"] == {"versionNumber": 0}
        assert (await scene.shown("localList { inStep }"))["localList"] == {"inStep": False}
