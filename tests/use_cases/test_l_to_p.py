"""Blocks L to P: firmware, certificates of others, diagnostics, displays and vendors' own messages."""

from typing import Any

import pytest

from tests.gateway.doubles import until
from tests.use_cases.scene import Scene, card, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIRMWARE = "firmwareUpdates { requestId status }"
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a" * 64, "issuerKeyHash": "b" * 64, "serialNumber": "1f"}


@pytest.mark.parametrize("signed", [True, False])
async def test_l01_l02_firmware(scene: Scene, signed: bool) -> None:
    """A firmware, signed or not, is followed by its number to its end, good or bad (L01.FR.11)."""
    firmware = {"location": "https://example.com/f.bin", "retrieveDateTime": moment()}
    firmware |= {"signature": "c2ln", "signingCertificate": "PEM"} if signed else {}
    async with scene.connected() as station:
        for number, words in ((1, ("Downloading", "Downloaded", "Installing", "Installed")), (2, ("DownloadFailed",))):
            await scene.send("firmwareUpdate", {"requestId": number, "firmware": firmware})
            sent = station.was_asked("UpdateFirmware")[-1]
            assert (sent["requestId"], "signingCertificate" in sent["firmware"]) == (number, signed)
            for word in words:
                assert await station.say("FirmwareStatusNotification", status=word, requestId=number) == {}
                found = {one["requestId"]: one["status"] for one in (await scene.shown(FIRMWARE))["firmwareUpdates"]}
                assert found[number] == word


async def test_l03_l04_publishing(scene: Scene) -> None:
    """A local controller offers a firmware to its stations, and stops to."""
    request = {"requestId": 3, "location": "https://example.com/f.bin", "checksum": "0" * 32}
    async with scene.connected() as station:
        await scene.send("firmwarePublish", request)
        assert station.was_asked("PublishFirmware") == [request]
        for word, more in (("Downloaded", {}), ("Published", {"location": ["ftp://10.0.0.2/f.bin"]})):
            said = {"status": word, "requestId": 3, **more}
            assert await station.say("PublishFirmwareStatusNotification", **said) == {}
        assert (await scene.shown(FIRMWARE))["firmwareUpdates"] == [{"requestId": 3, "status": "Published"}]
        station.answers["UnpublishFirmware"] = {"status": "Unpublished"}
        assert (await scene.send("firmwareUnpublish", {"checksum": "0" * 32}))["answer"]["accepted"]


async def test_m03_m04_m05_certificates(scene: Scene) -> None:
    """A root is installed, the list is asked for, one is deleted; a hash is sent as it was reported (M04.FR.07)."""
    chain = [{"certificateType": "V2GRootCertificate", "certificateHashData": HASH}]
    async with scene.connected() as station:
        installed = {"certificateType": "V2GRootCertificate", "certificate": "PEM"}
        await scene.send("certificateInstall", installed)
        assert station.was_asked("InstallCertificate") == [installed]
        station.answers["GetInstalledCertificateIds"] = {"status": "Accepted", "certificateHashDataChain": chain}
        await scene.send("certificatesReport", {"certificateType": ["V2GRootCertificate"]})
        held = (await scene.shown("certificates { use serialNumber }"))["certificates"]
        assert held == [{"use": "V2GRootCertificate", "serialNumber": "1f"}]
        await scene.send("certificateDelete", {"certificateHashData": HASH})
        assert station.was_asked("DeleteCertificate") == [{"certificateHashData": HASH}]
        assert (await scene.shown("certificates { use }"))["certificates"] == []


async def test_n01_logs(scene: Scene) -> None:
    """A log is sent where we say, and its upload is followed."""
    request = {"logType": "SecurityLog", "requestId": 4, "log": {"remoteLocation": "https://example.com/up"}}
    async with scene.connected() as station:
        station.answers["GetLog"] = {"status": "Accepted", "filename": "night.log"}
        await scene.send("logSend", request)
        assert station.was_asked("GetLog") == [request]
        for word in ("Uploading", "Uploaded"):
            assert await station.say("LogStatusNotification", status=word, requestId=4) == {}
            (log,) = (await scene.shown("logs { requestId status }"))["logs"]
            assert log == {"requestId": 4, "status": word}


async def test_n02_n04_n06_monitors(scene: Scene) -> None:
    """Monitors are set, reported and removed, each by its number."""
    place = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
    wanted = {"value": 9000.0, "type": "UpperThreshold", "severity": 3, **place}
    async with scene.connected() as station:
        result = {"id": 7, "status": "Accepted", "type": "UpperThreshold", "severity": 3, **place}
        station.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result]}
        await scene.send("monitorsSet", {"setMonitoringData": [wanted]})
        assert station.was_asked("SetVariableMonitoring")[0]["setMonitoringData"][0]["value"] == 9000.0
        assert await monitors(scene) == [7]
        request = {"requestId": 5, "monitoringCriteria": ["ThresholdMonitoring"]}
        await scene.send("monitoringReportGet", request)
        assert station.was_asked("GetMonitoringReport") == [request]
        monitor = {"id": 8, "transaction": False, "value": 1.0, "type": "Delta", "severity": 9}
        said = [{**place, "variableMonitoring": [monitor]}]
        answer = await station.say("NotifyMonitoringReport", requestId=5, generatedAt=moment(), seqNo=0, monitor=said)
        assert answer == {}
        assert await monitors(scene) == [7, 8]
        cleared = [{"id": 7, "status": "Accepted"}, {"id": 8, "status": "NotFound"}]
        station.answers["ClearVariableMonitoring"] = {"clearMonitoringResult": cleared}
        await scene.send("monitorsClear", {"id": [7, 8]})
        assert await monitors(scene) == []


async def monitors(scene: Scene) -> list[int]:
    found = (await scene.shown("monitors { nodes { monitorId } }"))["monitors"]["nodes"]
    return sorted(one["monitorId"] for one in found)


@pytest.mark.parametrize("base", ["All", "FactoryDefault", "HardWiredOnly"])
async def test_n03_n05_base_and_level(scene: Scene, base: str) -> None:
    """A set of monitors and the severity up to which events are told are chosen."""
    async with scene.connected() as station:
        assert (await scene.send("monitoringBaseSet", {"monitoringBase": base}))["answer"]["accepted"]
        assert (await scene.send("monitoringLevelSet", {"severity": 4}))["answer"]["accepted"]
        assert station.asked[-2:] == [
            ("SetMonitoringBase", {"monitoringBase": base}),
            ("SetMonitoringLevel", {"severity": 4}),
        ]


@pytest.mark.parametrize("trigger", ["Alerting", "Delta", "Periodic"])
async def test_n07_n08_events(scene: Scene, trigger: str) -> None:
    """An alert, a change or a periodic value is answered with nothing and kept (N07.FR.03, N08.FR.02)."""
    event = {
        "eventId": 1, "timestamp": moment(), "trigger": trigger, "actualValue": "9100",
        "eventNotificationType": "CustomMonitor", "component": {"name": "EVSE"}, "variable": {"name": "Power"},
    }  # fmt: skip
    async with scene.connected() as station:
        assert await station.say("NotifyEvent", generatedAt=moment(), seqNo=0, eventData=[event]) == {}
        text = f'{{ stationEvents(filter: {{stationIds: ["{scene.id}"]}}) {{ nodes {{ trigger actualValue }} }} }}'
        assert (await scene.ask(text))["stationEvents"]["nodes"] == [{"trigger": trigger, "actualValue": "9100"}]


@pytest.mark.parametrize("clear", [False, True])
async def test_n09_n10_customer(scene: Scene, clear: bool) -> None:
    """What a station knows of a customer is told, and forgotten when asked (N09.FR.04, N10.FR.08)."""
    request = {"requestId": 6, "report": True, "clear": clear, "idToken": card("N09CARD")}
    async with scene.connected() as station:
        await scene.send("customerInformationGet", request)
        assert station.was_asked("CustomerInformation") == [request]
        said = {"requestId": 6, "generatedAt": moment(), "seqNo": 0, "data": "came twice"}
        assert await station.say("NotifyCustomerInformation", **said) == {}
        (report,) = (await scene.shown("reports { nodes { state text } }"))["reports"]["nodes"]
        assert report == {"state": "COMPLETE", "text": "came twice"}


async def test_n10_off_the_list(scene: Scene) -> None:
    """Whom a station forgets comes off its list by a message of ours, if it is on it (N10.FR.02)."""
    await scene.token("N10CARD")
    async with scene.connected() as station:
        await scene.do("localListSync", stationId=scene.id, full=True)
        for uid in ("N10CARD", "N10STRANGER"):
            request = {"requestId": 7, "report": False, "clear": True, "idToken": card(uid)}
            await scene.send("customerInformationGet", request)
        await until(lambda: len(station.was_asked("SendLocalList")) == 2)
        whole, change = station.was_asked("SendLocalList")
        assert change == {
            "versionNumber": whole["versionNumber"] + 1,
            "updateType": "Differential",
            "localAuthorizationList": [{"idToken": card("N10CARD")}],
        }


def message(number: int, text: str, **more: Any) -> dict[str, Any]:
    content = {"format": "UTF8", "content": text, "language": "en"}
    return {"id": number, "priority": "NormalCycle", "message": content, **more}


async def texts(scene: Scene) -> dict[int, str]:
    found = (await scene.shown("displayMessages { nodes { messageId content { content } } }"))["displayMessages"][
        "nodes"
    ]
    return {one["messageId"]: one["content"]["content"] for one in found}


@pytest.mark.parametrize("more", [{}, {"transactionId": "o02"}])
async def test_o01_o02_o06_set_message(scene: Scene, more: dict[str, str]) -> None:
    """A message is shown, for a transaction perhaps; the same number again takes its place (O01.FR.05)."""
    async with scene.connected() as station:
        for text in ("Welcome", "Welcome back"):
            shown = message(1, text, startDateTime=moment(), endDateTime=moment(3600), **more)
            assert (await scene.send("displayMessageSet", {"message": shown}))["answer"]["accepted"]
            assert await texts(scene) == {1: text}
        assert station.was_asked("SetDisplayMessage")[0]["message"].get("transactionId") == more.get("transactionId")


async def test_o03_o04_o05_get_and_clear_messages(scene: Scene) -> None:
    """All messages are asked for, or some; what is told is shown; one is cleared."""
    async with scene.connected() as station:
        await scene.send("displayMessagesGet", {"requestId": 7})
        for number, more in ((11, True), (12, False)):
            info = [message(number, f"No. {number}")]
            assert await station.say("NotifyDisplayMessages", requestId=7, tbc=more, messageInfo=info) == {}
        assert set(await texts(scene)) == {11, 12}
        some = {"requestId": 8, "id": [12], "priority": "NormalCycle", "state": "Idle"}
        await scene.send(
            "displayMessagesGet", {"requestId": 8, "id": [12], "messagePriority": "NormalCycle", "state": "Idle"}
        )
        assert station.was_asked("GetDisplayMessages") == [{"requestId": 7}, some]
        await scene.send("displayMessageClear", {"id": 11})
        assert set(await texts(scene)) == {12}


async def test_p01_data_to_the_station(scene: Scene) -> None:
    """A vendor's own message is sent, and its answer shown."""
    request = {"vendorId": "com.example", "messageId": "Door", "data": "open"}
    async with scene.connected() as station:
        for word in ("Accepted", "UnknownVendorId", "UnknownMessageId"):
            station.answers["DataTransfer"] = {"status": word}
            answer = (await scene.send("dataTransferSend", request))["answer"]
            assert (answer["status"], answer["accepted"]) == (word, word == "Accepted")
        assert station.was_asked("DataTransfer")[0] == request


async def test_p02_data_to_the_csms(scene: Scene) -> None:
    """A vendor's message that we do not know is answered so, and kept in the journal."""
    async with scene.connected() as station:
        answer = await station.say("DataTransfer", vendorId="com.example", messageId="Door", data="open")
        assert answer["status"] == "UnknownVendorId"
        frames = (
            f'{{ frames(filter: {{stationId: "{scene.id}", action: ["DataTransfer"]}}) {{ nodes {{ inbound }} }} }}'
        )
        assert {"inbound": True} in (await scene.ask(frames))["frames"]["nodes"]
