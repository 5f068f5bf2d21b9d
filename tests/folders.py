"""Where the servers of tests keep their data: in memory if there is room, since a new database is hundreds of files."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30


def roomiest() -> Path:
    """Memory for those who have enough of it, else the disk; short either way, since sockets lie below it.

    A killed process loses nothing that it gave to the system, on memory as on a disk.
    """
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM:
        return _MEMORY
    return Path("/tmp")


@contextmanager
def server_folder(prefix: str) -> Iterator[Path]:
    """A folder of one's own that is gone afterwards, also when a killed server left something behind."""
    with tempfile.TemporaryDirectory(prefix=f"{prefix}-", dir=roomiest(), ignore_cleanup_errors=True) as made:
        yield Path(made)
