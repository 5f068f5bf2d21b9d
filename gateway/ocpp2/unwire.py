"""OCPP 2.x payloads as domain values: the inverse of `wire`, lenient about what is missing and strict about types."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from gateway.limits import TOLERATED_TEXT
from gateway.ocpp2.wire import camel
from gateway.tolerance import Problems, parse_time

T = TypeVar("T")
_INT32 = 2**31
_ITEMS_MAX = 1024  # OCPP's own limit on the periods of a schedule, its longest list


class Unreadable(ValueError):
    """A part that cannot be a value of ours; the text says which field."""


def value(kind: type[T], payload: object, problems: Problems) -> T | None:
    """The value behind a payload; None, with a note, when there is none to be had."""
    try:
        found: T = _reader(cast(type, kind))(payload)
    except Unreadable as reason:
        problems.note(f"{kind.__name__} is not readable: {reason}")
        return None
    return found


def values(kind: type[T], payload: object, problems: Problems) -> tuple[T, ...]:
    """The readable ones of a list."""
    items = payload[:_ITEMS_MAX] if isinstance(payload, list) else []
    found = (value(kind, item, problems) for item in items)
    return tuple(item for item in found if item is not None)


@cache
def _reader(kind: type) -> Callable[[object], Any]:
    hints = get_type_hints(kind)
    plan = tuple(
        (one.name, one.metadata.get("wire") or camel(one.name), _part(hints[one.name])) for one in fields(kind)
    )

    def read(payload: object) -> Any:
        if not isinstance(payload, Mapping):
            raise Unreadable("not an object")
        found = {}
        for name, wire_name, convert in plan:
            if payload.get(wire_name) is None:
                continue
            try:
                found[name] = convert(payload[wire_name])
            except Unreadable as reason:
                raise Unreadable(f"{wire_name} {reason}") from None
        try:
            return kind(**found)
        except TypeError:
            raise Unreadable("a required field is missing") from None

    return read


def _part(hint: Any) -> Callable[[object], Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _part(next(one for one in arguments if one is not NoneType))
    if origin is tuple:
        return _list(_part(arguments[0]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint)
    return _reader(hint) if is_dataclass(hint) and isinstance(hint, type) else _SCALARS[hint]


def _list(each: Callable[[object], Any]) -> Callable[[object], Any]:
    def read(payload: object) -> tuple[Any, ...]:
        if not isinstance(payload, list):
            raise Unreadable("is no list")
        return tuple(each(item) for item in payload[:_ITEMS_MAX])

    return read


def _member(kind: type[Enum]) -> Callable[[object], Any]:
    def read(payload: object) -> Enum:
        try:
            return kind(payload)
        except ValueError:
            raise Unreadable("has an unknown value") from None

    return read


def _text(payload: object) -> str:
    if not isinstance(payload, str):
        raise Unreadable("is no text")
    return payload[:TOLERATED_TEXT]


def _whole(payload: object) -> int:
    if isinstance(payload, bool) or not isinstance(payload, int) or not -_INT32 <= payload < _INT32:
        raise Unreadable("is no 32-bit integer")
    return payload


def _number(payload: object) -> float:
    if isinstance(payload, bool) or not isinstance(payload, int | float):
        raise Unreadable("is no number")
    return float(payload)


def _flag(payload: object) -> bool:
    if not isinstance(payload, bool):
        raise Unreadable("is no boolean")
    return payload


def _moment(payload: object) -> datetime:
    found = parse_time(payload if isinstance(payload, str) else None, Problems())
    if found is None:
        raise Unreadable("is no time")
    return found


_SCALARS: dict[type, Callable[[object], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _flag,
    datetime: _moment,
}
