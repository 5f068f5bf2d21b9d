"""What several statements read belongs together, however much is written between them."""

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.store.tables import station
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished


async def test_a_change_between_two_statements_is_not_half_seen(database: TestDatabase) -> None:
    world = await furnished(database, ALPHA)
    tenant, versions = world.tenants["ALPHA"], select(func.sum(station.c.version))
    async with world.desk.database.snapshot(tenant.scope.operator_key) as connection:
        before = (await connection.execute(versions)).scalar_one()
        with psycopg.connect(database.owner_url) as owner:
            owner.execute("UPDATE station SET version = version + 1")
        assert (await connection.execute(versions)).scalar_one() == before
    async with world.desk.database.snapshot(tenant.scope.operator_key) as connection:
        assert (await connection.execute(versions)).scalar_one() > before
    await world.desk.database.close()


async def test_who_only_reads_cannot_write_and_leaves_the_connection_as_it_was(database: TestDatabase) -> None:
    world = await furnished(database, ALPHA)
    tenant, writes = world.tenants["ALPHA"], text("UPDATE station SET version = version + 1")
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with world.desk.database.snapshot(tenant.scope.operator_key) as connection:
            await connection.execute(writes)
    async with world.desk.database.transaction(tenant.scope.operator_key) as connection:
        await connection.execute(writes)
        assert (await connection.execute(text("SHOW transaction_isolation"))).scalar_one() == "read committed"
    await world.desk.database.close()
