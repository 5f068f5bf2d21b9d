"""procrastinate wakes a worker with a duty's key; what is owed, and whether it is done, stands in our own row."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task

_CONCURRENCY = 4
_POLL_S = 5.0
_RESTART_S = 1.0

log = structlog.get_logger(__name__)


class DutyWorker:
    """One procrastinate application over the ingest role; `run` works until cancelled."""

    def __init__(self, ingest_url: str, do: Callable[[int], Awaitable[bool]]) -> None:
        self._app = App(
            connector=PsycopgConnector(
                conninfo=ingest_url, kwargs={"options": "-c search_path=procrastinate,public"}, min_size=1, max_size=4
            )
        )
        self._do = do
        self._task: Task[..., object, ...] = self._app.task(name="duty", queue="duties")(self._perform)

    async def _perform(self, duty_key: int) -> None:
        await self._do(duty_key)

    async def open(self) -> None:
        await self._app.open_async()

    async def close(self) -> None:
        await self._app.close_async()

    async def wake(self, duty_key: int) -> None:
        """Queues a duty once: a job that already waits for it is enough."""
        try:
            await self._task.configure(queueing_lock=f"duty {duty_key}").defer_async(duty_key=duty_key)
        except AlreadyEnqueued:
            return

    async def run(self) -> None:
        """Until cancelled: procrastinate's worker ends with its connection, and is begun again."""
        while True:
            try:
                await self._app.run_worker_async(
                    queues=["duties"],
                    concurrency=_CONCURRENCY,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=_POLL_S,
                    delete_jobs="always",
                )
            except Exception as error:
                log.warning("worker.lost", error=repr(error)[:200])
            await asyncio.sleep(_RESTART_S)
