"""Pages served from our own files: a browser that opens /graphql loads nothing from anywhere else."""

from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent
GRAPHIQL = _HERE / "graphiql"  # filled from locked npm packages by the Makefile


@lru_cache
def graphiql_page() -> str:
    """GraphiQL; where its files were not built (an installation without Node), a plain console that does without."""
    page = "graphiql.html" if GRAPHIQL.is_dir() else "console.html"
    return (_HERE / page).read_text(encoding="utf-8")
