"""Requests as OCPP 2.x payloads: our field names in camel case, without what is None or empty."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from gateway.fields import utc_text

_SCALARS: tuple[tuple[type, Callable[..., object]], ...] = (
    (Enum, lambda member: member.value),
    (datetime, utc_text),
    (Decimal, float),
)


@cache
def _names(kind: type) -> tuple[tuple[str, str], ...]:
    """(field, wire name); a field whose camel case is not OCPP's says so in its metadata."""
    return tuple((entry.name, entry.metadata.get("wire") or camel(entry.name)) for entry in fields(kind))


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def wire(value: object) -> object:
    """A domain value as JSON values."""
    for kind, convert in _SCALARS:
        if isinstance(value, kind):
            return convert(value)
    if isinstance(value, tuple):
        return [wire(item) for item in value]
    if is_dataclass(value):
        return payload(value)
    return value


def payload(value: Any) -> dict[str, object]:
    """A dataclass as a payload."""
    found = ((wire_name, getattr(value, name)) for name, wire_name in _names(value.__class__))
    return {wire_name: wire(item) for wire_name, item in found if item not in (None, ())}
