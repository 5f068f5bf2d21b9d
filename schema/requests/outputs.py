"""GraphQL types made from the dataclasses of requests and of what stations hold, so that each word is written once.

A field without an ``Annotated`` description is not published.
"""

from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin, get_type_hints

import strawberry

from schema.requests.inputs import published, sentence

# Where the domain's own name would be that of a request, or read as one.
_NAMES = {"SetDERControl": "DerControlContent"}


@cache
def output_type(kind: type) -> Any:
    """The GraphQL type of a dataclass, made once; its values are the dataclass's own."""
    name = _NAMES.get(kind.__name__, kind.__name__)
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": kind.__module__, "__qualname__": name}
    hints = get_type_hints(kind, include_extras=True)
    for entry in fields(kind):
        if get_origin(hints[entry.name]) is not Annotated:
            continue
        inner, description = get_args(hints[entry.name])[:2]
        namespace["__annotations__"][entry.name] = _shown(inner)
        namespace[entry.name] = strawberry.field(description=description)
    return strawberry.type(type(name, (), namespace), description=sentence(kind))


def _shown(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = _shown(next(one for one in arguments if one is not NoneType))
        return Optional[inner]  # noqa: UP045 - a value, not an annotation; `|` knows no strawberry lists
    if origin is tuple:
        return list[_shown(arguments[0])]  # type: ignore[misc]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return published(hint)
    return output_type(hint) if is_dataclass(hint) and isinstance(hint, type) else hint
