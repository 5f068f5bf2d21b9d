"""Journey 9: sign up, save a card, claim an RFID card, tap: the tap is paid by the saved card, or stopped with its reason."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main.process import DatabaseUrls, Process
from app.main.settings import Settings
from tests.conftest import TestDatabase
from tests.journeys.station import Station, dialled
from tests.journeys.test_driver_sign_up import Phone, Postman, postman, tapped
from tests.world import Tenant, World, add_tenant, make_world

MINE = """{ sessions { nodes { id status stopReason steps { name state code } cost { price { total { amountMinor } } } } } }"""
CARDS = "{ drivers { nodes { paymentMethods { id state url lastFour preferred } } } }"


class Town:
    def __init__(self, process: Process, tenant: Tenant, world: World, box: Postman, http: httpx.AsyncClient) -> None:
        self.process, self.tenant, self.world, self.box = process, tenant, world, box
        self.phone = Phone(http)
        assert tenant.token is not None
        self.uid = tenant.token.uid

    async def driver_with_card(self, name: str) -> None:
        """Signs up, saves a card on the provider's page, prefers it, and makes the RFID card theirs."""
        await self.phone.sign_up(self.tenant, self.box, "ada@example.com")
        await self.phone.ask(
            'mutation { paymentMethodCreate(returnUrl: "https://app.example/cards", options: {idempotencyKey: "card"}) '
            "{ paymentMethod { id } errors { code message } } }"
        )
        page = await self.card(lambda card: card["url"] is not None)
        async with httpx.AsyncClient() as browser:
            given = await browser.post(page["url"], data={"card": name})
        assert given.headers["location"] == "https://app.example/cards"
        saved = await self.card(lambda card: card["state"] == "SAVED")
        await self.phone.ask(f'mutation {{ paymentMethodPrefer(id: "{saved["id"]}") {{ errors {{ code message }} }} }}')
        await self.phone.ask('mutation { driverTokenClaim(visualNumber: "V-ALPHA") { errors { code message } } }')

    async def card(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                cards = (await self.phone.ask(CARDS))["nodes"][0]["paymentMethods"]
                if cards and wanted(cards[0]):
                    return dict(cards[0])
                await asyncio.sleep(0.2)

    async def session(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                found = (await self.phone.ask(MINE))["nodes"]
                if found and wanted({step["name"]: step for step in found[0]["steps"]}, found[0]):
                    return dict(found[0])
                await asyncio.sleep(0.2)

    def holds(self) -> list[tuple[object, ...]]:
        return self.world.ingest(
            "SELECT status, way, wanted_minor, captured_minor FROM hold WHERE driver_key IS NOT NULL ORDER BY key"
        )


@pytest.fixture
async def town(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Town]:
    world = make_world(database)
    tenant = await add_tenant(world, "ALPHA", "ALP")
    world.ingest("UPDATE station SET credential_salt = NULL, credential_digest = NULL, security_profile_floor = 0")
    world.ingest("UPDATE token SET driver_key = NULL, account_key = NULL")
    async with postman() as box:
        settings = Settings(
            data=tmp_path, http="127.0.0.1:0", ocpp="127.0.0.1:0", smtp_url=f"smtp://127.0.0.1:{box.port}"
        )
        process = Process(settings, DatabaseUrls(database.app_url, database.ingest_url), simulate_payments=True)
        await process.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.http_port}", timeout=40) as http:
            yield Town(process, tenant, world, box, http)
        await process.stop()
    await world.desk.database.close()


async def event(station: Station, kind: str, number: int, at: datetime, uid: str | None, energy_wh: int) -> None:
    token = {} if uid is None else {"idToken": {"idToken": uid, "type": "ISO14443"}}
    await station.say(
        "TransactionEvent", eventType=kind, timestamp=at.isoformat(), seqNo=number,
        triggerReason="Authorized" if kind == "Started" else "EVDeparted",
        transactionInfo={"transactionId": "hers"}, evse={"id": 1, "connectorId": 1},
        meterValue=[{"timestamp": at.isoformat(), "sampledValue": [{"value": energy_wh}]}], **token,
    )  # fmt: skip


async def test_a_tap_is_paid_by_the_saved_card(town: Town) -> None:
    await town.driver_with_card("pm_card_visa")
    async with dialled(town.process.ocpp_port, town.tenant.stations[0].identity, "ocpp2.0.1") as station:
        assert await tapped(station, town.uid) == "Accepted", "nobody waits for a bank at the charger"
        begin = datetime.now(UTC)
        await event(station, "Started", 0, begin, town.uid, 0)
        paid = await town.session(lambda steps, _: steps.get("PAYMENT_HELD", {}).get("state") == "DONE")
        assert paid["status"] == "ACTIVE"
        assert town.holds() == [("HELD", "SAVED_CARD", 2000, 0)]
        await event(station, "Ended", 1, begin + timedelta(minutes=59), None, 10_000)
        bill = await town.session(lambda steps, _: steps["CAPTURED"]["state"] == "DONE")
    assert bill["cost"]["price"]["total"]["amountMinor"] == 500
    assert town.holds() == [("CAPTURED", "SAVED_CARD", 2000, 500)]


async def refused_and_stopped(town: Town) -> None:
    """A tap that its card does not pay: the step says so, and the charger is asked to stop."""
    async with dialled(town.process.ocpp_port, town.tenant.stations[0].identity, "ocpp2.0.1") as station:
        assert await tapped(station, town.uid) == "Accepted"
        await event(station, "Started", 0, datetime.now(UTC), town.uid, 0)
        refused = await town.session(lambda steps, _: steps.get("PAYMENT_HELD", {}).get("state") == "FAILED")
        step = next(one for one in refused["steps"] if one["name"] == "PAYMENT_HELD")
        assert step["code"] == "CARD_REFUSED"
        async with asyncio.timeout(40):
            while not station.was_asked("RequestStopTransaction"):
                await asyncio.sleep(0.1)


async def test_a_card_whose_payment_is_disputed_pays_no_tap(town: Town) -> None:
    await town.driver_with_card("pm_card_visa")
    known = "(SELECT payment_method FROM payment_method WHERE state = 'SAVED' ORDER BY key DESC LIMIT 1)"
    town.world.ingest(f"UPDATE hold SET payment_method = {known} WHERE key = (SELECT max(hold_key) FROM dispute)")
    town.world.ingest("UPDATE dispute SET status = 'LOST'")
    await refused_and_stopped(town)
    assert [row[0] for row in town.holds()] == ["RELEASED"]


async def test_a_card_that_is_refused_stops_the_session_and_its_step_says_why(town: Town) -> None:
    await town.driver_with_card("pm_card_threeDSecure2Required")
    await refused_and_stopped(town)
    assert [row[0] for row in town.holds()] == ["FAILED"]
