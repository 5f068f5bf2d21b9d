"""Until when a car that stays is billed: what is held, what the tariff takes at most, the bank's clock, a charger's word."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from app.domain.event import StatusReported
from app.domain.owed import LAST_CALL
from app.domain.station import ChargingState, ConnectorStatus
from app.domain.stay import STAY_MARGIN
from tests.ground import START, _uuid
from tests.inbox.conftest import ended, started, updated
from tests.jobs.test_sweeps import bill, free, make_sweeper, sockets, stayed, sweep, sweeper

__all__ = ["make_sweeper", "sockets", "sweeper"]
END = START + timedelta(hours=1)


def plug(clock, status=ConnectorStatus.OCCUPIED):
    return StatusReported(1, 1, status, occurred_at=clock())


def cover(world, held_minor, capture_before=None):
    """A card's hold behind the session."""
    world.run(
        "INSERT INTO hold (id, operator_key, location_key, station_key, evse_key, session_key, currency, way, status,"
        " wanted_minor, held_minor, capture_before, pay_by, created_by, created_at)"
        " SELECT %s, s.operator_key, s.location_key, s.station_key, s.evse_key, s.key, 'EUR', 'ELEMENT', 'HELD', %s, %s, %s,"
        " %s, 'me', %s FROM session s",
        _uuid(), held_minor, held_minor, capture_before, START, START,
    )  # fmt: skip


def mark(world):
    return world.one("SELECT steps->'UNPLUGGED'->>'state', steps->'UNPLUGGED'->>'code' FROM session ORDER BY key")


async def over(world, clock, feed, database, sweeper):
    """Two days later, with nobody having seen the car leave."""
    clock.pass_time(2 * 86_400)
    await sweep(sweeper, "days", "stays")
    return await bill(world, clock, feed, database)


async def test_21_the_bill_of_a_stay_never_passes_what_is_held(voice, world, clock, feed, database, sweeper):
    await stayed(voice, world, clock)
    cover(world, 1000)
    assert await bill(world, clock, feed, database) == (500, False, "WAITING")
    assert mark(world) == ("WAITING", "HOLD_SPENT")
    (deadline,) = world.one("SELECT (steps->'UNPLUGGED'->>'deadline')::timestamptz FROM session")
    assert deadline == END + timedelta(minutes=50), "5 EUR at 6 EUR an hour"
    assert await over(world, clock, feed, database, sweeper) == (1000, True, "SKIPPED")
    assert mark(world) == ("SKIPPED", "HOLD_SPENT")


async def test_21_a_tariff_with_a_most_ends_the_wait(voice, world, clock, feed, database, sweeper):
    await stayed(voice, world, clock, most=orjson.dumps({"afterTaxes": "8.00"}).decode())
    await bill(world, clock, feed, database)
    assert mark(world) == ("WAITING", "NOTHING_TO_ADD")
    clock.pass_time(31 * 60)
    await sweep(sweeper, "stays")
    assert await bill(world, clock, feed, database) == (800, True, "SKIPPED")


async def test_21_the_bill_is_written_before_the_bank_lets_go(voice, world, clock, feed, database, sweeper):
    await stayed(voice, world, clock)
    cover(world, 50_000, END + LAST_CALL + STAY_MARGIN + timedelta(hours=2))
    await bill(world, clock, feed, database)
    assert mark(world) == ("WAITING", "HOLD_ENDS")
    clock.pass_time(2 * 3600 + 60)
    await sweep(sweeper, "stays")
    assert await bill(world, clock, feed, database) == (500 + 1200, True, "SKIPPED")


async def test_22_who_stays_after_the_bill_pays_no_more(voice, world, clock, feed, database, sweeper):
    station = await stayed(voice, world, clock)
    cover(world, 1000)
    await bill(world, clock, feed, database)
    paid = await over(world, clock, feed, database, sweeper)
    clock.pass_time(3600)
    await station.say(free(clock()))
    await sweep(sweeper, "stays")
    assert world.one("SELECT cost_minor, settled_at IS NOT NULL, steps->'UNPLUGGED'->>'state' FROM session") == paid
    assert world.one("SELECT count(*), sum(total_minor) FROM cdr") == (1, 1000)


async def test_a_plug_that_was_free_in_between_ends_the_stay(voice, world, clock, feed, database, sweeper):
    """Another car stands there before the sweep looks; it has not begun yet."""
    station = await stayed(voice, world, clock)
    clock.pass_time(600)
    await station.say(free(clock()))
    await station.say(plug(clock))
    clock.pass_time(600)
    await sweep(sweeper, "stays")
    assert await bill(world, clock, feed, database) == (500 + 100, True, "DONE")


@pytest.fixture(params=["its operator says so", "its kind is known for it"])
def liar(request, world):
    def known(station):
        if request.param == "its operator says so":
            world.run(
                "INSERT INTO station_quirk (operator_key, station_key, code, pinned_at) VALUES (%s, %s,"
                " 'FREE_WHILE_PLUGGED', now())", station.row.operator_key, station.row.key,
            )  # fmt: skip
        else:
            world.run("UPDATE station SET vendor = 'FoxESS', model = 'A', firmware_version = '1'")

    return known


async def test_a_charger_that_shows_a_taken_plug_free_is_believed_when_it_goes_on(
    voice, world, clock, feed, database, sweeper, liar
):
    station = await stayed(voice, world, clock)
    liar(station)
    clock.pass_time(600)
    await station.say(free(clock()))
    clock.pass_time(60)
    await sweep(sweeper, "stays")
    assert mark(world)[0] == "WAITING", "a moment of it proves nothing"
    await station.say(plug(clock))
    clock.pass_time(540)
    await sweep(sweeper, "stays")
    assert mark(world)[0] == "WAITING", "it lied"
    await station.say(free(clock()))
    clock.pass_time(301)
    await sweep(sweeper, "stays")
    assert await bill(world, clock, feed, database) == (500 + 200, True, "DONE"), "twenty minutes at 6 EUR"


GRACE = [
    {"components": [{"type": "ENERGY", "price": "0.50"}]},
    {"components": [{"type": "PARKING_TIME", "price": "6.00"}], "restrictions": {"minParkingDuration": 600}},
]


async def test_21_grace_counts_from_the_moment_the_car_asked_for_no_more(voice, world, clock, feed, database, sweeper):
    """A quarter of an hour before its transaction was stopped; then it stayed for a quarter of an hour more."""
    station = await voice()
    world.run("UPDATE tariff SET elements = %s", orjson.dumps(GRACE).decode())
    await station.say(plug(clock))
    await station.say(replace(started(START, wh=0), charging_state=ChargingState.CHARGING))
    clock.pass_time(2700)
    done = replace(updated(clock(), wh=10_000, seq=1), trigger="ChargingStateChanged")
    await station.say(replace(done, charging_state=ChargingState.SUSPENDED_EV))
    clock.pass_time(900)
    stop = replace(ended(clock(), wh=10_000, seq=2), trigger="StopAuthorized", stop_reason="Local")
    await station.say(replace(stop, charging_state=ChargingState.EV_CONNECTED))
    clock.pass_time(900)
    await station.say(free(clock()))
    await sweep(sweeper, "stays")
    assert await bill(world, clock, feed, database) == (500 + 200, True, "DONE"), "twenty of thirty minutes"
    lines = [line["dimension"] for line in world.one("SELECT lines FROM cdr")[0]]
    assert lines == ["ENERGY", "PARKING_TIME"]
