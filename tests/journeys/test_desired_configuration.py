"""Configuration wished for: told when it differs, told again after a boot has undone it, within bounds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.domain.desired import ATTEMPTS_MAX
from app.feed import Feed
from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.main.process import utc_now
from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station
from tests.use_cases.scene import BOOT, BOOT16, Scene, scene_of

WISHES = "desiredVariables { place { component variable } value actual drifted state said attempts forgotten }"
# How each version names the same variable, and what a factory makes of it.
OURS, FACTORY = "300", "900"


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


class Charger:
    """A station's configuration in the words of its version; ``word`` is its answer to a change."""

    def __init__(self, station: Station, version: str) -> None:
        self.station, self.version, self.value, self.word = station, version, FACTORY, "Accepted"
        reads, writes = ("GetConfiguration", "ChangeConfiguration"), ("GetVariables", "SetVariables")
        self.reading, self.writing = reads if version == "ocpp1.6" else writes
        station.answers[self.reading], station.answers[self.writing] = self.read, self.write

    def read(self, payload: dict[str, Any]) -> dict[str, Any]:
        if self.version == "ocpp1.6":
            (key,) = payload["key"]
            return {"configurationKey": [{"key": key, "readonly": False, "value": self.value}]}
        named = [{name: one[name] for name in ("component", "variable")} for one in payload["getVariableData"]]
        return {
            "getVariableResult": [{**one, "attributeStatus": "Accepted", "attributeValue": self.value} for one in named]
        }

    def write(self, payload: dict[str, Any]) -> dict[str, Any]:
        said = payload["value"] if self.version == "ocpp1.6" else payload["setVariableData"][0]["attributeValue"]
        self.value = said if self.word == "Accepted" else self.value
        if self.version == "ocpp1.6":
            return {"status": self.word}
        named = [{name: one[name] for name in ("component", "variable")} for one in payload["setVariableData"]]
        return {"setVariableResult": [{**one, "attributeStatus": self.word} for one in named]}

    async def boots(self, *, with_value: str) -> None:
        self.value = with_value
        await self.station.say("BootNotification", **(BOOT16 if self.version == "ocpp1.6" else BOOT))

    def told(self) -> int:
        return len(self.station.was_asked(self.writing))


async def duties_done(scene: Scene, kind: str) -> None:
    """The station's duties of a kind, which must be owed, and the commands that come of them."""
    house = scene.house
    owed = f"SELECT d.key FROM duty d JOIN station s ON s.key = d.station_key WHERE d.kind = '{kind}' AND d.state = 'OWED' AND s.identity = %s"
    await until(lambda: bool(house.world.ingest(owed, scene.identity)))
    for (key,) in house.world.ingest(owed, scene.identity):
        # Another writer may hold the station: a worker would be woken for it again.
        while not await do_duty(house.world.database.ingest_url, Feed(), key, Tools(utc_now)):
            await asyncio.sleep(0.01)
    await house.sweeper.dispatch_soon()


async def looked_at(scene: Scene) -> None:
    await duties_done(scene, "READ_CONFIGURATION")
    await duties_done(scene, "APPLY_CONFIGURATION")


async def wish(scene: Scene) -> dict[str, Any]:
    (found,) = (await scene.shown(WISHES))["desiredVariables"]
    return dict(found)


async def wished(scene: Scene, value: str | None = OURS) -> None:
    named = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": value}
    await scene.do("desiredVariablesSet", "station { id }", stationId=scene.id, variables=[named])


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_what_a_boot_undoes_is_told_again(house: House, version: str) -> None:
    scene = await scene_of(house, "DESIRED")
    async with scene.connected(version) as station:
        charger = Charger(station, version)
        await wished(scene)
        assert (await wish(scene))["state"] == "UNCHECKED"
        await looked_at(scene)
        await until(lambda: charger.told() == 1)
        assert charger.value == OURS
        await settled(scene, "APPLIED")

        await charger.boots(with_value=OURS)
        await looked_at(scene)
        found = await wish(scene)
        assert (found["state"], found["drifted"], charger.told()) == ("IN_STEP", False, 1)

        await charger.boots(with_value=FACTORY)
        await looked_at(scene)
        await until(lambda: charger.told() == 2)
        found = await settled(scene, "APPLIED")
        assert (found["forgotten"], found["attempts"]) == (1, 2)
        assert found["place"] == {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}
        shown = await scene.shown("quirks { code repairs } variables { nodes { value desired drifted } }")
        assert shown["quirks"] == [{"code": "FORGETS_CONFIGURATION", "repairs": 1}]
        assert shown["variables"]["nodes"] == [{"value": OURS, "desired": OURS, "drifted": False}]

        await charger.boots(with_value=FACTORY)
        await looked_at(scene)
        await until(lambda: charger.told() == ATTEMPTS_MAX)
        await settled(scene, "APPLIED")
        await charger.boots(with_value=FACTORY)
        await looked_at(scene)
        found = await settled(scene, "GIVEN_UP")
        assert (charger.told(), found["drifted"], found["actual"]) == (ATTEMPTS_MAX, True, FACTORY)

        await wished(scene, None)
        assert (await scene.shown(WISHES))["desiredVariables"] == []


async def settled(scene: Scene, state: str) -> dict[str, Any]:
    """The wish once it is in a state."""
    for _ in range(500):
        if (found := await wish(scene))["state"] == state:
            return found
    raise AssertionError(found)


@pytest.mark.parametrize(
    ("word", "state"), [("Rejected", "REFUSED"), ("NotSupported", "REFUSED"), ("RebootRequired", "WAITS_FOR_RESTART")]
)
async def test_what_the_station_says_to_it_is_shown(house: House, word: str, state: str) -> None:
    scene = await scene_of(house, "REFUSES")
    async with scene.connected("ocpp1.6") as station:
        charger = Charger(station, "ocpp1.6")
        charger.word = word
        await wished(scene)
        await looked_at(scene)
        found = await settled(scene, state)
        assert (found["said"], found["drifted"], charger.told()) == (word, True, 1)


async def test_a_password_is_no_wish(house: House) -> None:
    scene = await scene_of(house, "SECRETIVE")
    named = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "open sesame 1234"}
    text = """mutation($id: ID!, $variables: [VariableInput!]!) { desiredVariablesSet(stationId: $id, variables: $variables,
        options: {idempotencyKey: "secret"}) { errors { code } } }"""
    found = (await scene.ask(text, id=scene.id, variables=[named]))["desiredVariablesSet"]
    assert found == {"errors": [{"code": "INVALID_INPUT"}]}
