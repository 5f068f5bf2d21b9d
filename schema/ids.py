"""Public ids at the door."""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from strawberry import ID

from app.domain.ids import MalformedId, Prefix, parse_id, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused


@lru_cache(maxsize=100_000)  # a dashboard asks for the same few thousand things again and again
def shown(prefix: Prefix, uuid: UUID) -> ID:
    return ID(public_id(prefix, uuid))


def read(prefix: Prefix, text: str, *path: str) -> UUID:
    """Raises INVALID_INPUT for what is no id of this kind."""
    try:
        return parse_id(prefix, text)
    except MalformedId as error:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, str(error), path)) from error


def read_optional(prefix: Prefix, text: str | None, *path: str) -> UUID | None:
    return None if text is None else read(prefix, text, *path)


def read_all(prefix: Prefix, texts: Sequence[str] | None, *path: str) -> tuple[UUID, ...] | None:
    return None if texts is None else tuple(read(prefix, text, *path) for text in texts)
