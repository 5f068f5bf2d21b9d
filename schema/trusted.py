"""Trusted documents: texts that an installation knows by the SHA-256 of each, and that some callers are kept to.

A client sends ``documentId`` instead of ``query``: less to send, and nothing that its makers did not write. The file is
as code generators write it: ``{"sha256:…": "query …"}``.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from graphql import GraphQLError, parse, specified_rules, validate

from schema.definition import GRAPHQL

_PREFIX = "sha256:"


class BadDocuments(ValueError):
    """The file is not one of trusted documents; the message says which is wrong, and how."""


def document_id(text: str) -> str:
    """What a document is called."""
    return _PREFIX + hashlib.sha256(text.encode()).hexdigest()


def trusted(texts: Iterable[str]) -> dict[str, str]:
    """By their ids. Raises `BadDocuments` for what this schema does not answer."""
    found = {document_id(text): text for text in texts}
    for text in found.values():
        try:
            faults: list[GraphQLError] = validate(GRAPHQL, parse(text), specified_rules, max_errors=1)
        except GraphQLError as error:
            faults = [error]
        if faults:
            beginning = " ".join(text.split())[:60]
            raise BadDocuments(f"The document {beginning!r} is not for this schema: {faults[0].message}")
    return found


def read_trusted(file: Path) -> dict[str, str]:
    """The documents of a file. Raises `BadDocuments`."""
    try:
        said = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise BadDocuments(f"{file} cannot be read: {error}") from None
    if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
        raise BadDocuments(f'{file} is no object of documents by their ids, such as {{"sha256:…": "query …"}}.')
    wrong = next((name for name, text in said.items() if _named(name) != document_id(text)), None)
    if wrong is not None:
        raise BadDocuments(f"{file}: {wrong} is not the SHA-256 of its document. Make the file anew.")
    return trusted(said.values())


def _named(name: str) -> str:
    """With its prefix, which some generators leave out."""
    return name if name.startswith(_PREFIX) else _PREFIX + name


def text_of(known: Mapping[str, str], name: str) -> str | None:
    return known.get(_named(name))
