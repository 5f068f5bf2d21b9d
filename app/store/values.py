"""Domain values as JSON columns, and back."""

from datetime import datetime
from typing import Any, TypeVar

from cattrs import Converter

T = TypeVar("T")
_CONVERTER = Converter()
_CONVERTER.register_unstructure_hook(datetime, datetime.isoformat)
_CONVERTER.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))


def value_json(value: object) -> Any:
    """A dataclass, or a tuple of them, as JSON values."""
    return _CONVERTER.unstructure(value)


def value_from_json(kind: type[T], stored: object) -> T:
    """The value behind a JSON column; ``kind`` may be ``tuple[X, ...]``."""
    return _CONVERTER.structure(stored, kind)
