"""A request with every field said, made from its types."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_PLAIN: dict[type, Any] = {
    str: "text",
    int: 1,
    float: 1.5,
    bool: True,
    datetime: datetime(2027, 1, 1, tzinfo=UTC),
}
# Fields whose text has a form.
_FORMED: dict[str, Any] = {
    "discharge_limit": -1.5,
    "discharge_limit_l2": -1.5,
    "discharge_limit_l3": -1.5,
    "start_time_of_day": "08:00",
    "end_time_of_day": "20:30",
    "valid_from_date": "2027-01-01",
    "valid_to_date": "2027-12-31",
    "currency": "EUR",
    "language": "en",
}


def fullest(kind: type) -> Any:
    hints = get_type_hints(kind)
    return kind(**{one.name: _FORMED.get(one.name) or _value(hints[one.name]) for one in fields(kind)})


def _value(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _value(next(one for one in arguments if one is not NoneType))
    if origin is tuple:
        return (_value(arguments[0]),)
    if issubclass(hint, Enum):
        return next(iter(hint))
    return fullest(hint) if is_dataclass(hint) else _PLAIN[hint]
