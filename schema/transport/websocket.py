"""graphql-transport-ws (enisdenjo/graphql-ws, protocol of 2023), and nothing older."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from graphql import GraphQLError, OperationType
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from app.domain.scope import Scope
from schema.authentication import authenticate
from schema.context import Context
from schema.errors import ApiError, formatted
from schema.execution import Execution, Request, new_trace_id, read_request, refused
from schema.subscription.fanout import Fanout
from schema.subscription.group import Group, Watched
from schema.subscription.rights import Guarded, RightsKeeper
from schema.transport.begun import Begun, begin
from schema.transport.outbox import Outbox, Overflow
from schema.updates import Plan

_log = structlog.get_logger()
PROTOCOL = "graphql-transport-ws"
BAD, UNAUTHORISED, FORBIDDEN, NOT_ACCEPTABLE, TIMEOUT, DUPLICATE, TOO_MANY = 4400, 4401, 4403, 4406, 4408, 4409, 4429
TRY_AGAIN = 1013  # clients come back after it; 1011 is the end to them
_ID_MAX = 200
_PING, _PONG, _ACK = '{"type":"ping"}', '{"type":"pong"}', '{"type":"connection_ack"}'


class _Close(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _any_of(*awaited: asyncio.Future[Any]) -> set[asyncio.Future[Any]]:
    return set(awaited)


def origin_allowed(headers: Headers, allowed: tuple[str, ...]) -> bool:
    """A browser names its page's origin: ours, or one that the settings allow. Programs name none."""
    origin = headers.get("origin")
    if origin is None or "*" in allowed or origin in allowed:
        return True
    return urlsplit(origin).netloc.lower() == (headers.get("host") or "").lower()


class Subscription:
    """One subscription of one socket."""

    __slots__ = ("_before", "connection", "group", "id", "lagging", "plan", "watched")

    def __init__(self, connection: "Connection", id: str, plan: Plan, watched: Watched) -> None:
        self.connection, self.id = connection, id
        self.plan, self.watched = plan, watched
        self.group: Group | None = None
        self.lagging = False
        self._before = f'{{"id":{_text(id)},"type":"next","payload":'

    def offer(self, payload: str) -> bool:
        if self.connection.deliver(self._before, payload):
            return True
        self.connection.lag()
        return False

    def fail(self, code: str, message: str) -> None:
        shown = formatted(GraphQLError(message, original_error=ApiError(code, message)), new_trace_id())
        self.connection.end(self.id, _text({"id": self.id, "type": "error", "payload": [shown]}))


class Connection:
    """One socket: a reader, which is this task, and a writer."""

    def __init__(self, endpoint: "WebSocketEndpoint", scope: AsgiScope, receive: Receive, send: Send) -> None:
        self._endpoint = endpoint
        self._house = endpoint.execution.house
        self._headers = Headers(scope=scope)
        self._client = scope["client"][0] if scope.get("client") else ""
        self._receive, self._send = receive, send
        self.outbox = Outbox(self._house.settings.queue_max)
        self._subscriptions: dict[str, Subscription] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._caller: Scope | None = None
        self._guarded: Guarded | None = None
        self._greeted = self._acknowledged = False
        self._lagging = self._writing = False
        self._begun: Begun | None = None
        self._ending: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        writer = asyncio.create_task(self._write(), name="websocket writer")
        reader = asyncio.create_task(self._read(), name="websocket reader")
        code, reason = 1000, ""
        try:
            await asyncio.wait(_any_of(writer, reader, self._ending), return_when=asyncio.FIRST_COMPLETED)
            if self._ending.done():
                code, reason = self._ending.result()
            elif reader.done() and (failure := reader.exception()) is not None:
                code, reason = TRY_AGAIN, "Something went wrong on our side. Try again."
                _log.error("websocket ended by a failure of ours", exc_info=failure)
        finally:
            gone = reader.done() and not reader.cancelled() and reader.exception() is None
            await self._clean_up(writer, reader)
        if not gone:
            await self._close(code, reason)

    def ping(self) -> None:
        """Lets proxies and the peer know that the line is alive."""
        if self._acknowledged:
            self._say(_PING)

    def stop(self, code: int, reason: str) -> None:
        """Ends the connection soon, whoever says so first."""
        if not self._ending.done():
            self._ending.set_result((code, reason))

    def deliver(self, before: str, payload: str) -> bool:
        """At once while the line is free; otherwise it waits, and False when too much waits already."""
        if self._writing or not self.outbox.empty:
            return self.outbox.put(before, payload, "}")
        try:
            self._begun = begin(self._send_text(f"{before}{payload}}}"))
        except (RuntimeError, OSError):
            return self.outbox.put(before, payload, "}")  # the writer finds out, and ends the connection
        if self._begun is not None:
            self._writing = True
            self.outbox.wake()
        return True

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    def lag(self) -> None:
        """The reader at the other end is too slow: all its subscriptions wait until it has caught up."""
        if self._lagging:
            return
        self._lagging = True
        for subscription in self._subscriptions.values():
            if subscription.group is not None:
                subscription.group.leave(subscription)

    def end(self, id: str, message: str | None = None) -> None:
        """Forgets a subscription, and says so when there is something to say."""
        subscription = self._subscriptions.pop(id, None)
        if subscription is not None and subscription.group is not None:
            self._endpoint.fanout.leave(subscription.group, subscription)
        if message is not None:
            self._say(message)

    def _say(self, message: str) -> None:
        try:
            self.outbox.put_control(message)
        except Overflow:
            self.stop(TOO_MANY, "Read what you ask for.")

    async def _clean_up(self, *tasks: asyncio.Task[None]) -> None:
        if self._guarded is not None:
            self._endpoint.rights.release(self._guarded)
        for id in list(self._subscriptions):
            self.end(id)
        if self._begun is not None:
            self._begun.close()
        every = [*tasks, *self._running.values()]
        for task in every:
            task.cancel()
        await asyncio.gather(*every, return_exceptions=True)

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except (RuntimeError, OSError):
            return  # the peer was faster

    # Writing --------------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            await self.outbox.wait()
            self._writing = True
            begun, self._begun = self._begun, None
            if begun is not None:
                await begun
            while (message := self.outbox.take()) is not None:
                await self._send_text(message)
            self._writing = False
            if self._lagging:
                self._catch_up()

    def _catch_up(self) -> None:
        self._lagging = False
        for subscription in list(self._subscriptions.values()):
            subscription.group = self._endpoint.fanout.join(subscription.plan, subscription.watched, subscription)

    # Reading --------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self._house.settings.init_wait_s):
                while not self._acknowledged:
                    if not await self._next():
                        return
        except TimeoutError:
            self.stop(TIMEOUT, "Connection initialisation timeout")
            await asyncio.Event().wait()
        while await self._next():
            pass

    async def _next(self) -> bool:
        """Handles one message; False when the peer has gone."""
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            return False
        try:
            await self._handle(self._decoded(event))
        except _Close as close:
            self.stop(close.code, close.reason)
            await asyncio.Event().wait()  # the connection is being ended; nothing more is read
        return True

    def _decoded(self, event: Message) -> dict[str, object]:
        text = event.get("text")
        if not isinstance(text, str) or len(text) > self._house.settings.message_max_bytes:
            raise _Close(BAD, "A message is text of limited size")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise _Close(BAD, "Invalid message received") from None
        if not isinstance(message, dict):
            raise _Close(BAD, "Invalid message received")
        return message

    async def _handle(self, message: dict[str, object]) -> None:
        kind = message.get("type")
        if kind == "connection_init":
            await self._init(message.get("payload"))
        elif kind == "ping":
            self._say(_PONG)
        elif kind == "subscribe":
            await self._subscribe(message)
        elif kind == "complete":
            self._complete(message.get("id"))
        elif kind != "pong":
            raise _Close(BAD, "Invalid message received")

    async def _init(self, payload: object) -> None:
        if self._greeted:
            raise _Close(TOO_MANY, "Too many initialisation requests")
        self._greeted = True
        if payload is not None and not isinstance(payload, dict):
            raise _Close(BAD, "The payload of connection_init is an object")
        given = next((value for name, value in (payload or {}).items() if name.lower() == "authorization"), None)
        header = given if isinstance(given, str) else self._headers.get("authorization")
        desk = self._house.desk
        try:
            self._caller = await authenticate(self._house.settings, desk.database, header, desk.now())
        except ApiError as error:
            raise _Close(FORBIDDEN, str(error)) from error
        if self._caller is not None:
            self._guarded = Guarded(self._caller, self.stop)
            self._endpoint.rights.guard(self._guarded)
        self._acknowledged = True
        self._say(_ACK)

    def _complete(self, id: object) -> None:
        if not isinstance(id, str):
            raise _Close(BAD, "Invalid message received")
        self.end(id)
        task = self._running.pop(id, None)
        if task is not None:
            task.cancel()

    async def _subscribe(self, message: dict[str, object]) -> None:
        id, payload = message.get("id"), message.get("payload")
        if not self._acknowledged:
            raise _Close(UNAUTHORISED, "Unauthorized")
        if not isinstance(id, str) or not 1 <= len(id) <= _ID_MAX:
            raise _Close(BAD, "A subscription has an id of 1 to 200 characters")
        if id in self._subscriptions or id in self._running:
            raise _Close(DUPLICATE, f"Subscriber for {id} already exists")
        try:
            request = read_request(payload, self._house.settings.trusted)
        except ApiError as error:
            if error.code == "DOCUMENT_NOT_FOUND":
                self._refuse(id, error)
                return
            raise _Close(BAD, str(error)) from error
        if len(self._subscriptions) + len(self._running) >= self._house.settings.subscriptions_max:
            self._refuse(id, ApiError("LIMIT_EXCEEDED", "Too many subscriptions on one connection."))
            return
        task = asyncio.create_task(self._operate(id, request), name="websocket operation")
        self._running[id] = task

    def _refuse(self, id: str, error: ApiError) -> None:
        self._say(_text({"id": id, "type": "error", "payload": refused(error, new_trace_id()).body["errors"]}))

    async def _operate(self, id: str, request: Request) -> None:
        """Runs a query or mutation, or finds a subscription its group."""
        context = Context(self._house, self._caller, new_trace_id(), self._client)
        try:
            await self._operated(id, request, context)
        except ApiError as error:
            self._refuse(id, error)
        except Exception:
            _log.exception("operation over websocket failed", trace_id=context.trace_id)
            self._refuse(id, ApiError("INTERNAL", f"Quote this reference: {context.trace_id}."))
        finally:
            self._running.pop(id, None)

    async def _operated(self, id: str, request: Request, context: Context) -> None:
        execution = self._endpoint.execution
        document = execution.prepare(request, self._caller)
        operation = document.operation(request.operation_name) if not document.errors else None
        if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
            response = await execution.run(request, context, document=document)
            if not response.executed:
                self._say(_text({"id": id, "type": "error", "payload": response.body["errors"]}))
                return
            self._say(f'{{"id":{_text(id)},"type":"next","payload":{response.json().decode()}}}')
            self._say(_text({"id": id, "type": "complete"}))
            return
        execution.charge(document, request, context)
        plan = await self._endpoint.fanout.plan(document, request, context)
        if isinstance(plan, tuple):
            errors = [formatted(error, context.trace_id) for error in plan]
            self._say(_text({"id": id, "type": "error", "payload": errors}))
            return
        subscription = Subscription(self, id, plan, Watched(document, request, context.scope))
        self._subscriptions[id] = subscription
        if not self._lagging:
            subscription.group = self._endpoint.fanout.join(plan, subscription.watched, subscription)


class WebSocketEndpoint:
    """The ASGI application for WebSockets at /graphql."""

    def __init__(self, execution: Execution, fanout: Fanout, rights: RightsKeeper) -> None:
        self.execution, self.fanout, self.rights = execution, fanout, rights
        self._open: set[Connection] = set()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        settings = self.execution.house.settings
        headers = Headers(scope=scope)
        if not origin_allowed(headers, settings.allowed_origins):
            _log.warning("websocket origin refused", origin=headers.get("origin"))
            await self._deny(scope, send, 403, "This page's origin is not allowed. Add it to ALLOWED_ORIGINS.")
            return
        if len(self._open) >= settings.connections_max:
            await self._deny(scope, send, 503, "Too many connections. Try again later.")
            return
        if PROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": NOT_ACCEPTABLE, "reason": f"Speak {PROTOCOL}"})
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        connection = Connection(self, scope, receive, send)
        self._open.add(connection)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)

    @staticmethod
    async def _deny(scope: AsgiScope, send: Send, status: int, message: str) -> None:
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": FORBIDDEN})
            return
        body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": "FORBIDDEN"}}]})
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})

    async def ping(self) -> None:
        """One task for all sockets: a timer each would cost more than the updates they carry."""
        while True:
            await asyncio.sleep(self.execution.house.settings.ping_every_s)
            for connection in list(self._open):
                connection.ping()

    async def close(self) -> None:
        """Tells every client to come back elsewhere."""
        for connection in list(self._open):
            connection.stop(4503, "The server is going away")
        for _ in range(100):
            if not self._open:
                return
            await asyncio.sleep(0.02)
