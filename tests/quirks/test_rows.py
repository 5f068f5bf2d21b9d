"""No report is forgotten: each row has its stories, and each story its row."""

import inspect
from importlib import import_module

import pytest

from tests.quirks.rows import FIXTURE, OPEN, ROWS
from tests.quirks.story import stories

_REPORTED = {f"{number:02}" for number in range(1, 86)} | {"S1", "S2", "S3", "S4"}
_STRICT = "00"  # the station that keeps to the standard


def test_every_report_has_a_story_or_says_why_not() -> None:
    assert set(ROWS) | set(OPEN) == _REPORTED
    assert set(ROWS) & set(OPEN) == set()


def test_every_fixture_belongs_to_a_row_and_has_a_title() -> None:
    played = {story.name.partition("_")[0] for story in stories()}
    assert played - {_STRICT} == {row for row, (_, places) in ROWS.items() if FIXTURE in places}
    titles = [story.title for story in stories()]
    assert all(titles) and len(set(titles)) == len(titles)


@pytest.mark.parametrize("place", sorted({place for _, places in ROWS.values() for place in places} - {FIXTURE}))
def test_every_other_story_is_a_test(place: str) -> None:
    module, _, name = place.partition(":")
    found = getattr(import_module(module), name)
    assert inspect.iscoroutinefunction(found) or inspect.isfunction(found)
