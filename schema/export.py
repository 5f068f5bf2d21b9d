"""The schema as a file: generated, committed, and compared, so that no change to the contract goes unseen."""

from dataclasses import dataclass
from pathlib import Path

from graphql import build_schema, find_breaking_changes, find_dangerous_changes, lexicographic_sort_schema, print_schema

from schema.definition import GRAPHQL
from schema.driver_schema import driver_sdl

SNAPSHOT = Path(__file__).parent.parent / "frontend-contract" / "schema.graphql"


def _beside(snapshot: Path) -> Path:
    return snapshot.with_name("schema.driver.graphql")


def sdl() -> str:
    """The whole schema, sorted, with descriptions."""
    return print_schema(lexicographic_sort_schema(GRAPHQL)) + "\n"


@dataclass(frozen=True, slots=True)
class Difference:
    """How the code's schema differs from a snapshot; ``breaking`` and ``dangerous`` in graphql-core's words."""

    same: bool
    breaking: tuple[str, ...]
    dangerous: tuple[str, ...]


def difference(snapshot: Path = SNAPSHOT) -> Difference:
    """For ``voltgraph schema check``; the drivers' schema is beside it. Raises FileNotFoundError without a snapshot."""
    kept = snapshot.read_text(encoding="utf-8")
    if kept == sdl() and _beside(snapshot).read_text(encoding="utf-8") == driver_sdl():
        return Difference(True, (), ())
    old = build_schema(kept)
    return Difference(
        False,
        tuple(change.description for change in find_breaking_changes(old, GRAPHQL)),
        tuple(change.description for change in find_dangerous_changes(old, GRAPHQL)),
    )


def write(snapshot: Path = SNAPSHOT) -> None:
    """For ``voltgraph schema export``."""
    snapshot.parent.mkdir(parents=True, exist_ok=True)
    snapshot.write_text(sdl(), encoding="utf-8")
    _beside(snapshot).write_text(driver_sdl(), encoding="utf-8")
