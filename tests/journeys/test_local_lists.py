"""A local list in step with tokens: what is sent, what the station holds, when it is whole again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from app.main.process import utc_now
from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.inbox.conftest import GATEWAY
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station

LIST = "localList { version tokens inStep lastStatus maxMessage }"
every_version = pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        made.sweeper.local_lists.patience = timedelta(hours=1)  # these stories ask for lists themselves
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


def follow(house: House) -> None:
    """From now on lists follow the tokens at once."""
    house.sweeper.local_lists.patience = timedelta(0)


async def settled(house: House) -> None:
    """No list is on its way, and the one that was taken is what the tokens say."""
    done = """SELECT 1 FROM local_list l WHERE l.in_step AND NOT EXISTS (SELECT FROM command c
        WHERE c.station_key = l.station_key AND c.action = 'SendLocalList' AND c.status IN ('QUEUED', 'SENT'))"""
    await until(lambda: house.world.ingest(done) != [])


@every_version
async def test_a_blocked_card_comes_off_the_list_by_itself(house: House, version: str) -> None:
    lost = await token(house, "AA11")
    async with house.dialled(version) as station:
        await token(house, "AA12")
        assert sent(station) == []  # nobody ever asked for a list here
        await sync(house)
        follow(house)
        await block(house, lost)
        await until(lambda: len(sent(station)) == 2)
        assert sent(station)[1] == ("Differential", [], ["AA11"])
        await settled(house)
        asked = house.world.ingest(
            "SELECT requested_by, reason FROM command WHERE action = 'SendLocalList' ORDER BY key"
        )
        assert asked[-1] == ("voltgraph", "The local list follows the tokens.")


async def test_a_card_blocked_while_the_station_was_away_comes_off_once_it_is_back(house: House) -> None:
    lost = await token(house, "AA11")
    async with house.dialled("ocpp1.6") as station:
        await sync(house)
        held = sent(station)
        version = station.was_asked("SendLocalList")[0]["listVersion"]
    follow(house)
    await block(house, lost)
    async with house.dialled("ocpp1.6") as station:
        station.answers["GetLocalListVersion"] = {"listVersion": version}
        await until(lambda: sent(station) != [])
        assert "AA11" in held[0][1]
        assert sent(station) == [("Differential", [], ["AA11"])]


async def test_a_card_blocked_while_a_list_is_on_its_way_comes_off_with_the_next(house: House) -> None:
    lost = await token(house, "AA11")
    async with house.dialled("ocpp2.0.1") as station:
        await sync(house)
        await token(house, "AA12")
        blocked = asyncio.Event()

        async def slowly() -> dict[str, str]:
            await blocked.wait()
            return {"status": "Accepted"}

        station.answers["SendLocalList"] = lambda _: slowly()
        follow(house)
        await until(lambda: len(sent(station)) == 2)
        await block(house, lost)
        blocked.set()
        await until(lambda: len(sent(station)) == 3)
        assert sent(station)[1:] == [("Differential", ["AA12"], []), ("Differential", [], ["AA11"])]
        await settled(house)


async def test_a_list_that_is_refused_is_not_sent_again_at_once(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        await sync(house)
        station.answers["SendLocalList"] = {"status": "Failed"}
        await token(house, "AA11")
        follow(house)
        failed = "SELECT 1 FROM command WHERE action = 'SendLocalList' AND answer_accepted IS FALSE"
        await until(lambda: house.world.ingest(failed) != [])
        connection = await house.sweeper._connected()
        now = utc_now()
        lists = house.sweeper.local_lists
        assert await lists.keep_in_step(connection, gateway_id=GATEWAY, at=now) == []
        assert await lists.keep_in_step(connection, gateway_id=GATEWAY, at=now + timedelta(seconds=31)) != []
