"""One installation a module, one station a scenario."""

import itertools
from collections.abc import AsyncIterator

import pytest_asyncio

from app.store import embedded
from tests.conftest import new_database
from tests.journeys.power_house import House, house_of
from tests.use_cases.scene import Scene, scene_of

_NUMBERS = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(postgres: embedded.EmbeddedPostgres) -> AsyncIterator[House]:
    with new_database(postgres) as database:
        async with house_of(database) as made:
            yield made


@pytest_asyncio.fixture(loop_scope="module")
async def scene(house: House) -> Scene:
    return await scene_of(house, f"UC-{next(_NUMBERS)}")
