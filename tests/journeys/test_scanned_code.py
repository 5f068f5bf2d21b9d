"""A driver's camera opens what a station shows (2.1 C25): the right code leads to the page of its EVSE, no other does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.domain.web_payment import FAILURES_MAX, totp, url
from app.main.process import Process
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, BRAVO, furnished
from tests.gateway.doubles import until
from tests.journeys.station import Station, dialled
from tests.journeys.test_ad_hoc import STICKER, driver, process, street
from tests.journeys.test_web_payment import accepted
from tests.world import Tenant

__all__ = ["process"]
VALIDITY_S = 60
SET = """mutation($station: ID!) { webPaymentSet(stationId: $station, validitySeconds: 60,
    options: {idempotencyKey: "qr", waitSeconds: 20}) { command { answer { accepted } } errors { code message } } }"""


class Screen:
    """What the station shows, made from what it was told over its socket."""

    def __init__(self, station: Station, identity: str) -> None:
        (told,) = station.was_asked("SetVariables")
        self.said = {one["variable"]["name"]: one["attributeValue"] for one in told["setVariableData"]}
        self.identity = identity

    def address(self, *, away: int = 0, evse: int = 1, more: str = "") -> str:
        at = datetime.now(UTC) + away * timedelta(seconds=VALIDITY_S)
        code = totp(self.said["SharedSecret"], at, validity_s=VALIDITY_S, length=int(self.said["Length"]))
        values = {"chargingstationid": self.identity, "evse": str(evse), "totp": code, "version": "v1"}
        return url(self.said["URLTemplate"], values) + more


async def operator(running: Process, tenant: Tenant, text: str, **variables: object) -> Any:
    owner = driver(running)
    owner.token = tenant.api_secret
    return await owner.ask(text, **variables)


async def screen(running: Process, tenant: Tenant, station: Station) -> Screen:
    """The operator has the station lead to our own page; nobody types an address."""
    identity = tenant.stations[0].identity
    station.answers |= {"SetVariables": accepted, "NotifyWebPaymentStarted": {}}
    shown = await operator(running, tenant, f'{{ station(identity: "{identity}") {{ id scanUrlTemplate }} }}')
    home = f"http://127.0.0.1:{running.http_port}"
    assert shown["scanUrlTemplate"] == home + "/scan/{chargingstationid}/{evse}/{totp}/{version}"
    made = await operator(running, tenant, SET, station=shown["id"])
    assert made == {"command": {"answer": {"accepted": True}}, "errors": []}
    found = Screen(station, identity)
    assert found.said["URLTemplate"] == shown["scanUrlTemplate"]
    return found


async def test_a_scanned_code_leads_to_the_page(process: tuple[Process, Tenant]) -> None:
    running, tenant = process
    async with (
        dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.1") as station,
        httpx.AsyncClient() as phone,
    ):
        shown = await screen(running, tenant, station)
        now = shown.address(more="?maxenergy=20000&maxtime=3600&maxcost=12.5&colour=red")
        led = await phone.get(now)
        evse = (await driver(running).ask("query($e: ID!) { evse(evseId: $e) { id } }", e=STICKER))["id"]
        assert (led.status_code, led.headers["location"]) == (
            303,
            f"/charge/{evse}?maxenergy=20000.0&maxtime=3600.0&maxcost=12.5",
        )
        assert led.headers["cache-control"] == "no-store"
        assert (await phone.get(now)).status_code == 303
        assert (await phone.get(now + "&again=1")).status_code == 303
        await until(lambda: bool(station.was_asked("NotifyWebPaymentStarted")))
        assert station.was_asked("NotifyWebPaymentStarted") == [{"evseId": 1, "timeout": 180}], "once for each code"
        which = await phone.get(shown.address(evse=0))
        assert which.text.count('href="/charge/evs_') == len(tenant.stations[0].evses)
        assert (await phone.get(shown.address(evse=9))).status_code == 404
        assert (await phone.get(f"{shown.address()}%00")).status_code == 404
        assert (await phone.get(shown.address().replace(shown.identity, "NOBODY"))).status_code == 404
        for away in range(3, 6):
            old = await phone.get(shown.address(away=away))
            assert (old.status_code, "Scan the code that the charger shows now" in old.text) == (403, True)
        assert (await phone.get(shown.address())).status_code == 303, "a few guesses keep nobody from paying"
        with psycopg.connect(running.urls.ingest) as connection:
            connection.execute("UPDATE web_payment SET failures = %s, failures_since = now()", (FAILURES_MAX,))
        assert (await phone.get(shown.address())).status_code == 429


async def test_what_is_not_published_is_not_found_and_trying_is_slowed_down(process: tuple[Process, Tenant]) -> None:
    running, tenant = process
    async with (
        dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.1") as station,
        httpx.AsyncClient() as phone,
    ):
        shown = await screen(running, tenant, station)
        with psycopg.connect(running.urls.ingest) as connection:
            connection.execute("UPDATE location SET published = false")
        assert (await phone.get(shown.address())).status_code == 404
        with psycopg.connect(running.urls.ingest) as connection:
            connection.execute("UPDATE location SET published = true")
        assert (await phone.get(shown.address())).status_code == 303
        home = f"http://127.0.0.1:{running.http_port}"
        unknown = [(await phone.get(f"{home}/scan/GUESS-{number}/1/abcdefgh/v1")).status_code for number in range(30)]
        assert (unknown[0], unknown[-1]) == (404, 429)
        assert (await phone.get(shown.address())).status_code == 429


@pytest.mark.parametrize("name", ["v1", "scan", "1"])
async def test_a_word_of_the_address_names_nobody_elses_station(
    database: TestDatabase, tmp_path: Path, name: str
) -> None:
    world = await furnished(database, BRAVO, ALPHA)
    stranger = world.tenants["BRAVO"].stations[0]
    async with street(world, tmp_path) as (running, tenant):
        world.ingest("UPDATE location SET published = true")
        world.ingest("UPDATE station SET identity = %s WHERE key = %s", name, stranger.key)
        async with (
            dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.1") as station,
            httpx.AsyncClient() as phone,
        ):
            shown = await screen(running, tenant, station)
            world.ingest(
                "INSERT INTO web_payment (station_key, operator_key, url_template, shared_secret, validity_s, length, set_at) "
                "SELECT %s, %s, url_template, 'another', validity_s, length, set_at FROM web_payment",
                stranger.key, stranger.operator_key,
            )  # fmt: skip
            assert (await phone.get(shown.address())).status_code == 303
        assert world.ingest("SELECT max(failures) FROM web_payment") == [(0,)]
