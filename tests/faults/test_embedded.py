"""The embedded PostgreSQL: stopped and started cleanly, found again after its owner was killed, refused clearly."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.store.embedded import DataFolderInUse, DataFolderUnusable, embedded, start_embedded
from tests.faults.conftest import ROOT
from tests.folders import server_folder

OWNER = """
import sys, time
from pathlib import Path
from app.store.embedded import start_embedded
server = start_embedded(Path(sys.argv[1]))
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder(f"vge-{os.getpid()}") as made:
        yield made


def ended(pid: int) -> bool:
    """Whether a process is over; in a container nobody may have collected it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def write(url: str, value: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", (value,))


def kept(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value").fetchall()]


def test_a_clean_stop_leaves_no_server_and_a_clean_start_finds_the_data(folder: Path) -> None:
    with embedded(folder) as server:
        pid = server.pid
        write(server.owner_url, 1)
    assert ended(pid)
    with embedded(folder) as server:
        assert server.pid != pid
        assert kept(server.owner_url) == [1]


def test_after_its_owner_is_killed_the_running_server_is_found_again(folder: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    with pytest.raises(DataFolderInUse, match=str(owner.pid)):
        start_embedded(folder)
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait(10)
    with embedded(folder) as server:
        assert server.pid == pid
        write(server.owner_url, 2)
        assert kept(server.owner_url) == [2]
    assert ended(pid)


def test_a_server_that_was_killed_with_its_owner_recovers_what_it_had_committed(folder: Path) -> None:
    with embedded(folder) as server:
        write(server.owner_url, 3)
        process = server._server.get_postmaster_info().process
        os.kill(server.pid, signal.SIGQUIT)
        process.wait(10)
        server.restart()
        assert kept(server.owner_url) == [3]


def test_a_folder_already_served_names_who_serves_it(folder: Path) -> None:
    with embedded(folder), pytest.raises(DataFolderInUse, match=rf"process {os.getpid()}.*--data"):
        start_embedded(folder)


def test_a_path_too_long_for_a_socket_is_refused_with_advice() -> None:
    with pytest.raises(DataFolderUnusable, match=r"too long.*--data"):
        start_embedded(Path("/tmp") / ("long" * 30))


def test_a_file_in_place_of_the_folder_is_refused_with_advice(folder: Path) -> None:
    (folder / "file").write_text("")
    for path in (folder / "file", folder / "file" / "below"):
        with pytest.raises(DataFolderUnusable, match="--data"):
            start_embedded(path)


def test_a_folder_with_another_postgresql_inside_is_refused_and_given_up(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("9\n")
    for _ in range(2):  # the refusal leaves no lock behind
        with pytest.raises(DataFolderUnusable, match=str(folder)):
            start_embedded(folder)
