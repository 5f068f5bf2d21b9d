"""What a driver wants at most ends the session, once, whichever is reached first; less than that ends nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.payments.holding import House
from tests.payments.test_cases import charging, work


async def aimed(**target: int) -> House:
    house = await charging()
    house.record.hold = replace(house.record.hold, **target)  # type: ignore[arg-type]
    await work(house)
    assert house.floor.stops == 0
    return house


@pytest.mark.parametrize(
    ("target", "below", "reached"),
    [
        ({"target_energy_wh": 5_000}, {"energy_wh": 4_999}, {"energy_wh": 5_000}),
        ({"target_cost_minor": 300}, {"cost_minor": 299}, {"cost_minor": 301}),
        ({"target_soc_percent": 80}, {"soc_percent": 79}, {"soc_percent": 80}),
    ],
)
async def test_what_is_reached_stops_the_session_once(
    target: dict[str, int], below: dict[str, Any], reached: dict[str, Any]
) -> None:
    house = await aimed(**target)
    house.floor.change(**below)
    await work(house)
    assert house.floor.stops == 0
    house.floor.change(**reached)
    await work(house, times=3)
    assert house.floor.stops == 1


async def test_a_time_that_is_over_stops_the_session_when_it_is_over() -> None:
    house = await charging()
    began = house.clock.at
    house.floor.change(started_at=began)
    house.record.hold = replace(house.record.hold, target_duration_s=600)
    await work(house)
    assert house.floor.stops == 0
    house.clock.at = began + timedelta(seconds=600)
    await work(house, times=3)
    assert house.floor.stops == 1


async def test_a_car_that_reports_no_charge_level_goes_on() -> None:
    house = await aimed(target_soc_percent=80)
    house.floor.change(energy_wh=90_000, soc_percent=None)
    await work(house)
    assert house.floor.stops == 0
