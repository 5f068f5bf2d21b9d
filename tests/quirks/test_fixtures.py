"""Every field report that is about frames, told by a real socket to a whole installation, in every version it names."""

import pytest

from tests.house import House
from tests.quirks.stage import Stage
from tests.quirks.story import Story, stories

pytestmark = pytest.mark.asyncio(loop_scope="module")
_CASES = [
    pytest.param(story, version, id=f"{story.name}-{version}") for story in stories() for version in story.versions
]


@pytest.mark.parametrize(("story", "version"), _CASES)
async def test_the_field_report_is_answered_kept_and_flagged(house: House, story: Story, version: str) -> None:
    await Stage(house, story, version).play(f"Q-{story.name}-{version}"[:48])
