"""The page behind the sticker in a real browser: price, payment, live steps, stop, and what became of the money."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.main.process import Process
from tests.browser.chromium import Tab, browser
from tests.journeys.station import dialled
from tests.journeys.test_ad_hoc import STICKER, process
from tests.journeys.test_card_payment import charged
from tests.journeys.test_scanned_code import operator, screen
from tests.world import Tenant

__all__ = ["process"]
pytestmark = pytest.mark.browser


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browser(tmp_path / "browser") as found:
        yield found


def said(*words: str) -> str:
    return "".join(f"&& document.body.innerText.includes({word!r})" for word in words)[3:]


async def _paid(tab: Tab, card: str) -> None:
    """On the provider's page, which is simulated."""
    await tab.until("document.querySelector('select[name=card]') !== null")
    await tab.run(f"document.querySelector('select[name=card]').value = '{card}'; document.forms[0].submit()")


async def test_from_the_price_to_the_bill(process: tuple[Process, Tenant], tab: Tab) -> None:
    running, tenant = process
    page = f"http://127.0.0.1:{running.http_port}/charge/{STICKER}"
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        await tab.open(page)
        await tab.until(said("Simulated payment", "€0.50 / kWh", "€20.00 are held", "Available now."))
        await tab.run("document.getElementById('pay-button').click()")
        await _paid(tab, "pm_card_visa_chargeDeclined")
        await tab.until("document.querySelector('[role=alert]') !== null")
        await _paid(tab, "pm_card_visa")
        await tab.until(said("Plug in your car", "€20.00 are held", "within"))
        async with asyncio.timeout(30):
            while not station.was_asked("RequestStartTransaction"):
                await asyncio.sleep(0.1)
        await tab.open("about:blank")
        await charged(station, int(station.was_asked("RequestStartTransaction")[0]["remoteStartId"]), 10_000)
        await tab.open(page)
        await tab.until(said("Your last charge", "€5.00 were taken", "€15.00 of the hold were given back", "10 kWh"))
    assert [one for one in tab.problems if f":{running.http_port}/" in one] == []


async def test_a_refusal_says_that_the_money_is_back(process: tuple[Process, Tenant], tab: Tab) -> None:
    running, tenant = process
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        station.answers["RequestStartTransaction"] = {"status": "Rejected"}
        await tab.open(f"http://127.0.0.1:{running.http_port}/charge/{STICKER}")
        await tab.until(said("Available now."))
        await tab.run("document.getElementById('pay-button').click()")
        await _paid(tab, "pm_card_visa")
        await tab.until(said("The charger refused to start", "The whole amount was given back"))
        await tab.run("document.getElementById('again').click()")
        await tab.until(said("Available now. You can pay and plug in."))
    assert [one for one in tab.problems if f":{running.http_port}/" in one] == []


async def test_a_scanned_code_ends_on_the_page_with_its_limits(process: tuple[Process, Tenant], tab: Tab) -> None:
    """What the driver set at the charger is shown, and is the target of what is paid (OCPP 2.1 C25)."""
    running, tenant = process
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.1") as station:
        code = await screen(running, tenant, station)
        await tab.open(code.address(away=9))
        await tab.until(said("Scan the code that the charger shows now"))
        await tab.open(code.address(more="?maxenergy=15000&maxtime=3600&maxcost=12.5"))
        await tab.until(said("Available now.", "at most 15 kWh, 60 minutes, €12.50"))
        await tab.run("document.getElementById('pay-button').click()")
        await _paid(tab, "pm_card_visa")
        await tab.until(said("Plug in your car", "€12.50 are held"))
    text = "{ holds { nodes { target { energyWh durationS costLimit { amountMinor } } } } }"
    targets = [one["target"] for one in (await operator(running, tenant, text))["nodes"]]
    assert {"energyWh": 15_000, "durationS": 3600, "costLimit": {"amountMinor": 1250}} in targets
    assert [one for one in tab.problems if f":{running.http_port}/" in one and "/scan/" not in one] == []
