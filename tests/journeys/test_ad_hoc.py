"""A driver without an account, from the sticker to the receipt, over HTTP and a real socket, with a simulated card."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main.process import DatabaseUrls, Process, utc_now
from app.main.settings import Settings
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.journeys.station import Station, dialled
from tests.journeys.test_card_payment import charged
from tests.world import Tenant, World

STICKER = "DE*ALP*E0042*1"
LOOK = "query($evse: ID!) { evse(evseId: $evse) { id availability holdAmount { amountMinor } } }"
QUOTE = "query($evse: ID!) { quote(evseId: $evse) { id holdAmount { amountMinor } } }"
INTENT = """mutation($evse: ID!, $quote: ID!, $back: Url!, $key: String!, $target: TargetInput) { chargeIntentCreate(
    evseId: $evse, quoteId: $quote, returnUrl: $back, target: $target, options: {idempotencyKey: $key, waitSeconds: 25}) {
    hold { id } checkoutUrl guestToken errors { code } } }"""
MINE = """{ holds { nodes { status failure releaseReason amount { amountMinor } captured { amountMinor }
    session { id status energyWh steps { name state deadline } cost { price { total { amountMinor } } } } } } }"""
STOP = """mutation($id: ID!) { sessionStop(sessionId: $id, options: {idempotencyKey: "stop", waitSeconds: 0}) {
    errors { code } } }"""


class Driver:
    """What a phone does: asks without a token, pays on the provider's page, and keeps one secret."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.token: str | None = None
        self.checkout = ""

    async def ask(self, text: str, **variables: Any) -> Any:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.home, timeout=40, headers=headers) as http:
            body = (await http.post("/graphql", json={"query": text, "variables": variables})).json()
        assert "errors" not in body, body
        (found,) = body["data"].values()
        return found

    async def intend(self, **more: Any) -> list[str]:
        """Scans, reads the price and asks to pay; the codes of what was refused."""
        place = await self.ask(LOOK, evse=STICKER)
        quote = await self.ask(QUOTE, evse=place["id"])
        assert quote["holdAmount"] == place["holdAmount"]
        made = await self.ask(
            INTENT, evse=place["id"], quote=quote["id"], back=f"{self.home}/charge/{STICKER}", key=quote["id"], **more
        )
        self.token, self.checkout = made["guestToken"], made["checkoutUrl"]
        return [error["code"] for error in made["errors"]]

    async def pay(self, card: str = "pm_card_visa") -> httpx.Response:
        async with httpx.AsyncClient() as browser:
            return await browser.post(self.checkout, data={"card": card})

    async def hold(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ask(MINE))["nodes"][0]
        return found

    async def hold_is(self, status: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while (found := await self.hold())["status"] != status:
                await asyncio.sleep(0.2)
        return found


@pytest.fixture
async def process(database: TestDatabase, tmp_path: Path) -> AsyncIterator[tuple[Process, Tenant]]:
    async with street(await furnished(database, ALPHA), tmp_path) as served:
        yield served


@asynccontextmanager
async def street(
    world: World, tmp_path: Path, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[tuple[Process, Tenant]]:
    """A process that takes simulated payments at one published EVSE of ALPHA's."""
    database, tenant = world.database, world.tenants["ALPHA"]
    station = tenant.stations[0]
    world.ingest("UPDATE station SET credential_salt = NULL, credential_digest = NULL, security_profile_floor = 0")
    world.ingest("UPDATE evse SET evse_id = %s WHERE key = %s", STICKER, station.evses[0].key)
    world.ingest("UPDATE location SET published = true WHERE key = %s", station.location_key)
    settings = Settings(data=tmp_path, http="127.0.0.1:0", ocpp="127.0.0.1:0")
    made = Process(settings, DatabaseUrls(database.app_url, database.ingest_url), clock=clock, simulate_payments=True)
    await made.start()
    yield made, tenant
    await made.stop()
    await world.desk.database.close()


def driver(process: Process) -> Driver:
    return Driver(f"http://127.0.0.1:{process.http_port}")


async def _started(station: Station) -> int:
    async with asyncio.timeout(40):
        while not station.was_asked("RequestStartTransaction"):
            await asyncio.sleep(0.1)
    return int(station.was_asked("RequestStartTransaction")[0]["remoteStartId"])


async def test_from_the_sticker_to_the_bill(process: tuple[Process, Tenant]) -> None:
    running, tenant = process
    ann, ben = driver(running), driver(running)
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        assert await ann.intend() == []
        assert await ben.intend() == ["EVSE_BUSY"]
        assert (await ben.ask(LOOK, evse=STICKER))["availability"] == "IN_USE"
        assert "declined" in (await ann.pay("pm_card_visa_chargeDeclined")).text
        paid = await ann.pay()
        assert paid.headers["location"] == f"{ann.home}/charge/{STICKER}"
        number = await _started(station)
        waiting = await ann.hold()
        assert any(step["deadline"] for step in waiting["session"]["steps"] if step["state"] == "WAITING")
        # The tab is closed; whoever has the secret comes back to the same session, others see that it is in use.
        back = driver(running)
        back.token = ann.token
        assert (await back.hold())["session"]["id"] == waiting["session"]["id"]
        assert (await ben.ask(LOOK, evse=STICKER))["availability"] == "IN_USE"
        await charged(station, number, 10_000)
        bill = await back.hold_is("CAPTURED")
    assert (bill["amount"]["amountMinor"], bill["captured"]["amountMinor"]) == (2000, 500)
    assert bill["session"]["cost"]["price"]["total"]["amountMinor"] == 500


async def test_the_page_is_ours_alone(process: tuple[Process, Tenant]) -> None:
    """No foreign host is named in it, and its policy would let none in; it says that no money moves."""
    running, _ = process
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.http_port}") as http:
        page = await http.get(f"/charge/{STICKER}")
        parts = [await http.get(f"/charge-page/{name}") for name in ("charge.js", "words.js", "charge.css")]
        assert (await http.get("/charge-page/charge.html")).status_code == 404
        assert (await http.get("/charge-page/facts")).json() == {"simulated": True}
    for one in (page, *parts):
        assert one.status_code == 200
        assert "://" not in one.text
        policy = one.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
    for needed in ('lang="en"', 'name="viewport"', 'aria-live="polite"', "<label"):
        assert needed in page.text
