"""One request from text to result: prepared once, paid for, executed, and its errors made presentable."""

import inspect
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType, execute
from strawberry.execution import optimized_is_awaitable

from app.domain.scope import CallerKind, Scope
from schema.context import Context, House
from schema.definition import GRAPHQL
from schema.documents import Document, Documents
from schema.errors import ApiError, formatted
from schema.limits import cost_of
from schema.trusted import text_of

_IS_AWAITABLE = cast(Callable[[Any], TypeGuard[Awaitable[Any]]], optimized_is_awaitable)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks: GraphQL over HTTP's three members."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """``executed`` says whether execution began: without it the answer has no data and its status is 4xx."""

    body: dict[str, Any]
    executed: bool
    retry_after_s: float | None = None

    def json(self) -> bytes:
        return orjson.dumps(self.body, default=_plain)


def _plain(value: object) -> object:
    """What a JSON scalar may still hold, such as whole numbers beyond 64 bits."""
    return str(value)


def new_trace_id() -> str:
    return secrets.token_hex(8)


_NUL = re.compile(r"\x00|(?<!\\)(?:\\\\)*\\u0000")  # itself, or as JSON and GraphQL escape it


def read_request(values: object, known: Mapping[str, str]) -> Request:
    """From a decoded JSON object, with the documents that may be named instead of sent.

    Raises `ApiError` BAD_REQUEST for members of another kind, DOCUMENT_NOT_FOUND for a name that is not known.
    """
    if not isinstance(values, dict):
        raise ApiError("BAD_REQUEST", "The body is one JSON object; batches are not supported.")
    query, name, variables = values.get("query"), values.get("operationName"), values.get("variables")
    if "documentId" in values:
        query = _document(values, known)
    if not isinstance(query, str):
        raise ApiError("BAD_REQUEST", 'The request has no "query", a string.')
    if name is not None and not isinstance(name, str):
        raise ApiError("BAD_REQUEST", '"operationName" is a string.')
    if variables is not None and not isinstance(variables, dict):
        raise ApiError("BAD_REQUEST", '"variables" is an object.')
    if not isinstance(values.get("extensions"), dict | None):
        raise ApiError("BAD_REQUEST", '"extensions" is an object.')
    if _NUL.search(query) or (variables and _NUL.search(orjson.dumps(variables).decode())):
        raise ApiError("BAD_REQUEST", "No text holds the character NUL (U+0000): no database keeps it. Leave it out.")
    return Request(query, name, variables or {})


def _document(values: Mapping[str, object], known: Mapping[str, str]) -> str:
    name = values["documentId"]
    if not isinstance(name, str) or values.get("query") is not None:
        raise ApiError("BAD_REQUEST", 'Send "query" or "documentId", a string.')
    text = text_of(known, name)
    if text is None:
        message = "No document has this id here. Send its text, or have the operator's host add it."
        raise ApiError("DOCUMENT_NOT_FOUND", message)
    return text


_NOT_TRUSTED = GraphQLError(
    "Here only documents that are known may be asked with. Send the documentId of one of them.",
    extensions={"code": "DOCUMENT_NOT_TRUSTED"},
)


class Execution:
    """What executes for this process: the house and its memory of documents."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._documents = Documents(house.settings)
        self._trusted = frozenset(house.settings.trusted.values())

    def read(self, values: object) -> Request:
        """What a client sent. Raises `ApiError`."""
        return read_request(values, self.house.settings.trusted)

    def prepare(self, request: Request, scope: Scope | None) -> Document:
        kind = CallerKind.VISITOR if scope is None else scope.kind
        if kind in self.house.settings.trusted_only and request.query not in self._trusted:
            return Document(request.query, None, (_NOT_TRUSTED,), None)
        return self._documents.prepare(
            request.query,
            hide_suggestions=scope is None,
            kind=None if scope is None else scope.kind,
        )

    def charge(self, document: Document, request: Request, context: Context) -> dict[str, Any]:
        """Pays for the request and tells the price. Raises `ApiError` COST_LIMIT_EXCEEDED or RATE_LIMITED."""
        settings, buckets = self.house.settings, self.house.buckets
        assert document.shape is not None  # a document without errors has been measured
        costs = document.shape.costs
        price = cost_of(costs.get(request.operation_name) or next(iter(costs.values())), request.variables)
        if price > settings.cost_max:
            message = f"The request costs {price}; {settings.cost_max} is the most. Ask for less at once."
            raise ApiError("COST_LIMIT_EXCEEDED", message)
        caller = f"address:{context.client}" if context.caller is None else context.caller.caller
        left = buckets.take(caller, price)
        if left < 0:
            wait = buckets.wait_for(-left)
            raise ApiError("RATE_LIMITED", "You are asking faster than you may. Wait a little.", retry_after_s=wait)
        context.available = left
        return {"requested": price, "available": int(left), "restoreRate": settings.bucket_restore_per_s}

    async def run(self, request: Request, context: Context, *, document: Document | None = None) -> Response:
        """A query or mutation. Subscriptions are refused: they need a stream."""
        document = document or self.prepare(request, context.caller)
        if context.caller is None:
            context.beyond_visit = document.beyond_visitors
        errors = document.errors
        if not errors:
            operation = document.operation(request.operation_name)
            if operation is None:
                errors = (GraphQLError("Name the operation: operationName.", extensions={"code": "BAD_REQUEST"}),)
            elif operation.operation is OperationType.SUBSCRIPTION:
                message = "Subscriptions go over WebSocket (graphql-transport-ws) or SSE (Accept: text/event-stream)."
                errors = (GraphQLError(message, extensions={"code": "BAD_REQUEST"}),)
        if errors:
            return Response({"errors": [formatted(error, context.trace_id) for error in errors]}, executed=False)
        try:
            cost = self.charge(document, request, context)
        except ApiError as error:
            return refused(error, context.trace_id)
        result = await self.execute(document, request, context)
        body = self.formatted(result, context.trace_id)
        body["extensions"] = {"cost": cost}
        return Response(body, executed="data" in body)

    async def execute(
        self, document: Document, request: Request, context: Context, root: object = None
    ) -> ExecutionResult:
        """Executes with graphql-core, as strawberry would, without its extensions' wrapping of every field."""
        assert document.tree is not None
        result = execute(
            GRAPHQL,
            document.tree,
            root_value=root,
            context_value=context,
            variable_values=request.variables,
            operation_name=request.operation_name,
            is_awaitable=_IS_AWAITABLE,
            hide_suggestions=context.caller is None,
        )
        return await result if inspect.isawaitable(result) else result

    @staticmethod
    def formatted(result: ExecutionResult, trace_id: str) -> dict[str, Any]:
        """The response map. Errors without a path and no data: execution never began (variables were refused)."""
        if not result.errors:
            return {"data": result.data}
        errors = [formatted(error, trace_id) for error in result.errors]
        if result.data is None and all(error.path is None for error in result.errors):
            return {"errors": errors}
        return {"errors": errors, "data": result.data}


def refused(error: ApiError, trace_id: str) -> Response:
    """The response to a request that was not executed."""
    wrapped = GraphQLError(str(error), original_error=error)
    return Response({"errors": [formatted(wrapped, trace_id)]}, executed=False, retry_after_s=error.retry_after_s)
