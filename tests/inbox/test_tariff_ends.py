"""A price that has ended: what began before still pays it, however late the station tells of it."""

from datetime import timedelta

import pytest

from tests.ground import START
from tests.inbox.conftest import ended, started

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


async def test_what_began_before_any_price_waits_for_a_person(voice, world, clock):
    """An offline charger tells of a session older than the tariff: it is not given away in silence."""
    station = await voice()
    world.run("UPDATE tariff_assignment SET valid_from = %s", START + timedelta(minutes=10))
    clock.pass_time(7200)
    await station.say(started(START, wh=0, tx="early"))
    await station.say(ended(START + timedelta(minutes=40), wh=5_000, seq=1, tx="early"))
    await station.say(started(START + timedelta(minutes=50), wh=5_000, tx="later"))
    await station.say(ended(START + timedelta(minutes=70), wh=6_000, seq=1, tx="later"))
    rows = world.rows("SELECT transaction_id, flags, cost_minor IS NULL, settled_at IS NULL FROM session ORDER BY key")
    assert rows == [("early", ["NO_TARIFF"], True, True), ("later", [], False, False)]


async def test_what_was_free_when_it_began_and_was_told_in_time_stays_free(voice, world, clock):
    """An operator's first tariff begins while somebody charges."""
    station = await voice()
    world.run("UPDATE tariff_assignment SET valid_from = %s", START + timedelta(minutes=10))
    await station.say(started(START, wh=0))
    clock.pass_time(2400)
    await station.say(ended(START + timedelta(minutes=40), wh=5_000, seq=1))
    assert world.rows("SELECT flags, cost_minor, settled_at IS NULL FROM session") == [([], None, False)]


async def test_where_nothing_is_for_sale_nobody_is_asked(voice, world, clock):
    station = await voice()
    world.run("DELETE FROM tariff_assignment")
    await station.say(started(START, wh=0))
    await station.say(ended(START + timedelta(minutes=40), wh=5_000, seq=1))
    assert world.rows("SELECT flags, settled_at IS NULL FROM session") == [([], False)]
