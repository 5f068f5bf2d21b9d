"""The schema as a file: generated, committed, and compared, so that no change to the contract goes unseen."""

from dataclasses import dataclass
from pathlib import Path

from graphql import build_schema, find_breaking_changes, find_dangerous_changes, lexicographic_sort_schema, print_schema

from app.domain.scope import CallerKind
from schema.caller_schema import OUTSIDE, outside_sdl
from schema.definition import GRAPHQL

SNAPSHOT = Path(__file__).parent.parent / "frontend-contract" / "schema.graphql"


def beside(kind: CallerKind, snapshot: Path = SNAPSHOT) -> Path:
    """Where the schema of one kind of caller is kept."""
    return snapshot.with_name(f"schema.{kind.value.lower()}.graphql")


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
    """For ``voltgraph schema check``; those of outsiders are beside it. Raises FileNotFoundError without a snapshot."""
    kept = snapshot.read_text(encoding="utf-8")
    outside = all(beside(kind, snapshot).read_text(encoding="utf-8") == outside_sdl(kind) for kind in OUTSIDE)
    if kept == sdl() and outside:
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
    for kind in OUTSIDE:
        beside(kind, snapshot).write_text(outside_sdl(kind), encoding="utf-8")
