"""Which documents this installation trusts: those of the file that it was given, and those of its own pages."""

import re
from pathlib import Path

from app.main.settings import Settings
from schema.trusted import read_trusted, trusted

_PAGES = Path(__file__).parent / "static"
# What a page's script holds between backticks and begins as an operation does.
_DOCUMENT = re.compile(r"`((?:query|mutation|subscription)\b[^`]*|\{[^`]*)`")


def own_documents() -> list[str]:
    """What the live page and the page behind the sticker ask with."""
    return [
        text
        for file in sorted((*_PAGES.rglob("*.js"), *_PAGES.rglob("*.html")))
        for text in _DOCUMENT.findall(file.read_text())
        if "${" not in text
    ]


def trusted_documents(settings: Settings) -> dict[str, str]:
    """By their ids; none where no file is named. Raises `BadDocuments`."""
    if settings.trusted_documents is None:
        return trusted(own_documents()) if settings.trusted_only else {}
    return read_trusted(settings.trusted_documents) | trusted(own_documents())
