"""A driver without an account pays by card, in one whole process: price, page, plug, energy, capture."""

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
from tests.furnished import ALPHA, furnished
from tests.journeys.station import Station, dialled
from tests.world import Tenant

HOLD = """{ holds { nodes { id status way amount { amountMinor currency } captured { amountMinor } captureBefore
    releaseReason session { id status origin steps { name state } hold { id } } } } }"""


class Install:
    """A process that takes simulated payments, its one operator, and a program that asks for it."""

    def __init__(self, process: Process, tenant: Tenant, http: httpx.AsyncClient) -> None:
        self.process, self.tenant, self.http = process, tenant, http

    async def ask(self, text: str) -> dict[str, Any]:
        answer = await self.http.post(
            "/graphql", json={"query": text}, headers={"Authorization": f"Bearer {self.tenant.api_secret}"}
        )
        body = answer.json()
        assert "errors" not in body, body
        found: dict[str, Any] = body["data"]
        return found

    async def hold(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ask(HOLD))["holds"]["nodes"][0]
        return found

    async def hold_is(self, status: str) -> dict[str, Any]:
        async with asyncio.timeout(40):
            while (found := await self.hold())["status"] != status:
                await asyncio.sleep(0.2)
        return found

    async def places(self) -> tuple[str, str, str]:
        """An EVSE of the first station, the station's location, and another location."""
        text = "{ stations { nodes { identity location { id } evses { id } } } locations { nodes { id } } }"
        data = await self.ask(text)
        own = next(one for one in data["stations"]["nodes"] if one["identity"] == self.tenant.stations[0].identity)
        here = own["location"]["id"]
        return own["evses"][0]["id"], here, next(one["id"] for one in data["locations"]["nodes"] if one["id"] != here)

    async def reader(self, location: str, reference: str) -> str:
        made = await self.ask(
            f'mutation {{ cardReaderAdd(locationId: "{location}", reference: "{reference}", label: "Exit", '
            f'options: {{idempotencyKey: "{reference}"}}) {{ cardReader {{ id reference }} errors {{ code message }} }} }}'
        )
        assert made["cardReaderAdd"]["errors"] == []
        return str(made["cardReaderAdd"]["cardReader"]["id"])

    async def tap_at(self, evse: str, reader: str) -> dict[str, Any]:
        quote = (await self.ask(f'{{ quote(evseId: "{evse}") {{ id }} }}'))["quote"]["id"]
        text = f"""mutation {{ chargeIntentCreate(evseId: "{evse}", quoteId: "{quote}", way: READER,
            readerId: "{reader}", returnUrl: "https://kiosk.example", options: {{idempotencyKey: "{quote}",
            waitSeconds: 25}}) {{ hold {{ id status way }} errors {{ code message }} }} }}"""
        found: dict[str, Any] = (await self.ask(text))["chargeIntentCreate"]
        return found

    async def intent(self) -> dict[str, Any]:
        stations = (await self.ask("{ stations { nodes { identity evses { id } } } }"))["stations"]["nodes"]
        evse = next(one for one in stations if one["identity"] == self.tenant.stations[0].identity)["evses"][0]["id"]
        quote = (await self.ask(f'{{ quote(evseId: "{evse}") {{ id holdAmount {{ amountMinor }} }} }}'))["quote"]
        text = f"""mutation {{ chargeIntentCreate(evseId: "{evse}", quoteId: "{quote["id"]}",
            returnUrl: "https://pay.example/back", options: {{idempotencyKey: "driver", waitSeconds: 25}}) {{
            hold {{ id status }} checkoutUrl errors {{ code message }} }} }}"""
        found: dict[str, Any] = (await self.ask(text))["chargeIntentCreate"]
        assert found["errors"] == []
        return found


@pytest.fixture
async def install(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Install]:
    world = await furnished(database, ALPHA)
    tenant = world.tenants["ALPHA"]
    world.ingest("UPDATE station SET credential_salt = NULL, credential_digest = NULL, security_profile_floor = 0")
    settings = Settings(data=tmp_path, http="127.0.0.1:0", ocpp="127.0.0.1:0")
    process = Process(settings, DatabaseUrls(database.app_url, database.ingest_url), simulate_payments=True)
    await process.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.http_port}", timeout=40) as http:
        yield Install(process, tenant, http)
    await process.stop()
    await world.desk.database.close()


async def charged(station: Station, remote_start_id: int, energy_wh: int) -> None:
    """A whole session of an hour, told as fast as the station can speak."""
    begin = datetime.now(UTC)
    for kind, register, number, trigger in (("Started", 0, 0, "RemoteStart"), ("Ended", energy_wh, 1, "EVDeparted")):
        value = {"value": register, "measurand": "Energy.Active.Import.Register"}
        now = (begin + timedelta(hours=number)).isoformat()
        await station.say(
            "TransactionEvent",
            eventType=kind,
            timestamp=now,
            triggerReason=trigger,
            seqNo=number,
            transactionInfo={"transactionId": "paid", "remoteStartId": remote_start_id},
            evse={"id": 1, "connectorId": 1},
            meterValue=[{"timestamp": now, "sampledValue": [value]}],
        )


async def test_a_driver_pays_plugs_in_and_is_charged_what_it_cost(install: Install) -> None:
    async with dialled(install.process.ocpp_port, install.tenant.stations[0].identity, "ocpp2.0.1") as station:
        made = await install.intent()
        assert made["checkoutUrl"].startswith(install.process.payments.double.url)  # type: ignore[union-attr]
        async with httpx.AsyncClient() as browser:
            declined = await browser.post(made["checkoutUrl"], data={"card": "pm_card_visa_chargeDeclined"})
            assert "declined" in declined.text
            assert station.was_asked("RequestStartTransaction") == []
            paid = await browser.post(made["checkoutUrl"], data={"card": "pm_card_visa"})
        assert paid.headers["location"] == "https://pay.example/back"
        await install.hold_is("HELD")
        async with asyncio.timeout(30):
            while not station.was_asked("RequestStartTransaction"):
                await asyncio.sleep(0.1)
        asked = station.was_asked("RequestStartTransaction")[0]
        await charged(station, asked["remoteStartId"], 10_000)
        hold = await install.hold_is("CAPTURED")
    assert (hold["amount"]["amountMinor"], hold["captured"]["amountMinor"]) == (2000, 500)
    steps = {step["name"]: step["state"] for step in hold["session"]["steps"]}
    assert (steps["PRICE_SHOWN"], steps["PAYMENT_HELD"], steps["CAPTURED"]) == ("DONE", "DONE", "DONE")
    assert (hold["session"]["origin"], hold["session"]["hold"]["id"]) == ("AD_HOC", hold["id"])
    assert len(station.was_asked("RequestStartTransaction")) == 1


async def test_a_charger_that_says_no_gives_the_money_back(install: Install) -> None:
    async with dialled(install.process.ocpp_port, install.tenant.stations[0].identity, "ocpp2.0.1") as station:
        station.answers["RequestStartTransaction"] = {"status": "Rejected"}
        made = await install.intent()
        async with httpx.AsyncClient() as browser:
            await browser.post(made["checkoutUrl"], data={"card": "pm_card_visa"})
        hold = await install.hold_is("RELEASED")
    assert (hold["releaseReason"], hold["session"]["status"]) == ("NOT_STARTED", "INVALID")


async def test_a_card_that_is_tapped_at_the_reader_of_the_car_park_starts_the_charge(install: Install) -> None:
    """A kiosk's program: it registers the reader, asks for the card there, and the charger starts by itself."""
    double = install.process.payments.double  # type: ignore[union-attr]
    async with httpx.AsyncClient(base_url=double.url) as provider:
        made = await provider.post(
            "/v1/terminal/readers", data={"registration_code": "sepia-cerulean", "label": "Exit"}
        )
        reference = made.json()["id"]
        beside = (await provider.post("/v1/terminal/readers", data={"registration_code": "x", "label": "Far"})).json()
        evse, here, elsewhere = await install.places()
        readers = [await install.reader(here, reference), await install.reader(elsewhere, beside["id"])]
        assert [one["code"] for one in (await install.tap_at(evse, readers[1]))["errors"]] == ["INVALID_INPUT"]
        async with dialled(install.process.ocpp_port, install.tenant.stations[0].identity, "ocpp2.0.1") as station:
            asked = await install.tap_at(evse, readers[0])
            assert (asked["errors"], asked["hold"]["way"], asked["hold"]["status"]) == ([], "READER", "CREATED")
            path = f"/v1/test_helpers/terminal/readers/{reference}/present_payment_method"
            await provider.post(path, data={"card_present[number]": "4242424242424242"})
            async with asyncio.timeout(30):
                while not station.was_asked("RequestStartTransaction"):
                    await asyncio.sleep(0.1)
            await charged(station, station.was_asked("RequestStartTransaction")[0]["remoteStartId"], 10_000)
            hold = await install.hold_is("CAPTURED")
    assert (hold["amount"]["amountMinor"], hold["captured"]["amountMinor"]) == (2000, 500)
    gone = await install.ask(
        f'mutation {{ cardReaderRemove(id: "{readers[0]}") {{ cardReader {{ label }} errors {{ code }} }} }}'
    )
    assert gone["cardReaderRemove"] == {"cardReader": {"label": "Exit"}, "errors": []}
    assert [error["code"] for error in (await install.tap_at(evse, readers[0]))["errors"]] == ["NOT_FOUND"]


async def test_a_car_that_waits_since_long_costs_nobody_whose_start_was_refused(install: Install) -> None:
    """Plugged in first: the charger's no gives the money back at once, and what the car does then is nobody's bill."""
    async with dialled(install.process.ocpp_port, install.tenant.stations[0].identity, "ocpp2.0.1") as station:

        async def tell(kind: str, trigger: str, number: int, at: datetime, **info: str) -> None:
            await station.say(
                "TransactionEvent", eventType=kind, timestamp=at.isoformat(), triggerReason=trigger, seqNo=number,
                transactionInfo={"transactionId": "cable", **info}, evse={"id": 1, "connectorId": 1},
            )  # fmt: skip

        await tell(
            "Started", "CablePluggedIn", 0, datetime.now(UTC) - timedelta(minutes=50), chargingState="EVConnected"
        )
        station.answers["RequestStartTransaction"] = {"status": "Rejected"}
        made = await install.intent()
        async with httpx.AsyncClient() as browser:
            await browser.post(made["checkoutUrl"], data={"card": "pm_card_visa"})
        hold = await install.hold_is("RELEASED")
        assert (hold["releaseReason"], hold["session"]) == ("NOT_STARTED", None)
        await tell("Ended", "EVCommunicationLost", 1, datetime.now(UTC), stoppedReason="EVDisconnected")
    nodes = (await install.ask("{ sessions(first: 1) { nodes { status hold { id } } } }"))["sessions"]["nodes"]
    assert nodes == [{"status": "COMPLETED", "hold": None}]


async def test_without_a_secret_there_is_no_webhook_address(install: Install) -> None:
    assert (await install.http.post("/stripe/webhook", content=b"{}")).status_code == 404
