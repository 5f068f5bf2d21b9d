"""One installation for a whole module of stories: starting one for each would take longer than playing it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from app.store import embedded
from tests.conftest import _TEMPLATE, TestDatabase
from tests.house import House, running


@pytest.fixture(scope="module")
def shared_database(postgres: embedded.EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[TestDatabase]:
    name = f"quirks_{request.module.__name__.rpartition('.')[2]}"
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    yield TestDatabase(postgres, name)
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(shared_database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("quirks")
    async with running(shared_database, folder) as house:
        await house.ask(
            'mutation { tokenCreate(input: {uid: "CARD0001", type: RFID, aliases: ["card:00"]}) { errors { code } } }'
        )
        yield house
