"""The inbox's fixtures, and people who correct what stations told."""

from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest

from app.domain.scope import Scope
from app.feed import Feed
from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.operations import access
from app.operations.desk import Desk
from app.queries import Database
from tests.conftest import TestDatabase
from tests.doubles import ScriptedStations
from tests.ground import START, World
from tests.inbox.conftest import Clock, clock, feed, inbox, voice, world

__all__ = ["clock", "feed", "inbox", "voice", "world"]


class Office:
    """The installation's people and workers, over the same database as the inbox."""

    def __init__(self, database: TestDatabase, world: World, clock: Clock) -> None:
        self.database, self.world, self.clock = database, world, clock
        self.desk = Desk(Database(database.app_url), Feed(), ScriptedStations(), clock, "ws://x", "http://x/files")

    def scope(self, operator_key: int) -> Scope:
        (uuid,) = self.world.one("SELECT id FROM operator WHERE key = %s", operator_key)
        return access.system_scope(operator_key, uuid)

    async def work(self, kind: str) -> int:
        """Workers do every duty of a kind that is owed, as if its time had come; how many."""
        keys = [key for (key,) in self.world.rows("SELECT key FROM duty WHERE kind = %s AND state = 'OWED'", kind)]
        tools = Tools(self.clock, desk=self.desk)
        for key in keys:
            await do_duty(self.database.ingest_url, Feed(), key, tools)
        assert not self.world.rows("SELECT last_error FROM duty WHERE last_error IS NOT NULL")
        return len(keys)


@pytest.fixture
async def office(database: TestDatabase, world: World, clock: Clock) -> AsyncIterator[Office]:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        for days in (-1, 0, 1):
            connection.execute("SELECT ensure_history_day(%s)", ((START + timedelta(days=days)).date(),))
    made = Office(database, world, clock)
    yield made
    await made.desk.database.close()
