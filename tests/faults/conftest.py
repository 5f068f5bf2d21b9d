"""A PostgreSQL that really flushes, a server in another process that may be killed, and chargers that dial it."""

import asyncio
import contextlib
import itertools
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.store.embedded import EmbeddedPostgres, embedded
from app.store.migrate import APP_ROLE, INGEST_ROLE, migrate
from tests.faults.charger import Charger
from tests.faults.server import KILL
from tests.folders import server_folder
from tests.ground import World

_PATIENCE_S = 30.0
ROOT = Path(__file__).parents[2]
_identities = itertools.count(1)


class Cradle:
    """The program that forks servers: started once, because importing everything takes longer than a life."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def order(self, life: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(life) + "\n")
        self._process.stdin.flush()

    async def hears(self) -> dict[str, int]:
        """The next line: where a life listens, or how it ended."""

        def line() -> str:
            assert self._process.stdout is not None
            ready, _, _ = select.select([self._process.stdout], [], [], _PATIENCE_S)
            return self._process.stdout.readline() if ready else ""

        return dict(json.loads(await asyncio.to_thread(line) or "{}"))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Service:
    """The server's process: started, killed by its trap, by us, or ended cleanly; started again on the same data."""

    def __init__(self, cradle: Cradle, folder: Path, postgres: EmbeddedPostgres, *, careless: bool = False) -> None:
        self.folder, self.postgres = folder, postgres
        self._cradle, self._careless = cradle, careless
        self.port = self._pid = self.lives = 0
        self.stripe_url = ""

    async def start(self) -> None:
        self.disarm()
        self.lives += 1
        self._cradle.order(
            {
                "folder": str(self.folder),
                "urls": [self.postgres.role_url(APP_ROLE), self.postgres.role_url(INGEST_ROLE)],
                "careless": self._careless,
                "stripe_url": self.stripe_url,
                "log": str(self.folder / f"life-{self.lives}.log"),
                "test_pid": os.getpid(),
            }
        )
        life = await self._cradle.hears()
        assert "port" in life, self.log()
        self.port, self._pid = life["port"], life["pid"]

    def log(self) -> str:
        return (self.folder / f"life-{self.lives}.log").read_text()[-4000:]

    def arm(self, name: str, *, at_pass: int = 1, act: str = KILL) -> None:
        (self.folder / "reached").unlink(missing_ok=True)
        made = self.folder / "arming"
        made.write_text(json.dumps({"name": name, "pass": at_pass, "act": act}))
        made.rename(self.folder / "armed")

    def disarm(self) -> None:
        (self.folder / "armed").unlink(missing_ok=True)

    async def reached(self) -> None:
        """Returns once a holding process stands at the armed await."""
        async with asyncio.timeout(20):
            while not (self.folder / "reached").exists():
                await asyncio.sleep(0.01)

    async def died(self) -> None:
        """Returns once the trap has killed the process."""
        ended = await self._cradle.hears()
        assert ended == {"ended": -signal.SIGKILL}, self.log()
        self._pid = 0

    async def kill(self) -> None:
        """kill -9 from outside, if it lives."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            await self.died()

    async def stop(self) -> None:
        """SIGTERM, and a clean end, if it lives."""
        self.disarm()
        if self._pid:
            os.kill(self._pid, signal.SIGTERM)
            ended = await self._cradle.hears()
            if not ended:
                os.kill(self._pid, signal.SIGKILL)
                await self._cradle.hears()
            self._pid = 0
            assert ended == {"ended": 0}, self.log()


@pytest.fixture(scope="module")
def cradle() -> Iterator[Cradle]:
    made = Cradle()
    yield made
    made.close()


@pytest.fixture(scope="module")
def durable() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL with its own durability, for this module alone."""
    with server_folder(f"vgf-{os.getpid()}") as folder, embedded(folder) as server:
        migrate(server.owner_url)
        yield server


@pytest.fixture
def world(durable: EmbeddedPostgres) -> Iterator[World]:
    made = World(durable.owner_url)
    (made._parties,) = made.one("SELECT count(*) FROM operator")
    yield made
    with contextlib.suppress(Exception):
        made.close()


@pytest.fixture
async def service(cradle: Cradle, durable: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Service]:
    made = Service(cradle, tmp_path, durable)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def careless(cradle: Cradle, durable: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Service]:
    made = Service(cradle, tmp_path, durable, careless=True)
    await made.start()
    yield made
    await made.stop()


async def dial(world: World, service: Service, *versions: str) -> list[Charger]:
    """New stations of a new operator, connected and booted."""
    operator = world.operator("Faults")
    world.token(operator, "CARD")
    world.tariff(operator)
    chargers = []
    for version in versions:
        row = world.station(operator, f"F-{os.getpid()}-{next(_identities)}")
        charger = Charger(row, version, port=lambda: service.port)
        await charger.connect()
        await charger.boot()
        chargers.append(charger)
    await asyncio.sleep(0.5)  # the journal's last frames are written: what is armed next meets an event
    return chargers
