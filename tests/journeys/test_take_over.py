"""Somebody began to pay and went away: the next one waits for minutes, not for a page to lapse, and nobody pays twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.domain.hold import TAKE_OVER_AFTER
from app.main.process import Process
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.journeys.station import dialled
from tests.journeys.test_ad_hoc import LOOK, STICKER, Driver, driver, street
from tests.journeys.test_all_goes_wrong import Ahead, started
from tests.world import Tenant


@pytest.fixture
def clock() -> Ahead:
    return Ahead()


@pytest.fixture
async def process(database: TestDatabase, tmp_path: Path, clock: Ahead) -> AsyncIterator[tuple[Process, Tenant]]:
    async with street(await furnished(database, ALPHA), tmp_path, clock=clock) as served:
        yield served


async def availability(running: Process) -> str:
    return str((await driver(running).ask(LOOK, evse=STICKER))["availability"])


async def told(ann: Driver) -> tuple[str, str | None]:
    hold = await ann.hold()
    return hold["status"], hold["releaseReason"]


async def test_17_who_went_away_loses_the_place_and_cannot_pay_for_it_any_more(
    process: tuple[Process, Tenant], clock: Ahead
) -> None:
    running, tenant = process
    ann, ben = driver(running), driver(running)
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        assert await ann.intend() == []
        clock.by += TAKE_OVER_AFTER - timedelta(minutes=1)
        assert await told(ann) == ("CREATED", None)  # her page still asks
        clock.by += timedelta(minutes=2)
        assert await ben.intend() == ["EVSE_BUSY"], "heard two minutes ago"
        assert await availability(running) == "IN_USE"
        clock.by += TAKE_OVER_AFTER
        assert await availability(running) == "AVAILABLE"
        assert await ben.intend() == []
        assert await told(ann) == ("RELEASED", "TAKEN_OVER")
        late = await ann.pay()
        assert "location" not in late.headers, "the page is closed at the provider"
        await ben.pay()
        await started(station)
        assert (await ben.hold())["status"] == "HELD"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.http_port}") as http:
        words = (await http.get("/charge-page/words.js")).text
    minutes = int(TAKE_OVER_AFTER.total_seconds()) // 60
    assert f"after {minutes} minutes without this page" in words
    assert f"nach {minutes} Minuten ohne diese Seite" in words


async def test_20_whoever_asks_for_the_impossible_throws_nobody_out(
    process: tuple[Process, Tenant], clock: Ahead
) -> None:
    running, tenant = process
    ann, ben = driver(running), driver(running)
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1"):
        assert await ann.intend() == []
        clock.by += TAKE_OVER_AFTER + timedelta(minutes=1)
        assert await ben.intend(target={"costLimitMinor": 1}) == ["INVALID_INPUT"]
        assert await told(ann) == ("CREATED", None)


async def test_20_where_staff_take_a_payment_a_visitor_sees_that_it_is_in_use(
    process: tuple[Process, Tenant], clock: Ahead
) -> None:
    running, tenant = process
    staff = driver(running)
    staff.token = tenant.api_secret
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1"):
        assert await staff.intend() == []
        clock.by += TAKE_OVER_AFTER
        assert await availability(running) == "IN_USE"
        assert await driver(running).intend() == ["EVSE_BUSY"]
