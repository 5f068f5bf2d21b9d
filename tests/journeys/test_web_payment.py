"""A driver scans the changing code of a station (2.1 C25): the right one opens the payment, any other is refused."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from app.domain import web_payment
from app.domain.web_payment import FAILURES_MAX, totp
from tests.conformance.graphql import Refused
from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of
from tests.use_cases.scene import Scene, scene_of
from tests.world import add_tenant

TEMPLATE = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"
VALIDITY_S = 60
PICK = "station { identity } evse { number } maxEnergyWh maxTimeS maxCost command { answer { accepted } }"


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


def accepted(payload: dict[str, Any]) -> dict[str, Any]:
    named = [{name: one[name] for name in ("component", "variable")} for one in payload["setVariableData"]]
    return {"setVariableResult": [{**one, "attributeStatus": "Accepted"} for one in named]}


class Display:
    """What the station puts behind its QR code, made from what it was told."""

    def __init__(self, scene: Scene, told: dict[str, Any]) -> None:
        self.scene = scene
        self.said = {one["variable"]["name"]: one["attributeValue"] for one in told["setVariableData"]}

    def url(self, *, away: int = 0, evse: int = 1, more: str = "", identity: str | None = None) -> str:
        """The address of the code ``away`` intervals from now."""
        said, at = self.said, datetime.now(UTC) + away * timedelta(seconds=VALIDITY_S)
        code = totp(said["SharedSecret"], at, validity_s=int(said["ValidityTime"]), length=int(said["Length"]))
        values = {"chargingstationid": identity or self.scene.identity, "evse": str(evse), "totp": code}
        return web_payment.url(said["URLTemplate"], values | {"version": said["TOTPVersion"]}) + more


async def test_a_scanned_code_is_judged(house: House) -> None:
    scene = await scene_of(house, "QR+1")
    async with scene.connected("ocpp2.1") as station:
        station.answers["SetVariables"] = accepted
        station.answers["NotifyWebPaymentStarted"] = {}
        await scene.send("webPaymentSet", urlTemplate=TEMPLATE, validitySeconds=VALIDITY_S)
        display = Display(scene, station.was_asked("SetVariables")[0])

        for away in (-1, 0, 1):
            found = await scene.do("webPaymentVerify", PICK, url=display.url(away=away))
            assert (found["station"]["identity"], found["evse"]["number"]) == ("QR+1", 1)
            assert found["command"] is None
        assert station.was_asked("NotifyWebPaymentStarted") == []

        wanted = display.url(more="?maxenergy=20000&maxtime=3600&maxcost=12.5&colour=red")
        found = await scene.do("webPaymentVerify", PICK, url=wanted, lockSeconds=120)
        assert (found["maxEnergyWh"], found["maxTimeS"], found["maxCost"]) == (20_000, 3600, 12.5)
        assert station.was_asked("NotifyWebPaymentStarted") == [{"evseId": 1, "timeout": 120}]

        for url, code in (
            (display.url(evse=9), "NOT_FOUND"),
            (display.url(identity="QR-2"), "NOT_FOUND"),
            ("https://elsewhere.example/QR%2B1/1/abcdefgh/v1", "NOT_FOUND"),
        ):
            with pytest.raises(Refused, match=code):
                await scene.do("webPaymentVerify", PICK, url=url)
        for away in range(3, 3 + FAILURES_MAX):
            with pytest.raises(Refused, match="TOKEN_REFUSED"):
                await scene.do("webPaymentVerify", PICK, url=display.url(away=away), lockSeconds=120)
        with pytest.raises(Refused, match="LIMIT_EXCEEDED"):
            await scene.do("webPaymentVerify", PICK, url=display.url())
        assert len(station.was_asked("NotifyWebPaymentStarted")) == 1

        await scene.send("webPaymentSet", urlTemplate=TEMPLATE, validitySeconds=VALIDITY_S)
        with pytest.raises(Refused, match="TOKEN_REFUSED"):
            await scene.do("webPaymentVerify", PICK, url=display.url())
        renewed = Display(scene, station.was_asked("SetVariables")[1])
        assert (await scene.do("webPaymentVerify", PICK, url=renewed.url()))["evse"] == {"number": 1}

        stranger = await add_tenant(house.world, "BRAVO", "BRV")
        text = f'mutation {{ webPaymentVerify(url: "{renewed.url()}", options: {{idempotencyKey: "b"}}) {{ errors {{ code }} }} }}'
        answer = await house.client.data(text, stranger.scope)
        assert answer["webPaymentVerify"]["errors"] == [{"code": "NOT_FOUND"}]

    for shown in (display, renewed):
        assert _places(house, shown.said["SharedSecret"]) <= {"web_payment"}


def _places(house: House, text: str) -> set[str]:
    with psycopg.connect(house.world.database.owner_url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {
            table
            for (table,) in tables
            if connection.execute(f"SELECT 1 FROM {table} t WHERE t::text LIKE %s LIMIT 1", (f"%{text}%",)).fetchone()
        }


@pytest.mark.parametrize(
    "wrong",
    [
        {"urlTemplate": "https://pay.example/{chargingstationid}/{version}"},
        {"urlTemplate": "http" + TEMPLATE.removeprefix("https")},
        {"urlTemplate": TEMPLATE, "validitySeconds": 5},
        {"urlTemplate": TEMPLATE, "length": 4},
    ],
)
async def test_what_is_no_code_is_not_set_up(house: House, wrong: dict[str, Any]) -> None:
    scene = await scene_of(house, "QR-3")
    with pytest.raises(Refused, match="INVALID_INPUT"):
        await scene.send("webPaymentSet", **wrong)
