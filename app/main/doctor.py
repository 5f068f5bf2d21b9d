"""What can be wrong with a machine or an installation, and the command that mends it."""

import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec

import psycopg

from app.main.installation import NotConfigured, NotMigrated, check_revision, installation
from app.main.served_chain import look_at_chain
from app.main.settings import Settings
from app.main.tls import BadCertificate, load
from app.store.embedded import DataFolderInUse, DataFolderUnusable


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    good: bool
    message: str


def examine(settings: Settings) -> list[Finding]:
    """All findings, good ones too."""
    return [*_machine(), *_certificates(settings), *_database(settings)]


def _machine() -> Iterator[Finding]:
    version = sys.version_info
    yield Finding(
        "Python", version >= (3, 11), f"{version.major}.{version.minor}.{version.micro} (3.11 or newer is needed)"
    )
    for package in ("uvloop", "orjson", "jsonschema_rs", "psycopg_binary"):
        found = find_spec(package) is not None
        yield Finding(package, found, "installed" if found else "missing: make install")


def _certificates(settings: Settings) -> Iterator[Finding]:
    for certificate, key in settings.served_certificates:
        try:
            load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)
        except BadCertificate as error:
            yield Finding("TLS certificate", False, str(error))
            continue
        for link in look_at_chain(certificate, at=datetime.now(UTC)):
            yield Finding("TLS certificate", link.good, link.message)


_ROLE_CHECKS: tuple[tuple[str, str, Callable[[object], bool]], ...] = (
    ("rows visible without an operator", "SELECT count(*) FROM station", lambda count: count == 0),
    (
        "the application's role obeys row security",
        "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user",
        lambda found: found is True,
    ),
)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with installation(settings, existing=True, beside=True) as place:
            with psycopg.connect(place.urls.app) as connection:
                (version,) = connection.execute("SHOW server_version").fetchone() or ("",)
                yield Finding("PostgreSQL", True, str(version))
                for subject, query, good in _ROLE_CHECKS:
                    (value,) = connection.execute(query).fetchone() or (None,)
                    yield Finding(subject, good(value), str(value))
            check_revision(place.urls.ingest)
            yield Finding("schema", True, "at this version's revision")
    except (DataFolderInUse, DataFolderUnusable, NotConfigured, NotMigrated, psycopg.Error) as error:
        yield Finding("database", False, str(error).strip())
