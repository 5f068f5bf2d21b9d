"""A group: everybody who watches the same document, with the same variables and rights. One task serves it.

Because joining and changing happen in that one task, what a member is told never goes back in time.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

import orjson
import structlog

from app.domain.scope import Scope
from schema.context import Context
from schema.documents import Document
from schema.execution import Execution, Request, new_trace_id
from schema.loaders import Loaders

_log = structlog.get_logger()
_RETRY_S = 1.0


class Subscriber(Protocol):
    """One subscription of one connection."""

    def offer(self, payload: str) -> bool:
        """Takes an update; False when it cannot keep up and has dropped what waited. It joins again by itself."""
        ...

    def fail(self, code: str, message: str) -> None:
        """The subscription ends with an error."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """What a group watches, and for whom."""

    document: Document
    request: Request
    scope: Scope

    @property
    def identity(self) -> Hashable:
        """Equal for those whom one execution serves."""
        variables = orjson.dumps(self.request.variables, option=orjson.OPT_SORT_KEYS)
        return (self.document.text, self.request.operation_name, variables, self.scope.rights)


class Group(ABC):
    """Members, those about to join, and the task that serves both until nobody is left."""

    def __init__(self, execution: Execution, watched: Watched) -> None:
        self._execution = execution
        self.watched = watched
        self.members: dict[Subscriber, None] = {}
        self.joiners: dict[Subscriber, None] = {}
        self._joined = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def empty(self) -> bool:
        return not self.members and not self.joiners

    def join(self, subscriber: Subscriber) -> None:
        """It gets a fresh snapshot, then every change."""
        self.members.pop(subscriber, None)
        self.joiners[subscriber] = None
        self._joined.set()
        self.wake()

    def leave(self, subscriber: Subscriber) -> None:
        self.members.pop(subscriber, None)
        self.joiners.pop(subscriber, None)

    def take_joiners(self) -> list[Subscriber]:
        self._joined.clear()
        return list(self.joiners)

    def admit(self, joiners: list[Subscriber]) -> None:
        """Those who have their snapshot and have not left while it was read."""
        for subscriber in joiners:
            if subscriber in self.joiners:
                del self.joiners[subscriber]
                self.members[subscriber] = None

    def tell(self, payload: str, whom: list[Subscriber]) -> None:
        """The same text to everybody; who cannot keep up is out until it joins again."""
        for subscriber in whom:
            if not subscriber.offer(payload):
                self.leave(subscriber)

    async def payload(self, root: object, loaders: Callable[[], Loaders] | None = None) -> str:
        """Executes the document on one update and serialises it, once for all members."""
        trace_id = new_trace_id()
        context = Context(self._execution.house, self.watched.scope, trace_id, shared=loaders)
        result = await self._execution.execute(self.watched.document, self.watched.request, context, root)
        return orjson.dumps(self._execution.formatted(result, trace_id)).decode()

    async def run(self) -> None:
        """Serves until cancelled; a failure is logged and heals with a fresh snapshot."""
        try:
            await self.open()
            while True:
                try:
                    await self.serve()
                except asyncio.CancelledError:
                    raise
                except Exception:
                    _log.exception("subscription group failed; it will read everything again")
                    self.distrust()
                    await asyncio.sleep(_RETRY_S)
        finally:
            self.close()

    @abstractmethod
    async def open(self) -> None:
        """Begins to watch, before anything is read."""

    @abstractmethod
    async def serve(self) -> None:
        """One round: waits, then tells."""

    @abstractmethod
    def wake(self) -> None:
        """Somebody wants to join."""

    @abstractmethod
    def distrust(self) -> None:
        """What was told so far may be wrong."""

    @abstractmethod
    def close(self) -> None:
        """Stops watching."""
