"""A price that has ended: what began before still pays it, however late the station tells of it."""

from datetime import timedelta

import pytest

from tests.ground import START
from tests.inbox.conftest import started

_ENDINGS = {
    "the assignment ended": "UPDATE tariff_assignment SET valid_until = %s",
    "the version was retired": "UPDATE tariff SET state = 'RETIRED', retired_at = %s",
}


@pytest.mark.parametrize("ending", _ENDINGS)
async def test_what_began_before_the_end_pays_and_what_began_after_does_not(voice, world, clock, ending):
    station = await voice()
    world.run(_ENDINGS[ending], START + timedelta(minutes=10))
    clock.pass_time(3600)
    await station.say(started(START + timedelta(minutes=9), tx="before"))
    await station.say(started(START + timedelta(minutes=10), tx="after", evse=2))
    assert world.rows("SELECT transaction_id, tariff_key IS NOT NULL FROM session ORDER BY key") == [
        ("before", True),
        ("after", False),
    ]
