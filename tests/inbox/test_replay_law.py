"""Replay law: messages twice, late and in any order that a station may produce leave the same session."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.domain.answer import TransactionAnswer
from app.domain.event import TransactionPhase, TransactionReported
from app.domain.meter import Reading, ReadingContext
from app.domain.station import ChargingState, OcppVersion
from app.domain.token import PresentedToken
from app.feed import Feed
from app.inbox import Inbox
from app.inbox.decisions import energy, transaction
from tests.ground import START, OperatorRow, World
from tests.inbox.conftest import GATEWAY, Clock, Voice

LAW = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_numbers = count(1)


@dataclass(frozen=True)
class Story:
    """The messages of one EVSE in the order in which they happened."""

    events: tuple[TransactionReported, ...]

    @property
    def transactions(self) -> int:
        return sum(event.phase is TransactionPhase.STARTED for event in self.events)


def _register(at: datetime, wh: int, context: str = ReadingContext.PERIODIC) -> Reading:
    return Reading(at, energy_wh=wh, power_w=11_000, context=context)


@st.composite
def transactions_2x(draw: st.DrawFn) -> Story:
    """One or two transactions of OCPP 2.x, one after the other at the same EVSE, numbered without gaps."""
    events: list[TransactionReported] = []
    at, wh = START, draw(st.integers(0, 10_000_000))
    for number in range(draw(st.integers(1, 2))):
        first_seq = draw(st.sampled_from([0, 0, 7]))
        card = draw(st.sampled_from(["CARD", "STRANGER", None]))
        late_card = card is None and draw(st.booleans())
        updates = draw(st.integers(0, 4))
        for step in range(updates + 2):
            phase = (
                TransactionPhase.STARTED if step == 0
                else TransactionPhase.ENDED if step == updates + 1
                else TransactionPhase.UPDATED
            )  # fmt: skip
            presented, trigger = None, "MeterValuePeriodic"
            if phase is TransactionPhase.STARTED:
                presented, trigger = card, "Authorized" if card else "CablePluggedIn"
            elif phase is TransactionPhase.UPDATED and step == 1 and late_card:
                presented, trigger = "CARD", "Authorized"
            elif phase is TransactionPhase.ENDED:
                presented, trigger = draw(st.sampled_from([None, card, "OTHER"])), "StopAuthorized"
            context = {TransactionPhase.STARTED: ReadingContext.BEGIN, TransactionPhase.ENDED: ReadingContext.END}.get(
                phase, ReadingContext.PERIODIC
            )
            silent = draw(st.sampled_from([False, False, False, True]))
            events.append(
                TransactionReported(
                    phase, f"tx-{number}", first_seq + step, at, trigger, 1, 1,
                    None if presented is None else PresentedToken(presented),
                    charging_state=draw(st.sampled_from([ChargingState.CHARGING, ChargingState.SUSPENDED_EV, None])),
                    stop_reason="EVDisconnected" if phase is TransactionPhase.ENDED else None,
                    readings=() if silent else (_register(at, wh, context),),
                )
            )  # fmt: skip
            at += timedelta(minutes=draw(st.sampled_from([1, 1, 5, 30])))
            # Mostly what a 22 kW EVSE delivers; now and then more than it can, near the limit of belief, or a reset.
            wh = max(0, wh + draw(st.sampled_from([0, 150, 300, 2_400, 2_500, 40_000, -500])))
    return Story(tuple(events))


@st.composite
def deliveries(draw: st.DrawFn, story: Story) -> list[list[int]]:
    """Every event at least once, in any order, some again, in batches that share a commit."""
    indices = list(range(len(story.events)))
    order = draw(st.permutations(indices)) + draw(st.lists(st.sampled_from(indices), max_size=4))
    return _batches(draw, order)


def _batches(draw: st.DrawFn, order: Sequence[int]) -> list[list[int]]:
    batches, rest = [], list(order)
    while rest:
        size = draw(st.integers(1, len(rest)))
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


class Stage:
    """One inbox for many examples; each delivery plays at a new station."""

    def __init__(self, inbox: Inbox, world: World, clock: Clock, operator: OperatorRow) -> None:
        self.inbox, self.world, self.clock = inbox, world, clock
        self.operator = operator

    async def station(self, version: OcppVersion) -> Voice:
        row = self.world.station(self.operator, f"R-{next(_numbers)}")
        return await Voice(self.inbox, row, self.clock, version).connect()

    async def deliver(self, story: Story, batches: list[list[int]]) -> list[dict[str, Any]]:
        """Plays a delivery; arrivals of one batch are given together, so that they share a commit."""
        voice = await self.station(OcppVersion.V201)
        for batch in batches:
            answers = await asyncio.gather(*(voice.say(story.events[index]) for index in batch))
            assert all(isinstance(answer, TransactionAnswer) for answer in answers)
        return self.sessions(voice)

    def sessions(self, voice: Voice, *, named: bool = True) -> list[dict[str, Any]]:
        """What must be equal, by the start of the transaction."""
        rows = self.world.rows(
            "SELECT key, transaction_id, status, started_at, ended_at, energy_wh, cost_minor, token_uid, token_key,"
            " seen_seq_nos::text, flags, settled_at IS NOT NULL, steps FROM session WHERE station_key = %s"
            " ORDER BY started_at",
            voice.row.key,
        )
        return [
            {
                "transaction": transaction_id if named else None,
                "facts": facts,
                "steps": {name: mark["state"] for name, mark in steps.items()},
                "readings": set(
                    self.world.rows(
                        "SELECT at, context, energy_wh, power_w FROM reading WHERE session_key = %s GROUP BY 1, 2, 3, 4"
                        " HAVING count(*) = 1", key,
                    )
                ),
            }
            for key, transaction_id, *facts, steps in rows
        ]  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    """A day later: everything that is told has happened."""
    made = Clock()
    made.pass_time(86_400)
    return made


@pytest.fixture
def play(database, clock, world):
    """Runs an example to its end in a loop of its own; hypothesis is not async."""

    operator = world.operator("Replay")
    world.token(operator, "CARD")
    world.token(operator, "OTHER")
    world.tariff(operator)

    def run(example) -> None:
        async def body() -> None:
            inbox = Inbox(database.ingest_url, Feed(), gateway_id=GATEWAY, clock=clock)
            await inbox.start()
            try:
                await example(Stage(inbox, world, clock, operator))
            finally:
                await inbox.stop()

        asyncio.run(body())

    return run


def in_order(story: Story) -> list[list[int]]:
    return [[index] for index in range(len(story.events))]


async def law_2x(stage: Stage, data: st.DataObject) -> None:
    story = data.draw(transactions_2x())
    batches = data.draw(deliveries(story))
    expected = await stage.deliver(story, in_order(story))
    assert len(expected) == story.transactions
    assert await stage.deliver(story, batches) == expected
    assert stage.world.one("SELECT count(*) FROM quarantine") == (0,)


def test_any_order_and_any_repetition_of_2x_events_leaves_the_same_sessions(play) -> None:
    @LAW
    @given(st.data())
    def law(data: st.DataObject) -> None:
        play(lambda stage: law_2x(stage, data))

    law()


def test_any_prefix_of_2x_events_twice_leaves_the_same_sessions(play) -> None:
    @settings(LAW, max_examples=15)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        async def example(stage: Stage) -> None:
            story = data.draw(transactions_2x())
            length = data.draw(st.integers(1, len(story.events)))
            prefix = Story(story.events[:length])
            twice = [*in_order(prefix), *_batches(data.draw, range(length))]
            assert await stage.deliver(prefix, twice) == await stage.deliver(prefix, in_order(prefix))

        play(example)

    law()


# -- 1.6 ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent16:
    """One message of a 1.6 station's queue: ``names`` says whether it knows the number we gave."""

    event: TransactionReported
    names: bool


@st.composite
def transactions_16(draw: st.DrawFn) -> list[Sent16]:
    """One or two 1.6 transactions; a station that never got its number says -1 (errata 3.18), here: no id."""
    sent: list[Sent16] = []
    at, wh = START, draw(st.integers(0, 1_000_000))
    for number in range(draw(st.integers(1, 2))):
        knows = draw(st.booleans())
        card = draw(st.sampled_from(["CARD", "STRANGER"]))
        start = TransactionReported(
            TransactionPhase.STARTED, None, None, at, "Authorized", 1, 1, PresentedToken(card),
            readings=(_register(at, wh, ReadingContext.BEGIN),), identity=f"start {number}",
        )  # fmt: skip
        sent.append(Sent16(start, False))
        for _ in range(draw(st.integers(0, 3)) if knows else 0):
            at += timedelta(minutes=10)
            wh += draw(st.integers(0, 3_000))
            reading = _register(at, wh)
            sent.append(
                Sent16(
                    TransactionReported(
                        TransactionPhase.UPDATED, None, None, at, "MeterValuePeriodic", 1, 1, readings=(reading,)
                    ),
                    True,
                )
            )
        at += timedelta(minutes=10)
        wh += draw(st.integers(0, 3_000))
        stop = TransactionReported(
            TransactionPhase.ENDED, None, None, at, "Local", token=PresentedToken(card), stop_reason="Local",
            readings=(_register(at, wh, ReadingContext.END),), identity=None if knows else f"stop {number}",
        )  # fmt: skip
        sent.append(Sent16(stop, knows))
        at += timedelta(minutes=10)
    return sent


async def deliver_16(stage: Stage, sent: list[Sent16], order: list[int]) -> list[dict[str, Any]]:
    """A 1.6 station keeps its order and names a transaction by the number it was given for that start."""
    voice = await stage.station(OcppVersion.V16)
    start_of, current = {}, -1
    for index, message in enumerate(sent):
        current = index if message.event.phase is TransactionPhase.STARTED else current
        start_of[index] = current
    given_numbers: dict[int, str] = {}
    for index in order:
        event = sent[index].event
        if sent[index].names:
            event = replace(event, transaction_id=given_numbers[start_of[index]])
        answer = await voice.say(event)
        assert isinstance(answer, TransactionAnswer)
        if event.phase is TransactionPhase.STARTED:
            assert given_numbers.setdefault(index, answer.transaction_id) == answer.transaction_id
    return stage.sessions(voice, named=False)


@st.composite
def orders_16(draw: st.DrawFn, sent: list[Sent16]) -> list[int]:
    """Chronological with re-sends of what came before; MeterValues may come late, after their stop."""
    order: list[int] = []
    late: list[int] = []
    for index, message in enumerate(sent):
        if message.event.phase is TransactionPhase.UPDATED and draw(st.booleans()):
            late.append(index)
            continue
        order.append(index)
        if message.event.phase is TransactionPhase.ENDED:
            order += draw(st.permutations(late))
            late = []
        order += draw(st.lists(st.sampled_from(order), max_size=2))
    return order


def test_re_sent_and_late_1_6_messages_leave_the_same_sessions(play) -> None:
    @LAW
    @given(st.data())
    def law(data: st.DataObject) -> None:
        async def example(stage: Stage) -> None:
            sent = data.draw(transactions_16())
            order = data.draw(orders_16(sent))
            expected = await deliver_16(stage, sent, list(range(len(sent))))
            assert await deliver_16(stage, sent, order) == expected

        play(example)

    law()


# -- what the law found, told once more --------------------------------------------------------------------------------


async def test_a_repeated_stop_of_a_charger_whose_clock_is_in_1970_raises_no_alarm(voice, world, clock) -> None:
    station = await voice()
    await station.say(
        TransactionReported(TransactionPhase.STARTED, "tx", 0, START, "x", 1, 1, PresentedToken("CARD"),
                            readings=(_register(START, 1000),))
    )  # fmt: skip
    stop = TransactionReported(
        TransactionPhase.ENDED, "tx", 1, START.replace(year=1970), "x", 1, 1,
        readings=(_register(START.replace(year=1970), 2000),),
    )  # fmt: skip
    await station.say(stop)
    clock.pass_time(60)
    await station.say(stop)
    assert world.one("SELECT energy_wh, flags, settled_at IS NOT NULL FROM session") == (
        1000,
        ["CLOCK_IMPLAUSIBLE"],
        True,
    )


async def test_a_repeated_stop_before_its_start_by_the_chargers_clock_raises_no_alarm(voice, world) -> None:
    station = await voice()
    began, ended = START + timedelta(minutes=30), START
    await station.say(TransactionReported(TransactionPhase.STARTED, "tx", 0, began, "x", 1, 1, PresentedToken("CARD")))
    stop = TransactionReported(TransactionPhase.ENDED, "tx", 1, ended, "x", 1, 1)
    await station.say(stop)
    await station.say(stop)
    assert world.one("SELECT flags, ended_at FROM session") == ([], began)


async def test_the_card_that_began_it_is_the_sessions_even_when_the_one_that_ended_it_is_heard_first(
    voice, world
) -> None:
    station = await voice()
    stop = TransactionReported(TransactionPhase.ENDED, "tx", 2, START, "StopAuthorized", 1, 1, PresentedToken("CARD"))
    tap = TransactionReported(TransactionPhase.UPDATED, "tx", 1, START, "Authorized", 1, 1, PresentedToken("FRIEND"))
    start = TransactionReported(TransactionPhase.STARTED, "tx", 0, START, "CablePluggedIn", 1, 1)
    for event in (stop, tap, start):
        await station.say(event)
    assert world.one("SELECT token_uid, token_key, flags FROM session") == ("FRIEND", None, ["UNAUTHORISED_START"])


async def test_a_doubt_about_the_meter_that_a_late_reading_dispels_is_gone(voice, world) -> None:
    station = await voice()
    times = [START, START + timedelta(minutes=1), START + timedelta(minutes=2)]
    events = [
        TransactionReported(phase, "tx", number, at, "x", 1, 1, readings=(_register(at, 2_400 * number),))
        for number, (phase, at) in enumerate(
            zip([TransactionPhase.STARTED, TransactionPhase.UPDATED, TransactionPhase.ENDED], times, strict=True)
        )
    ]
    await station.say(events[0])
    await station.say(events[2])
    assert world.one("SELECT flags FROM session") == (["ENERGY_JUMP"],)
    await station.say(events[1])
    assert world.one("SELECT flags, energy_wh, settled_at IS NOT NULL FROM session") == ([], 4_800, True)


# -- negative controls -------------------------------------------------------------------------------------------------


def _law_breaks(play) -> None:
    @settings(LAW, max_examples=60, phases=[Phase.generate], report_multiple_bugs=False)
    @given(st.data())
    def law(data: st.DataObject) -> None:
        play(lambda stage: law_2x(stage, data))

    with pytest.raises((AssertionError, ExceptionGroup)):
        law()


def test_without_recognising_repeats_by_their_number_the_law_breaks(play, monkeypatch) -> None:
    monkeypatch.setattr(transaction, "is_repeat", lambda session, event, *, new: False)
    monkeypatch.setattr(energy, "_identity", lambda reading: object())
    _law_breaks(play)


def test_without_folding_anew_the_law_breaks(play, monkeypatch) -> None:
    """Energy step by step in the order of arrival, as if no reading were ever late."""
    real = energy.advance

    def stepwise(station, session, incoming, arrival):
        meter, flags, rows = session.meter, set(), []
        for reading in incoming:
            meter, kept, flag = real(meter, reading, max_power_w=0)
            rows.append(energy._row(session, arrival, kept))
            flags |= {flag} - {None}
        return rows, meter, flags

    monkeypatch.setattr(
        transaction, "absorb",
        lambda batch, station, session, event, arrival: stepwise(
            station, session, energy.believable(event.readings, arrival.received_at), arrival
        ),
    )  # fmt: skip
    _law_breaks(play)
