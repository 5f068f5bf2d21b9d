"""Installations with operators in them, made once a worker and copied for every test that wants one."""

from copy import deepcopy
from itertools import count

import psycopg

from tests.conftest import TestDatabase
from tests.world import REPORTER, Tenant, World, add_tenant, make_world

ALPHA, BRAVO = ("ALPHA", "ALP"), ("BRAVO", "BRV")
_numbers = count(1)
# (server, operators) -> the template of their installation, and what was made in it
_made: dict[tuple[int, tuple[tuple[str, str], ...]], tuple[str, dict[str, Tenant]]] = {}


async def furnished(database: TestDatabase, *operators: tuple[str, str]) -> World:
    """The still empty ``database`` as an installation of these (mark, party), each as `add_tenant` makes it."""
    key = (database.server.pid, operators)
    if key not in _made:
        _made[key] = await _template(database, operators)
    template, tenants = _made[key]
    _replace(database, database.name, template)
    world = make_world(database)
    world.tenants = deepcopy(tenants)
    return world


async def _template(database: TestDatabase, operators: tuple[tuple[str, str], ...]) -> tuple[str, dict[str, Tenant]]:
    mould = TestDatabase(database.server, f"installation_{next(_numbers)}")
    _replace(database, mould.name, database.name)
    world = make_world(mould)
    for mark, party in operators:
        await add_tenant(world, mark, party)
    await world.desk.database.close()
    return mould.name, world.tenants


def _replace(database: TestDatabase, name: str, template: str) -> None:
    REPORTER.hang_up()
    with psycopg.connect(database.server.admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
