"""A station may show its driver what the session costs, while it runs and at its end (2.0.1 I02, I03)."""

from datetime import timedelta

import pytest

from app.domain.answer import Answer, TransactionAnswer
from app.domain.event import TransactionPhase, TransactionReported
from app.domain.station import OcppVersion
from app.domain.token import PresentedToken
from gateway.server import DIALECTS
from tests.ground import START
from tests.inbox.conftest import ended, started, updated


def minutes(count: float):
    return START + timedelta(minutes=count)


def shown(answer: Answer, version: OcppVersion = OcppVersion.V201) -> object:
    """What the station reads."""
    return DIALECTS[version].answers["TransactionEvent"](answer).get("totalCost")


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
async def test_the_cost_runs_with_the_meter_and_ends_as_the_bill(voice, world, clock, version):
    station = await voice(version=version)
    assert shown(await station.say(started(minutes(0), wh=1000)), version) == 0
    costs = []
    for seq, wh in ((1, 2000), (2, 3500)):
        clock.pass_time(600)
        costs.append(shown(await station.say(updated(minutes(seq * 10), wh=wh, seq=seq)), version))
    clock.pass_time(600)
    costs.append(shown(await station.say(ended(minutes(30), wh=5000, seq=3)), version))
    assert costs == [0.5, 1.25, 2.0]
    assert world.one("SELECT cost_minor FROM session") == (200,)


async def test_without_a_tariff_nothing_is_said(voice, world, clock):
    station = await voice()
    world.run("DELETE FROM tariff_assignment")
    answers = [await station.say(started(minutes(0)))]
    clock.pass_time(600)
    answers += [await station.say(updated(minutes(10), wh=2000, seq=1))]
    clock.pass_time(600)
    answers += [await station.say(ended(minutes(20), wh=3000, seq=2))]
    assert [shown(answer) for answer in answers] == [None, None, None]


async def test_a_card_shown_to_a_transaction_whose_start_was_lost_is_priced_from_then_on(voice, clock):
    station = await voice()
    card = TransactionReported(
        TransactionPhase.UPDATED, "tx-1", 1, minutes(0), "Authorized", 1, 1, PresentedToken("CARD")
    )  # fmt: skip
    assert shown(await station.say(card)) == 0
    await station.say(updated(minutes(1), wh=1000, seq=2))
    clock.pass_time(600)
    assert shown(await station.say(updated(minutes(10), wh=3000, seq=3))) == 1.0


async def test_a_1_6_station_hears_of_no_cost_while_energy_flows(voice, clock):
    station = await voice(version=OcppVersion.V16)
    await station.say(started(minutes(0), seq=None, identity="start"))
    clock.pass_time(600)
    answer = await station.say(updated(minutes(10), wh=2000, seq=None))
    assert isinstance(answer, TransactionAnswer)
    assert answer.cost_minor is None
