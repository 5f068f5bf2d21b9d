"""The live page of an installation that serves nobody's token: it asks for one, and a wrong one locks nobody out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.main.process import Process
from tests.browser.chromium import Tab, browser
from tests.journeys.station import dialled
from tests.journeys.test_ad_hoc import process
from tests.world import Tenant

__all__ = ["process"]
pytestmark = pytest.mark.browser
KEPT = "sessionStorage.getItem('voltgraph-token')"
FORM = "document.querySelector('#wall form')"


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browser(tmp_path / "browser") as found:
        yield found


async def _give(tab: Tab, token: str) -> None:
    await tab.until(f"{FORM} !== null")
    await tab.run(f"{FORM}.querySelector('input').value = '{token}'; {FORM}.requestSubmit()")


async def test_a_wrong_token_is_forgotten_and_a_right_one_shows_the_wall(
    process: tuple[Process, Tenant], tab: Tab
) -> None:
    running, tenant = process
    station = tenant.stations[0]
    page = f"http://127.0.0.1:{running.http_port}/"
    await tab.open(page)
    await _give(tab, "vgt_nobody")
    await tab.until("document.body.innerText.includes('The token was refused')")
    assert await tab.run(f"{KEPT} === null")
    await _give(tab, tenant.api_secret)
    await tab.until(f"document.querySelectorAll('#wall article').length === {len(tenant.stations)}")
    assert await tab.run(f"{FORM} === null && {KEPT} === '{tenant.api_secret}'")
    async with dialled(running.ocpp_port, station.identity, "ocpp2.0.1"):
        await tab.until("[...document.querySelectorAll('#wall h3 small')].some(one => one.textContent === 'online')")
    await tab.open("about:blank")
    await tab.open(page)  # the tab keeps it
    await tab.until("document.querySelectorAll('#wall article').length > 0")
