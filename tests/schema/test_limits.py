"""What a document may ask is counted in bounded time, whatever its fragments do."""

import pytest

from schema.documents import Documents
from schema.settings import ApiSettings

DOUBLINGS = 60  # counted one by one these are 10^18 selections, from a text of 3 kB


def test_fragments_that_double_are_refused_and_not_counted_to_the_end() -> None:
    chain = [f"fragment f{level} on Query {{ ...f{level + 1} ...f{level + 1} }}" for level in range(DOUBLINGS)]
    text = " ".join(["{ ...f0 }", *chain, f"fragment f{DOUBLINGS} on Query {{ __typename }}"])
    made = Documents(ApiSettings(secret=b"s" * 32)).prepare(text, hide_suggestions=True)
    assert [error.extensions for error in made.errors] == [{"code": "LIMIT_EXCEEDED"}]
    assert made.shape is None


def test_fragments_that_are_used_twice_are_counted_twice_and_allowed() -> None:
    text = "{ a: stations { nodes { ...s } } b: stations { nodes { ...s } } } fragment s on ChargingStation { id }"
    made = Documents(ApiSettings(secret=b"s" * 32)).prepare(text, hide_suggestions=True)
    assert made.errors == ()
    assert made.shape is not None
    assert made.shape.aliases == 2


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "...on Query { viewer { kind } } " * 100 + "}",
        "{ " + "viewer { kind } " * 900 + "}",
        "{ stations { nodes { " + "id " * 900 + "} } }",
        "{ ...f0 } " + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(100)),
    ],
)
def test_what_would_make_validation_itself_slow_is_refused_before_it(text: str) -> None:
    made = Documents(ApiSettings(secret=b"s" * 32)).prepare(text, hide_suggestions=True)
    assert [error.extensions for error in made.errors] == [{"code": "LIMIT_EXCEEDED"}]
    assert made.tree is None


def test_a_document_as_people_write_them_passes() -> None:
    text = "{ viewer { kind } viewer { kind } ...on Query { viewer { kind } } ...v } fragment v on Query { viewer { kind } }"
    assert Documents(ApiSettings(secret=b"s" * 32)).prepare(text, hide_suggestions=True).errors == ()
