"""A send that is done without a task: most are, because the line is free and nothing has to be waited for."""

from collections.abc import Coroutine, Generator
from typing import Any


class Begun:
    """The rest of a coroutine that has to wait. Await it in a task, or close it."""

    __slots__ = ("_coroutine", "_waiting")

    def __init__(self, coroutine: Coroutine[Any, Any, None], waiting: object) -> None:
        self._coroutine, self._waiting = coroutine, waiting

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            yield self._waiting
            yield from self._coroutine.__await__()
        finally:
            self._coroutine.close()

    def close(self) -> None:
        self._coroutine.close()


def begin(coroutine: Coroutine[Any, Any, None]) -> Begun | None:
    """Runs it as far as it goes without waiting; None when that was to its end."""
    try:
        waiting = coroutine.send(None)
    except StopIteration:
        return None
    return Begun(coroutine, waiting)
