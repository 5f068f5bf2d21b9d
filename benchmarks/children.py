"""Processes of a benchmark: started by us, spoken to in JSON lines, ended by us."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_END_S = 60
Answer = dict[str, Any]


def raise_file_limit() -> int:
    """As many open sockets as the machine allows; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Child:
    """A Python module run as a process."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )

    def hear(self) -> Answer:
        """The next JSON line. Raises RuntimeError when the process ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        answer: Answer = json.loads(line)
        return answer

    def ask(self, question: str = "figures") -> Answer:
        assert self._process.stdin is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return self.hear()

    def kill(self) -> None:
        """As a power cut would: nothing is said, nothing is finished."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        if self._process.poll() is None:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write("quit\n")
                self._process.stdin.close()
                self._process.wait(_END_S)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait()


@contextmanager
def child(module: str, *arguments: object) -> Iterator[Child]:
    started = Child(module, *arguments)
    try:
        yield started
    finally:
        started.end()


@contextmanager
def server(stations: int, role: str = "gateway") -> Iterator[tuple[Child, Answer]]:
    """A Voltgraph server over a PostgreSQL of its own, and where it listens."""
    with tempfile.TemporaryDirectory(prefix="vgb-", dir="/tmp") as folder:
        data = Path(folder)
        with child("benchmarks.server", "--data", data, "--stations", stations, "--role", role) as started:
            yield started, started.hear()
