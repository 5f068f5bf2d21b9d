"""Scalars with the units and ranges that GraphQL's own lack."""

from datetime import UTC, datetime
from typing import NewType

import strawberry
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

_LONG_MAX = 2**53 - 1

Long = NewType("Long", int)
Cursor = NewType("Cursor", str)
Url = NewType("Url", str)


def _long(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -_LONG_MAX <= value <= _LONG_MAX:
        raise ValueError("A Long is a whole number between -(2^53-1) and 2^53-1.")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("This scalar is a string.")
    return value


def _moment_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("A DateTime says its offset, such as 2026-11-21T12:00:00Z.")
    return moment.astimezone(UTC)


SCALARS: dict[object, ScalarDefinition] = {
    Long: strawberry.scalar(
        name="Long",
        description="A whole number up to 2^53-1: Wh, W, mA, mV and minor units of money outgrow Int.",
        serialize=int,
        parse_value=_long,
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in a list: opaque, signed, and good only for the same filter and order.",
        serialize=str,
        parse_value=_text,
    ),
    Url: strawberry.scalar(name="Url", description="An absolute URL.", serialize=str, parse_value=_text),
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 with an offset; always UTC with milliseconds when the server writes it.",
        serialize=_moment_text,
        parse_value=_moment,
    ),
}

__all__ = ["JSON", "SCALARS", "Cursor", "Long", "Url"]
