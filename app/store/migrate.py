"""Brings a database to the newest revision and makes the two roles it is served by."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, text

APP_ROLE = "voltgraph_app"
INGEST_ROLE = "voltgraph_ingest"
_MIGRATIONS = Path(__file__).parent / "migrations"
# A command of the host may write history before any worker has run.
_DAYS_AHEAD = "SELECT ensure_history_day((now() AT TIME ZONE 'UTC')::date + ahead) FROM generate_series(0, 2) AS ahead"
_LOCK = 0x766F6C74  # "volt": two processes that migrate at once take turns


@dataclass(frozen=True, slots=True)
class RolePasswords:
    """Passwords for the two roles; None leaves a role as it is (or without a password, for a trusted local socket)."""

    app: str | None = None
    ingest: str | None = None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def newest_revision() -> str:
    """The revision this code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current_revision(owner_url: str) -> str | None:
    """The revision a database is at; None when it has never been migrated."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
        if row is None or not row[0]:
            return None
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found[0]) if found else None


def make_roles(owner_url: str, passwords: RolePasswords) -> None:
    """Creates the two roles, which log in as themselves and own nothing."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for role, password in ((APP_ROLE, passwords.app), (INGEST_ROLE, passwords.ingest)):
            exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            verb = "ALTER" if exists else "CREATE"
            statement = sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
                sql.Identifier(role)
            )
            if password is not None:
                statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
            connection.execute(statement)


def migrate(owner_url: str, passwords: RolePasswords | None = None) -> str:
    """Upgrades the database at a libpq URL to the newest revision, which it returns. Safe to run again."""
    make_roles(owner_url, passwords or RolePasswords())
    engine = create_engine(sqlalchemy_url(owner_url))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            connection.commit()
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(text(_DAYS_AHEAD))
            connection.commit()
    finally:
        engine.dispose()
    return newest_revision()


def sqlalchemy_url(libpq_url: str) -> str:
    """The same address for SQLAlchemy, which must be told that the driver is psycopg 3."""
    return libpq_url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
        "postgres://", "postgresql+psycopg://", 1
    )
