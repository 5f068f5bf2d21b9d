"""The tables as the code sees them are the tables that the migrations make."""

import psycopg
import pytest
from sqlalchemy.dialects.postgresql import dialect
from sqlmodel import SQLModel

from app.store import device_tables, document_tables, ledger_tables, payout_tables, tables
from tests.conftest import TestDatabase

# What only the inbox reads, by its own statements.
_INBOX_ONLY = {("session", "seen_seq_nos"), ("event_log", "xid")}


@pytest.fixture
def columns(database: TestDatabase) -> dict[tuple[str, str], str]:
    """(table, column) to type, as PostgreSQL spells it."""
    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
            "JOIN pg_class c ON c.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped "
            "AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        )
        return {(table, column): kind for table, column, kind in rows}


def test_every_column_has_its_type(columns: dict[tuple[str, str], str]) -> None:
    assert tables.station.name == "station"
    assert device_tables.variable.name == "variable"
    assert document_tables.cdr.name == "cdr"
    assert ledger_tables.ledger_line.name == "ledger_line"
    assert payout_tables.payout.name == "payout"
    wrong = []
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            ours = str(column.type.compile(dialect=dialect())).lower()
            theirs = columns.get((table.name, column.name))
            if ours != theirs:
                wrong.append((table.name, column.name, ours, theirs))
    assert wrong == []


def test_no_column_is_missing(columns: dict[tuple[str, str], str]) -> None:
    ours = {(table.name, column.name) for table in SQLModel.metadata.tables.values() for column in table.columns}
    known = {table.name for table in SQLModel.metadata.tables.values()}
    missing = {place for place in columns if place[0] in known} - ours - _INBOX_ONLY
    assert missing == set()
