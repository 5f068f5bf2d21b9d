"""Functions that run with their owner's rights: they look for no name where the caller could have put one."""

import psycopg

from tests.conftest import TestDatabase

_DEFINERS = """SELECT p.proname, p.proconfig FROM pg_proc p
WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1"""


def test_every_one_searches_temporary_names_last(database: TestDatabase) -> None:
    with psycopg.connect(database.owner_url) as connection:
        found = dict(connection.execute(_DEFINERS).fetchall())
    assert len(found) > 10
    assert {name for name, config in found.items() if config != ["search_path=public, pg_temp"]} == set()


def test_a_temporary_table_deceives_none(database: TestDatabase) -> None:
    with psycopg.connect(database.app_url) as connection:
        connection.execute("CREATE TEMPORARY TABLE api_token (LIKE api_token)")
        connection.execute("CREATE TEMPORARY TABLE operator AS SELECT 1::bigint AS key, gen_random_uuid() AS id")
        found = connection.execute("SELECT id FROM pg_temp.operator").fetchone()
        assert found is not None
        assert connection.execute("SELECT * FROM find_operator(%s)", found).fetchall() == []
