"""Runs a process until it is told to stop: uvloop, two signals, a clean end."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
import uvloop

from app.main.process import Process


def configure_logs(*, pretty: bool) -> None:
    """One line an event; tracebacks without the values of variables, which may be somebody's data."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if pretty
        else structlog.processors.JSONRenderer()
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not pretty:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=True,
    )


def run_until_signal(
    process: Process, *, ready: Callable[[Process], Awaitable[Callable[[], Awaitable[None]] | None]]
) -> None:
    """Starts, calls ``ready`` (which may return what to stop first), waits for SIGINT or SIGTERM, stops."""
    _run(_serve(process, ready))


async def _serve(process: Process, ready: Callable[[Process], Awaitable[Callable[[], Awaitable[None]] | None]]) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, over.set)
    also_stop = None
    try:
        await process.start()
        also_stop = await ready(process)
        await over.wait()
    finally:
        if also_stop is not None:
            await also_stop()
        await process.stop()


def _run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def run_once(main: Coroutine[Any, Any, None]) -> None:
    """A command's coroutine, to its end."""
    _run(main)
