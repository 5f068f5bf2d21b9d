"""Where an installation's database is: its own under the data folder, or addresses that somebody gave."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from psycopg.conninfo import conninfo_to_dict

from app.main.process import DatabaseUrls
from app.main.settings import Settings
from app.store.embedded import Addresses, DataFolderInUse, EmbeddedPostgres, embedded, is_made, running
from app.store.migrate import APP_ROLE, INGEST_ROLE, current_revision, migrate, newest_revision


class NotConfigured(Exception):
    """A needed address is missing; the message names the variable."""


class NotMigrated(Exception):
    """The database is at another revision than this code expects; the message names the command."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The addresses of one database; ``owner_url`` is None where only the serving roles are known."""

    urls: DatabaseUrls
    owner_url: str | None

    def require_owner(self) -> str:
        if self.owner_url is None:
            raise NotConfigured("This needs the database's owner. Set VOLTGRAPH_OWNER_DATABASE_URL to its libpq URL.")
        return self.owner_url


@contextmanager
def installation(settings: Settings, *, existing: bool = False, beside: bool = False) -> Iterator[Installation]:
    """The database for the length of a block. An embedded one is started, migrated, and stopped at the end.

    Where it must be ``existing``, a folder without one raises `NotConfigured` instead of becoming one. One that another
    process serves raises `DataFolderInUse`, or is used ``beside`` it if it is at this code's revision.
    """
    if not settings.embedded:
        if settings.app_database_url is None or settings.ingest_database_url is None:
            raise NotConfigured("Set both VOLTGRAPH_APP_DATABASE_URL and VOLTGRAPH_INGEST_DATABASE_URL.")
        urls = DatabaseUrls(settings.app_database_url, settings.ingest_database_url)
        yield Installation(urls, settings.owner_database_url)
        return
    if existing and not is_made(settings.data):
        raise NotConfigured(
            f"There is no installation in {settings.data}. Check --data, or make one: voltgraph demo, voltgraph serve"
        )
    with ExitStack() as stack:
        try:
            server: EmbeddedPostgres | Addresses = stack.enter_context(embedded(settings.data))
            migrate(server.owner_url)
        except DataFolderInUse:
            found = running(settings.data) if beside else None
            if found is None:
                raise
            check_revision(found.owner_url)
            server = found
        yield Installation(DatabaseUrls(server.role_url(APP_ROLE), server.role_url(INGEST_ROLE)), server.owner_url)


@contextmanager
def owned(settings: Settings) -> Iterator[tuple[str, str]]:
    """(owner's address, what to call the database) for the length of a block: all that a migration needs."""
    if settings.owner_database_url is not None:
        parts = conninfo_to_dict(settings.owner_database_url)
        yield settings.owner_database_url, f"The database {parts.get('dbname', '')} at {parts.get('host', 'localhost')}"
        return
    with installation(settings) as place:
        yield place.require_owner(), f"The database in {settings.data}"


def check_revision(url: str) -> None:
    """Raises `NotMigrated` unless the database is at this code's revision."""
    found, expected = current_revision(url), newest_revision()
    if found != expected:
        raise NotMigrated(
            f"The database is at revision {found or 'none'}, this code needs {expected}: voltgraph migrate"
        )
