"""Firmware with a signature in OCPP 1.6's words, and firmware that a station gives on to its neighbours (2.0.1 L03)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of

SHOWN = "firmwareUpdates { requestId status publishing publishedAt location }"


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


async def update(house: House, request_id: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await house.shown(SHOWN))["firmwareUpdates"]
    return next(one for one in found if one["requestId"] == request_id)


async def newest_effect(house: House) -> str:
    found: list[dict[str, Any]] = (await house.ask("{ commands(first: 1) { nodes { effect } } }"))["commands"]["nodes"]
    return str(found[0]["effect"])


async def test_signed_firmware_is_followed_in_1_6(house: House) -> None:
    station_id = (await house.ids())["station"]
    request = """request: {requestId: 9, firmware: {location: "https://example.com/s.bin",
        retrieveDateTime: "2027-01-01T00:00:00Z", signature: "c2ln", signingCertificate: "PEM"}}"""
    async with house.dialled("ocpp1.6") as station:
        done = await house.do("firmwareUpdate", f'stationId: "{station_id}", {request},')
        assert done["errors"] == []
        (sent,) = station.was_asked("SignedUpdateFirmware")
        assert (sent["requestId"], sent["firmware"]["signature"]) == (9, "c2ln")
        for status in ("Downloading", "SignatureVerified", "Installed"):
            assert await station.say("SignedFirmwareStatusNotification", status=status, requestId=9) == {}
        shown = await update(house, 9)
        assert (shown["requestId"], shown["status"], shown["publishing"]) == (9, "Installed", False)
        assert await newest_effect(house) == "OBSERVED"


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_firmware_is_published_to_the_neighbours(house: House, version: str) -> None:
    station_id = (await house.ids())["station"]
    request = 'request: {requestId: 4, location: "https://example.com/n.bin", checksum: "d41d8cd9"}'
    async with house.dialled(version) as station:
        done = await house.do("firmwarePublish", f'stationId: "{station_id}", {request},')
        assert done["errors"] == []
        assert station.was_asked("PublishFirmware")[0]["checksum"] == "d41d8cd9"
        assert await newest_effect(house) == "AWAITED"
        await station.say("PublishFirmwareStatusNotification", status="Downloading", requestId=4)
        await station.say(
            "PublishFirmwareStatusNotification", status="Published", requestId=4, location=["ftp://10.0.0.2/n.bin"]
        )
        shown = await update(house, 4)
        assert (shown["status"], shown["publishing"], shown["publishedAt"]) == (
            "Published",
            True,
            ["ftp://10.0.0.2/n.bin"],
        )
        assert await newest_effect(house) == "OBSERVED"
