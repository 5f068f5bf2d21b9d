"""A whole server in a process of its own, with a trap at its named awaits: `python -m tests.faults.server`.

The trap is set by a file beside the data, so that a test can let a server live and choose the await at which it dies.
The program imports everything once, then forks one life of the server for each order on its standard input.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import structlog
import uvloop

import app.main.process
from app.domain.answer import Answer
from app.domain.event import Arrival, StatusReported, TransactionReported
from app.inbox import Inbox
from app.inbox.safe_answers import SAFE_ANSWERS
from app.main.process import DatabaseUrls, Process
from app.main.settings import RunRole, Settings

KILL, HOLD = "kill", "hold"
_LET_ANSWERS_LEAVE_S = 0.3


class Trap:
    """At the armed await the process kills itself, or holds until the test lets go.

    ``armed`` holds {"name", "pass", "act"}; ``reached`` appears when a holding process stands at the await.
    """

    def __init__(self, folder: Path) -> None:
        self._armed, self._reached = folder / "armed", folder / "reached"
        self._passes = 0

    async def __call__(self, name: str) -> None:
        try:
            wanted = json.loads(self._armed.read_text())
        except (FileNotFoundError, ValueError):
            self._passes = 0
            return
        if wanted["name"] != name:
            return
        self._passes += 1
        if self._passes < wanted["pass"]:
            return
        if wanted["act"] == KILL:
            if name == "after answer" or os.environ.get("CARELESS"):
                await asyncio.sleep(_LET_ANSWERS_LEAVE_S)
            os.kill(os.getpid(), signal.SIGKILL)
        self._reached.touch()
        while self._armed.exists():
            await asyncio.sleep(0.01)


class CarelessInbox(Inbox):
    """The negative control: it answers what it has heard before that is committed."""

    async def receive(self, arrival: Arrival) -> Answer:
        if isinstance(arrival.event, TransactionReported | StatusReported):
            self._enqueue(arrival)
            return SAFE_ANSWERS[type(arrival.event)](arrival, 1)
        return await super().receive(arrival)


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def serve(folder: Path, urls: DatabaseUrls, test_pid: int, stripe_url: str) -> None:
    """A worker and a gateway over one database, until SIGTERM or the end of the test."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    trap = Trap(folder)
    # The worker's settings name its database, so that it does not end the leases of "another embedded server".
    shared = Settings(data=folder, app_database_url=urls.app, ingest_database_url=urls.ingest)
    if stripe_url:
        shared = shared.model_copy(update={"stripe_key": "sk_test_double", "stripe_url": stripe_url})
    worker = Process(shared, urls, RunRole.WORKER, checkpoint=trap)
    gateway = Process(Settings(data=folder, ocpp="127.0.0.1:0"), urls, RunRole.GATEWAY, checkpoint=trap)
    await worker.start()
    await gateway.start()
    print(json.dumps({"port": gateway.ocpp_port, "pid": os.getpid()}), flush=True)
    while not over.is_set() and _lives(test_pid):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1)
    await gateway.stop()
    await worker.stop()


def live(order: dict[str, Any]) -> None:
    """One life, in a process that was just forked."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, sys.stderr.fileno())
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer(key_order=["event"])],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if order["careless"]:
        app.main.process.Inbox = CarelessInbox  # type: ignore[misc]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Path(order["folder"]), DatabaseUrls(*order["urls"]), order["test_pid"], order["stripe_url"]))


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            try:
                os.environ["CARELESS"] = "1" if order["careless"] else ""
                live(order)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
