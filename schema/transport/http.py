"""GraphQL over HTTP (draft of 2026): negotiated media types, honest status codes, small bodies only.

A browser form or link cannot ask anything that changes something: POST needs a JSON content type, which a foreign page
cannot send without asking first, and GET takes queries only.
"""

import math
from urllib.parse import parse_qs

import orjson
from graphql import OperationType
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse
from starlette.responses import Response as HttpResponse
from starlette.types import Receive, Scope, Send

from schema.authentication import authenticate
from schema.context import Context
from schema.errors import ApiError
from schema.execution import Execution, Request, Response, new_trace_id, refused
from schema.static import graphiql_page
from schema.transport.sse import EventStream

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
HTML = "text/html"
_OFFERED = (JSON, GRAPHQL_JSON, EVENT_STREAM, HTML)
# What the published audit suite expects; the draft's newest text says 422 for a document that does not validate.
_NOT_EXECUTED = 400
_STATUS = {
    "UNAUTHENTICATED": 401,
    "BAD_REQUEST": 400,
    "DOCUMENT_NOT_FOUND": 400,
    "METHOD_NOT_ALLOWED": 405,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
}


def accepted(header: str | None) -> str:
    """The media type to answer in: the client's best of ours; JSON when it does not say, or says anything."""
    best, best_weight = JSON, -1.0
    for part in (header or JSON).split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(value) for value in parameters if value.startswith("q=")), 1.0)
        if name in ("*/*", "application/*"):
            name = JSON
        if name in _OFFERED and weight > best_weight:
            best, best_weight = name, weight
    return best


def _weight(parameter: str) -> float:
    try:
        return float(parameter[2:])
    except ValueError:
        return 0.0


def _json_content(header: str | None) -> None:
    """Raises UNSUPPORTED_MEDIA_TYPE for what is not JSON in UTF-8."""
    name, *parameters = (piece.strip().lower() for piece in (header or "").split(";"))
    charset = next((value.split("=", 1)[1].strip('"') for value in parameters if value.startswith("charset=")), "utf-8")
    if name != JSON or charset not in ("utf-8", "utf8"):
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", "Send Content-Type: application/json; charset=utf-8.")


class HttpEndpoint:
    """The ASGI application for HTTP at /graphql."""

    def __init__(self, execution: Execution, streams: "EventStream") -> None:
        self._execution = execution
        self._settings = execution.house.settings
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        media = accepted(request.headers.get("accept"))
        if media == HTML and request.method == "GET" and not {"query", "documentId"} & set(request.query_params):
            page = graphiql_page() if self._settings.graphiql else "GraphQL is served here by POST."
            await HTMLResponse(page)(scope, receive, send)
            return
        trace_id = new_trace_id()
        try:
            await (await self._answer(request, media, trace_id))(scope, receive, send)
        except ClientDisconnect:
            return
        except ApiError as error:
            await self._refusal(error, media, trace_id)(scope, receive, send)

    async def _answer(self, request: HttpRequest, media: str, trace_id: str) -> HttpResponse:
        wanted = await self._read(request)
        client = request.client.host if request.client else ""
        house = self._execution.house
        caller = await authenticate(
            self._settings, house.desk.database, request.headers.get("authorization"), house.desk.now()
        )
        context = Context(house, caller, trace_id, client)
        document = self._execution.prepare(wanted, caller)
        operation = document.operation(wanted.operation_name) if not document.errors else None
        if request.method == "GET" and operation is not None and operation.operation is OperationType.MUTATION:
            raise ApiError("METHOD_NOT_ALLOWED", "Mutations go by POST.")
        if media == EVENT_STREAM:
            return await self._streams.respond(request, wanted, document, context)
        return self._response(await self._execution.run(wanted, context, document=document), media)

    async def _read(self, request: HttpRequest) -> Request:
        if request.method == "GET":
            return self._from_query(request)
        if request.method != "POST":
            raise ApiError("METHOD_NOT_ALLOWED", "Use GET or POST.")
        _json_content(request.headers.get("content-type"))
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._settings.body_max_bytes:
                raise ApiError("BODY_TOO_LARGE", f"A request has at most {self._settings.body_max_bytes} bytes.")
        try:
            return self._execution.read(orjson.loads(bytes(body)))
        except orjson.JSONDecodeError:
            raise ApiError("BAD_REQUEST", "The body is no JSON.") from None

    def _from_query(self, request: HttpRequest) -> Request:
        raw = request.scope.get("query_string", b"")
        if len(raw) > self._settings.body_max_bytes:
            raise ApiError("BODY_TOO_LARGE", f"A request has at most {self._settings.body_max_bytes} bytes.")
        values: dict[str, object] = {
            name: given[0] for name, given in parse_qs(raw.decode("ascii", "replace"), keep_blank_values=True).items()
        }
        for name in ("variables", "extensions"):
            text = values.get(name)
            if isinstance(text, str):
                try:
                    values[name] = orjson.loads(text) if text else None
                except orjson.JSONDecodeError:
                    raise ApiError("BAD_REQUEST", f'"{name}" is no JSON.') from None
        return self._execution.read(values)

    @staticmethod
    def _response(response: Response, media: str) -> HttpResponse:
        strict = media == GRAPHQL_JSON
        status = 200
        if response.retry_after_s is not None:
            status = _STATUS["RATE_LIMITED"]
        elif not response.executed and strict:
            status = _NOT_EXECUTED
        made = HttpResponse(response.json(), status, media_type=f"{GRAPHQL_JSON if strict else JSON}; charset=utf-8")
        made.headers["cache-control"] = "no-store"
        if response.retry_after_s is not None:
            made.headers["retry-after"] = str(math.ceil(response.retry_after_s))
        return made

    def _refusal(self, error: ApiError, media: str, trace_id: str) -> HttpResponse:
        made = self._response(refused(error, trace_id), media)
        made.status_code = _STATUS.get(error.code, _NOT_EXECUTED)
        if error.code == "METHOD_NOT_ALLOWED":
            made.headers["allow"] = "GET, POST"
        if error.code == "UNAUTHENTICATED":
            made.headers["www-authenticate"] = "Bearer"
        return made
