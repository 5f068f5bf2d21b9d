"""graphql-sse, distinct connections mode: one request, one stream of `next` events, then `complete`."""

import asyncio
from collections.abc import AsyncIterator

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request as HttpRequest
from starlette.responses import StreamingResponse

from schema.context import Context
from schema.documents import Document
from schema.errors import ApiError, formatted, unauthenticated
from schema.execution import Execution, Request, new_trace_id, refused
from schema.subscription.fanout import Fanout
from schema.subscription.group import Group, Watched
from schema.subscription.rights import EXPIRED, Guarded, RightsKeeper
from schema.transport.outbox import Outbox
from schema.updates import Plan

_BEFORE, _AFTER = "event: next\ndata: ", "\n\n"
_COMPLETE = "event: complete\ndata: \n\n"
_HEARTBEAT = ":\n\n"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def _next(body: dict[str, object]) -> str:
    return _BEFORE + orjson.dumps(body).decode() + _AFTER


class Stream:
    """One subscription of one request."""

    def __init__(self, streams: "EventStream", plan: Plan, watched: Watched) -> None:
        self._streams = streams
        self._plan, self._watched = plan, watched
        self._outbox = Outbox(streams.execution.house.settings.queue_max)
        self._group: Group | None = None
        self._lagging = False
        self._last: str | None = None

    def offer(self, payload: str) -> bool:
        if self._outbox.put(_BEFORE, payload, _AFTER):
            return True
        self._lagging = True
        return False

    def fail(self, code: str, message: str) -> None:
        shown = formatted(GraphQLError(message, original_error=ApiError(code, message)), new_trace_id())
        self._last = _next({"errors": [shown]})
        self._outbox.wake()

    def end(self, code: int, reason: str) -> None:
        """The caller's rights have ended."""
        error = unauthenticated(reason) if code == EXPIRED else ApiError("FORBIDDEN", reason)
        self.fail(error.code, reason)

    async def events(self) -> AsyncIterator[str]:
        fanout, rights = self._streams.fanout, self._streams.rights
        guarded = Guarded(self._watched.scope, self.end)
        rights.guard(guarded)
        self._group = fanout.join(self._plan, self._watched, self)
        self._streams.open += 1
        try:
            async for text in self._texts():
                yield text
        finally:
            self._streams.open -= 1
            rights.release(guarded)
            fanout.leave(self._group, self)

    async def _texts(self) -> AsyncIterator[str]:
        heartbeat_s = self._streams.execution.house.settings.ping_every_s
        while self._last is None:
            try:
                async with asyncio.timeout(heartbeat_s):
                    await self._outbox.wait()
            except TimeoutError:
                yield _HEARTBEAT
                continue
            while self._last is None and (text := self._outbox.take()) is not None:
                yield text
            if self._lagging:
                self._lagging = False
                self._group = self._streams.fanout.join(self._plan, self._watched, self)
        yield self._last
        yield _COMPLETE


async def _once(body: dict[str, object]) -> AsyncIterator[str]:
    yield _next(body)
    yield _COMPLETE


class EventStream:
    """Answers requests that accept text/event-stream; queries and mutations stream their one result."""

    def __init__(self, execution: Execution, fanout: Fanout, rights: RightsKeeper) -> None:
        self.execution, self.fanout, self.rights = execution, fanout, rights
        self.open = 0

    async def respond(
        self, request: HttpRequest, wanted: Request, document: Document, context: Context
    ) -> StreamingResponse:
        events = await self._events(wanted, document, context)
        return StreamingResponse(events, media_type="text/event-stream; charset=utf-8", headers=_HEADERS)

    async def _events(self, wanted: Request, document: Document, context: Context) -> AsyncIterator[str]:
        operation = document.operation(wanted.operation_name) if not document.errors else None
        if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
            return _once((await self.execution.run(wanted, context, document=document)).body)
        try:
            if self.open >= self.execution.house.settings.connections_max:
                raise ApiError("LIMIT_EXCEEDED", "Too many streams are open. Try again later.", retry_after_s=10)
            self.execution.charge(document, wanted, context)
        except ApiError as error:
            return _once(refused(error, context.trace_id).body)
        plan = await self.fanout.plan(document, wanted, context)
        if isinstance(plan, tuple):
            return _once({"errors": [formatted(error, context.trace_id) for error in plan]})
        return Stream(self, plan, Watched(document, wanted, context.scope)).events()
