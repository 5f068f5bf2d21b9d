"""The double on a port of this machine."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from payments.double.http import DoubleStripe

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class RunningDouble:
    """A double that listens on the loopback interface until it is stopped."""

    def __init__(self, double: DoubleStripe | None = None) -> None:
        self.double = double or DoubleStripe()
        self.url = ""
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        listener.setblocking(False)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.double.book.page_url = self.url
        config = uvicorn.Config(self.double.app, log_config=None, access_log=False, lifespan="off")
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="simulated payments")
        while not self._server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        log.warning("payments.simulated", url=self.url, note="a double of Stripe: no money moves")

    async def stop(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
