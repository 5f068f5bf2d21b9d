"""One page of an ordered list: found by the place after which it begins, never by an offset."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# A row's place in its order: the order column as an integer (microseconds for a moment, 2**63-1 for none) and the key.
Position = tuple[int, int]
NO_VALUE = 2**63 - 1
FIRST_MAX = 200
TOTAL_MAX = 10_000  # counting further costs more than anyone's answer is worth


@dataclass(frozen=True, slots=True)
class PageRequest:
    """``first`` 1 to 200 rows after ``after``; ``with_total`` asks for a count, which stops at `TOTAL_MAX`."""

    first: int = 50
    after: Position | None = None
    with_total: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``positions`` belong to ``items`` one by one; ``total`` is None when not asked for or above `TOTAL_MAX`."""

    items: tuple[T, ...]
    positions: tuple[Position, ...]
    has_next: bool
    total: int | None = None
