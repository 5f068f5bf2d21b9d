"""GraphQL inputs made from the dataclasses of requests, and values read back out of them.

A request's fields carry their descriptions as ``Annotated[type, "..."]``; a nested dataclass or enum says it in its
docstring. So OCPP's vocabulary is written once, in the domain.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin, get_type_hints

import strawberry

_MESSAGE = "{kind} needs {what}"


class Undescribed(TypeError):
    """A request that cannot be published: it says nothing about itself. Raised when the schema is built."""


def sentence(kind: type) -> str:
    """The first paragraph of a docstring as one line."""
    text = (kind.__doc__ or "").strip()
    if not text or text.startswith(f"{kind.__name__}("):
        raise Undescribed(_MESSAGE.format(kind=kind.__name__, what="a docstring"))
    return " ".join(text.split("\n\n", maxsplit=1)[0].replace("``", "`").split())


@cache
def input_type(kind: type) -> type:
    """The GraphQL input of a dataclass, made once."""
    name = f"{kind.__name__}Input"
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": kind.__module__, "__qualname__": name}
    hints = get_type_hints(kind, include_extras=True)
    for entry in fields(kind):
        hint = hints[entry.name]
        if get_origin(hint) is not Annotated:
            raise Undescribed(_MESSAGE.format(kind=kind.__name__, what=f"an Annotated description of {entry.name}"))
        inner, description = get_args(hint)[:2]
        namespace["__annotations__"][entry.name] = published(inner)
        namespace[entry.name] = strawberry.field(description=description, **_default(entry))
    made: type = strawberry.input(type(name, (), namespace), description=sentence(kind))
    return made


def _default(entry: Field[Any]) -> dict[str, Any]:
    if entry.default is MISSING:
        return {}
    return {"default_factory": list} if entry.default == () else {"default": entry.default}


def published(hint: Any) -> Any:
    """A domain type in GraphQL's terms: dataclasses are inputs, tuples are lists."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = published(next(argument for argument in arguments if argument is not NoneType))
        return Optional[inner]  # noqa: UP045 - a value, not an annotation; `|` knows no strawberry lists
    if origin is tuple:
        return list[published(arguments[0])]  # type: ignore[misc]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _published_enum(hint)
    return input_type(hint) if is_dataclass(hint) and isinstance(hint, type) else hint


@cache
def _published_enum(kind: type[Enum]) -> type[Enum]:
    if not hasattr(kind, "__strawberry_definition__"):
        strawberry.enum(kind, description=sentence(kind))
        for entry in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
            entry.description = f"OCPP's {entry.value}."
    return kind


@cache
def reader(kind: type) -> Callable[[Any], Any]:
    """Reads an input back into the dataclass it was made from."""
    names = {entry.name for entry in fields(kind)}
    readers = {name: _part(hint) for name, hint in get_type_hints(kind).items() if name in names}

    def read(value: Any) -> Any:
        return kind(**{name: convert(getattr(value, name)) for name, convert in readers.items()})

    return read


def _part(hint: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        convert = _part(next(argument for argument in arguments if argument is not NoneType))
        return lambda value: None if value is None else convert(value)
    if origin is tuple:
        each = _part(arguments[0])
        return lambda value: tuple(each(item) for item in value)
    if is_dataclass(hint) and isinstance(hint, type):
        return reader(hint)
    return lambda value: value
