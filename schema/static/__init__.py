"""Pages served from our own files: a browser that opens /graphql loads nothing from anywhere else."""

from functools import lru_cache
from pathlib import Path


@lru_cache
def graphiql_page() -> str:
    """The console: an editor for documents, variables and headers, with the schema's documentation beside it."""
    return (Path(__file__).parent / "console.html").read_text(encoding="utf-8")
