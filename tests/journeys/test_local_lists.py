"""A local list in step with tokens: what is sent, what the station holds, when it is whole again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station

LIST = "localList { version tokens inStep lastStatus maxMessage }"
every_version = pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


async def shown(house: House) -> Any:
    return (await house.shown(LIST))["localList"]


async def sync(house: House, more: str = "") -> dict[str, Any]:
    return await house.do("localListSync", f'stationId: "{(await house.ids())["station"]}", {more}')


async def token(house: House, uid: str) -> str:
    data = await house.ask(
        f'mutation {{ tokenCreate(input: {{uid: "{uid}", type: RFID}}) {{ token {{ id }} errors {{ message }} }} }}'
    )
    found: str = data["tokenCreate"]["token"]["id"]
    return found


async def block(house: House, public_id: str, *, block: bool = True) -> None:
    name = "tokenBlock" if block else "tokenUnblock"
    house.deeds += 1
    text = f'{name}(id: "{public_id}", reason: "r", options: {{idempotencyKey: "t{house.deeds}"}})'
    await house.ask(f"mutation {{ {text} {{ errors {{ code }} }} }}")


def sent(station: Station) -> list[tuple[str, list[str], list[str]]]:
    """(kind, uids put on, uids taken off) of every list, in order."""
    found = []
    for payload in station.was_asked("SendLocalList"):
        put, off = [], []
        for entry in payload.get("localAuthorizationList", []):
            uid = entry["idTag"] if "idTag" in entry else entry["idToken"]["idToken"]
            (put if "idTagInfo" in entry or "idTokenInfo" in entry else off).append(uid)
        found.append((payload["updateType"], sorted(put), sorted(off)))
    return found


@every_version
async def test_only_what_differs_is_sent(house: House, version: str) -> None:
    first = (await house.ids())["uid"]
    async with house.dialled(version) as station:
        assert await shown(house) is None
        assert (await sync(house))["command"]["answer"]["accepted"] is True
        assert sent(station) == [("Full", [first], [])]
        held = await shown(house)
        assert (held["tokens"], held["inStep"]) == (1, True)
        second = await token(house, "AA11")
        assert (await shown(house))["inStep"] is False
        await sync(house)
        await block(house, second)
        assert (await shown(house))["inStep"] is False
        await sync(house)
        await block(house, second, block=False)
        await sync(house, "full: true, ")
        assert sent(station)[1:] == [
            ("Differential", ["AA11"], []),
            ("Differential", [], ["AA11"]),
            ("Full", sorted(["AA11", first]), []),
        ]
        after = await shown(house)
        assert (after["version"], after["inStep"], after["tokens"]) == (held["version"] + 3, True, 2)


async def test_a_reader_that_cuts_numbers_short_finds_them_on_its_list(house: House) -> None:
    first = (await house.ids())["uid"]
    await house.ask(
        'mutation { tokenCreate(input: {uid: "04A1B2C3D4", type: RFID, aliases: ["04A1"]}) { errors { code } } }'
    )
    async with house.dialled("ocpp2.0.1") as station:
        await sync(house)
        assert sent(station) == [("Full", ["04A1", "04A1B2C3D4", first], [])]


@every_version
async def test_after_a_mismatch_the_list_is_whole(house: House, version: str) -> None:
    async with house.dialled(version) as station:
        await sync(house)
        await token(house, "AA11")
        station.answers["SendLocalList"] = {"status": "VersionMismatch"}
        await sync(house)
        lost = await shown(house)
        assert (lost["version"], lost["inStep"], lost["lastStatus"]) == (None, False, "VersionMismatch")
        station.answers["SendLocalList"] = {"status": "Accepted"}
        await sync(house)
        assert [kind for kind, _, _ in sent(station)] == ["Full", "Differential", "Full"]
        assert (await shown(house))["inStep"] is True


@every_version
async def test_who_comes_back_is_asked_which_list_it_holds(house: House, version: str) -> None:
    async with house.dialled(version) as station:
        await sync(house)
        assert station.was_asked("GetLocalListVersion") == []
    name = "listVersion" if version == "ocpp1.6" else "versionNumber"
    async with house.dialled(version) as station:
        station.answers["GetLocalListVersion"] = {name: 0}  # it was reset meanwhile
        await until(lambda: station.was_asked("GetLocalListVersion") != [])
        await until(lambda: house.world.ingest("SELECT 1 FROM local_list WHERE checked_at IS NOT NULL") != [])
        lost = await shown(house)
        assert (lost["version"], lost["inStep"]) == (None, False)
        await sync(house)
        assert [kind for kind, _, _ in sent(station)] == ["Full"]


@every_version
async def test_a_long_list_goes_in_parts(house: House, version: str) -> None:
    """A station that told how much one message may carry is sent no more."""
    station_id = (await house.ids())["station"]
    for number in range(4):
        await token(house, f"AA{number:02}")
    async with house.dialled(version) as station:
        if version == "ocpp1.6":
            said: dict[str, Any] = {
                "configurationKey": [{"key": "SendLocalListMaxLength", "readonly": True, "value": "2"}]
            }
            station.answers["GetConfiguration"] = said
        else:
            named = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
            said = {"getVariableResult": [{**named, "attributeStatus": "Accepted", "attributeValue": "2"}]}
            station.answers["GetVariables"] = said
        names = 'component: "LocalAuthListCtrlr", variable: "SendLocalListMaxLength"'
        await house.do("variablesGet", f'stationId: "{station_id}", variables: [{{{names}}}],')
        assert (await shown(house))["maxMessage"] == 2
        await sync(house)
        assert [(kind, len(put)) for kind, put, _ in sent(station)] == [
            ("Full", 2),
            ("Differential", 2),
            ("Differential", 1),
        ]
        held = await shown(house)
        assert (held["tokens"], held["inStep"]) == (5, True)
