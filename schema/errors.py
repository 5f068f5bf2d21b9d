"""Errors at the door: refusals are data, the rest is top-level with a code; our own bugs are masked."""

from dataclasses import dataclass
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError

from app.domain.refusal import ErrorCode, Refused
from app.domain.refusal import Refusal as DomainRefusal
from schema.scalars import Url

_log = structlog.get_logger()
DOCS = "https://voltgraph.dev/errors/"


class ApiError(Exception):
    """A top-level error with a code of the API itself; ``retry_after_s`` when waiting helps."""

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_s = retry_after_s


def unauthenticated(message: str = "Sign in: send Authorization: Bearer <token>.") -> ApiError:
    return ApiError("UNAUTHENTICATED", message)


@strawberry.interface(description="Why a mutation did not do what it was asked; `code` is what clients branch on.")
class UserError:
    code: ErrorCode = strawberry.field(description="What kind of no this is.")
    message: str = strawberry.field(description="For a person; ends with what to do.")
    path: list[str] = strawberry.field(description="The input field it is about, outermost first.")
    retryable: bool = strawberry.field(description="Whether the same request may succeed later.")
    docs_url: Url = strawberry.field(description="Where the code is explained.")


@strawberry.type(description="A value of the input is wrong.")
class InvalidInput(UserError):
    pass


@strawberry.type(description="An expected no, about something that exists or does not.")
class Refusal(UserError):
    subject_id: strawberry.ID | None = strawberry.field(description="The id of what it is about; see `node`.")
    retry_after_seconds: int | None = strawberry.field(description="When to try again.")


def user_error(refusal: DomainRefusal) -> UserError:
    """A refusal as the caller sees it."""
    code, url = refusal.code, Url(DOCS + refusal.code.value.lower().replace("_", "-"))
    path = list(refusal.path)
    if code is ErrorCode.INVALID_INPUT:
        return InvalidInput(code=code, message=refusal.message, path=path, retryable=refusal.retryable, docs_url=url)
    return Refusal(
        code=code,
        message=refusal.message,
        path=path,
        retryable=refusal.retryable,
        docs_url=url,
        subject_id=None if refusal.subject is None else strawberry.ID(refusal.subject),
        retry_after_seconds=refusal.retry_after_s,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    code: str
    message: str
    retryable: bool
    retry_after_s: float | None = None
    path: tuple[str, ...] = ()


def _shown(error: GraphQLError, trace_id: str) -> _Shown:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        code = (error.extensions or {}).get("code", "GRAPHQL_VALIDATION_FAILED")
        return _Shown(str(code), error.message, retryable=False)
    if isinstance(cause, Refused):
        no = cause.refusal
        return _Shown(no.code, no.message, no.retryable, no.retry_after_s, no.path)
    if isinstance(cause, ApiError):
        return _Shown(cause.code, str(cause), cause.retry_after_s is not None, cause.retry_after_s)
    if isinstance(cause, ValueError | TypeError) and error.path is None:
        return _Shown("BAD_USER_INPUT", error.message, retryable=False)  # a scalar refused a variable
    _log.error("request failed", trace_id=trace_id, path=error.path, exc_info=cause)
    return _Shown("INTERNAL", f"Something went wrong on our side. Quote this reference: {trace_id}.", retryable=True)


def formatted(error: GraphQLError, trace_id: str) -> dict[str, Any]:
    """The error as the caller sees it, with extensions {code, traceId, retryable, retryAfterSeconds?, path?}.

    The extension ``path`` names the argument that is wrong, as that of a `UserError` does.
    """
    shown = _shown(error, trace_id)
    extensions: dict[str, Any] = {"code": shown.code, "traceId": trace_id, "retryable": shown.retryable}
    if shown.retry_after_s is not None:
        extensions["retryAfterSeconds"] = shown.retry_after_s
    if shown.path:
        extensions["path"] = list(shown.path)
    made: dict[str, Any] = {"message": shown.message, "extensions": extensions}
    if error.locations:
        made["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        made["path"] = error.path
    return made
