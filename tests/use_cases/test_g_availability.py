"""Block G: what is free, what is not, and who decides that."""

import pytest

from tests.use_cases.scene import Scene, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("word", ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"])
async def test_g01_status(scene: Scene, word: str) -> None:
    """A connector's status is shown with the instant since when it holds."""
    at = moment(-5)
    async with scene.connected() as station:
        said = {"timestamp": at, "evseId": 2, "connectorId": 1, "connectorStatus": word}
        assert await station.say("StatusNotification", **said) == {}
        evses = (await scene.shown("evses { connectors { status statusSince } }"))["evses"]
        assert evses[1]["connectors"] == [{"status": word.upper(), "statusSince": at}]
        assert evses[0]["connectors"][0]["status"] != word.upper()


async def test_g02_heartbeat(scene: Scene) -> None:
    """A heartbeat is answered with the time, and whoever is heard is there (G02.FR.04)."""
    async with scene.connected() as station:
        assert (await station.say("Heartbeat"))["currentTime"].endswith("Z")
        link = (await scene.shown("connection { state lastSeenAt }"))["connection"]
        assert link["state"] == "ONLINE"
        assert link["lastSeenAt"] is not None
    assert (await scene.shown("connection { lastSeenAt }"))["connection"]["lastSeenAt"] >= link["lastSeenAt"]


@pytest.mark.parametrize("operative", [True, False])
async def test_g03_g04_change_availability(scene: Scene, operative: bool) -> None:
    """The station, an EVSE or a connector is taken out of service, or put back; scheduled is accepted too."""
    word = "Operative" if operative else "Inoperative"
    plug = scene.ids["evses"][0]["connectors"][0]["id"]
    async with scene.connected() as station:
        for where, evse in (
            ({}, None),
            ({"evseId": scene.evse}, {"id": 1}),
            ({"connectorId": plug}, {"id": 1, "connectorId": 1}),
        ):
            for status, accepted in (("Accepted", True), ("Scheduled", True), ("Rejected", False)):
                station.answers["ChangeAvailability"] = {"status": status}
                answer = (await scene.send("availabilityChange", operative=operative, **where))["answer"]
                assert (answer["status"], answer["accepted"]) == (status, accepted)
                expected = {"operationalStatus": word} | ({} if evse is None else {"evse": evse})
                assert station.was_asked("ChangeAvailability")[-1] == expected


async def test_g05_lock_failure(scene: Scene) -> None:
    """A lock that does not lock is told as an event, which is answered and shown (G05.FR.03)."""
    event = {
        "eventId": 1,
        "timestamp": moment(),
        "trigger": "Alerting",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }
    async with scene.connected() as station:
        assert await station.say("NotifyEvent", generatedAt=moment(), seqNo=0, eventData=[event]) == {}
        text = f'{{ stationEvents(filter: {{stationIds: ["{scene.id}"]}}) {{ nodes {{ actualValue place {{ component connector }} }} }} }}'
        (found,) = (await scene.ask(text))["stationEvents"]["nodes"]
        assert found["place"] == {"component": "ConnectorPlugRetentionLock", "connector": 1}
