"""A price that depends on when energy flowed and what the car did: found from the record when the session ends."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import orjson
import pytest

from app.domain.event import TransactionPhase, TransactionReported
from app.domain.meter import Reading
from app.domain.station import ChargingState
from tests.ground import START
from tests.inbox.conftest import ended, started, updated

HOURLY = [{"components": [{"type": "TIME", "price": "6"}, {"type": "PARKING_TIME", "price": "60", "stepSize": 300}]}]
FIRST_HALF_HOUR = [
    {"components": [{"type": "ENERGY", "price": "0.10"}], "restrictions": {"maxDuration": 1800}},
    {"components": [{"type": "ENERGY", "price": "1.00"}]},
]


def minutes(count: float):
    return START + timedelta(minutes=count)


def state(at, charging_state, *, seq, tx="tx-1", wh=None):
    readings = () if wh is None else (Reading(at, wh),)
    return TransactionReported(
        TransactionPhase.UPDATED, tx, seq, at, "ChargingStateChanged", 1, 1, charging_state=charging_state,
        readings=readings,
    )  # fmt: skip


async def paying(voice, world, clock, elements):
    """A station whose sessions pay these elements."""
    station = await voice()
    world.run(
        "INSERT INTO tariff (id, operator_key, code, version_number, state, currency, tax_included, elements, valid_from)"
        " SELECT gen_random_uuid(), key, 'STANDARD', 2, 'PUBLISHED', 'EUR', true, %s, '2021-01-01'"
        " FROM operator",
        orjson.dumps(elements).decode(),
    )
    clock.pass_time(7200)
    return station


async def told(station, *events):
    return [await station.say(event) for event in events]


async def test_parking_is_billed_apart_from_charging(voice, world, clock):
    station = await paying(voice, world, clock, HOURLY)
    answers = await told(
        station,
        started(minutes(0), wh=1000),
        state(minutes(20), ChargingState.SUSPENDED_EV, seq=1, wh=4000),
        ended(minutes(33), wh=4000, seq=2),
    )
    # Twenty minutes of charging, and thirteen of parking billed as fifteen.
    assert answers[-1].cost_minor == 200 + 1500
    assert world.one("SELECT cost_minor, settled_at IS NOT NULL FROM session") == (1700, True)


async def test_what_the_station_withholds_costs_no_time(voice, world, clock):
    station = await paying(voice, world, clock, HOURLY)
    await told(
        station,
        started(minutes(0), wh=1000),
        state(minutes(20), ChargingState.SUSPENDED_EVSE, seq=1, wh=4000),
        state(minutes(50), ChargingState.CHARGING, seq=2, wh=4000),
        ended(minutes(60), wh=5000, seq=3),
    )
    assert world.one("SELECT cost_minor FROM session") == (300,)


async def test_who_taps_long_after_plugging_in_pays_from_the_tap(voice, world, clock):
    """A transaction that a cable began: fifty minutes at the plug, ten of them charging after the tap."""
    station = await paying(voice, world, clock, HOURLY)
    await told(
        station,
        replace(started(minutes(0), wh=1000), token=None, trigger="CablePluggedIn"),
        state(minutes(1), ChargingState.EV_CONNECTED, seq=1),
        replace(updated(minutes(50), wh=1000, seq=2), token=started(minutes(0), wh=0).token, trigger="Authorized"),
        state(minutes(50.1), ChargingState.CHARGING, seq=3),
        ended(minutes(60), wh=5000, seq=4),
    )
    (cost,) = world.one("SELECT cost_minor FROM session")
    assert cost == 99 + 10, "9.9 minutes of charging, and six seconds at the plug before them"


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_since_when_somebody_may_charge_is_the_same_in_any_order(voice, world, clock, order):
    """A start with its card and a later word of the same card; two taps after the plug: the first of them counts."""
    station = await paying(voice, world, clock, HOURLY)
    card = started(minutes(0), wh=0).token
    stories = {
        "card": (
            started(minutes(0), wh=1000, tx="card"),
            replace(updated(minutes(50), wh=1000, seq=1, tx="card"), token=card, trigger="Authorized"),
            ended(minutes(60), wh=5000, seq=2, tx="card"),
        ),
        "taps": (
            replace(updated(minutes(50), wh=1000, seq=2, tx="taps"), token=card, trigger="Authorized"),
            replace(updated(minutes(20), wh=1000, seq=1, tx="taps"), token=card, trigger="Authorized"),
            ended(minutes(60), wh=5000, seq=3, tx="taps"),
        ),
    }
    first = replace(started(minutes(0), wh=1000, tx="taps"), token=None, trigger="CablePluggedIn")
    await told(station, *(stories["card"][index] for index in order))
    await told(station, first, *(stories["taps"][index] for index in order))
    rows = world.rows("SELECT transaction_id, cost_minor FROM session ORDER BY transaction_id")
    assert rows == [("card", 600), ("taps", 400)]


async def test_energy_is_priced_when_it_flowed_whatever_order_it_is_told_in(voice, world, clock):
    station = await paying(voice, world, clock, FIRST_HALF_HOUR)
    await told(
        station, started(minutes(0), wh=0), ended(minutes(60), wh=8000, seq=2), updated(minutes(30), wh=6000, seq=1)
    )
    assert world.one("SELECT cost_minor, settled_at IS NOT NULL FROM session") == (60 + 200, True)


async def test_while_a_message_is_missing_energy_counts_as_if_it_flowed_evenly(voice, world, clock):
    station = await paying(voice, world, clock, FIRST_HALF_HOUR)
    await told(station, started(minutes(0), wh=0), ended(minutes(60), wh=8000, seq=2))
    assert world.one("SELECT cost_minor, settled_at FROM session") == (40 + 400, None)


@pytest.mark.parametrize(("group", "cost"), [("staff", 80), (None, 800)])
async def test_a_token_group_has_its_own_price(voice, world, clock, group, cost):
    elements = [
        {"components": [{"type": "ENERGY", "price": "0.10"}], "restrictions": {"tokenGroups": ["staff"]}},
        {"components": [{"type": "ENERGY", "price": "1.00"}]},
    ]
    station = await paying(voice, world, clock, elements)
    world.run("UPDATE token SET group_id = %s", group)
    await told(station, started(minutes(0), wh=0), ended(minutes(60), wh=8000, seq=1))
    assert world.one("SELECT cost_minor FROM session") == (cost,)
