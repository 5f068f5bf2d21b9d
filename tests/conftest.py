"""Real PostgreSQL for every test that wants one: one server a worker, one database a test, copied from a template."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg
import pytest
import structlog

from app.store import embedded
from app.store.migrate import APP_ROLE, INGEST_ROLE, migrate
from tests.folders import server_folder

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
_TEMPLATE = "voltgraph_template"
_numbers = count(1)


@dataclass(frozen=True)
class TestDatabase:
    """One migrated, empty database and the addresses of its three roles."""

    __test__ = False
    server: embedded.EmbeddedPostgres
    name: str

    @property
    def owner_url(self) -> str:
        return self.server.addresses.role_url("postgres", self.name)

    @property
    def app_url(self) -> str:
        return self.server.addresses.role_url(APP_ROLE, self.name)

    @property
    def ingest_url(self) -> str:
        return self.server.addresses.role_url(INGEST_ROLE, self.name)


@pytest.fixture(scope="session")
def postgres(worker_id: str) -> Iterator[embedded.EmbeddedPostgres]:
    """A server of this worker; its data needs no fsync because the tests that kill it use their own."""
    with (
        server_folder(f"vg-{worker_id}-{os.getpid()}") as folder,
        embedded.embedded(folder) as server,
    ):
        with psycopg.connect(server.admin_url, autocommit=True) as connection:
            for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        migrate(server.addresses.role_url("postgres", _TEMPLATE))
        yield server


@contextmanager
def new_database(postgres: embedded.EmbeddedPostgres) -> Iterator[TestDatabase]:
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    yield TestDatabase(postgres, name)
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: embedded.EmbeddedPostgres) -> Iterator[TestDatabase]:
    with new_database(postgres) as made:
        yield made


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """Logs of a failing test are short: one line an event, tracebacks without local variables."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["event"])]
    )
