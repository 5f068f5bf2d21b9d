"""The law of holds: whatever the driver, the charger, the bank, the network and our own crashes do, in any order,

money is captured at most once and never above the hold, every hold ends before its bank lets go, nothing is given
back twice, and what was captured, waived and owed is what the session cost.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.domain.charge_limits import least_charge
from app.domain.hold import WITHOUT_MONEY, Hold, HoldStatus, IntentFacts, IntentState, PayWay, seen
from app.domain.owed import GROWTH_MAX, FeeRule
from app.jobs.holds import advance
from payments.double.book import Refused
from payments.double.http import Fault
from tests.payments.holding import ACCOUNT, Death, House, ask_refund

_ENDS = frozenset({HoldStatus.CAPTURED, *WITHOUT_MONEY})
_CARDS = (
    "pm_card_visa", "pm_card_discover", "pm_card_threeDSecure2Required", "pm_card_visa_chargeDeclined", "pm_card_mastercard",
)  # fmt: skip
_CHAPTERS = ("new", "paid", "charging", "charging", "stranded", "stranded", "ended")
_FAULTS = ("error", "error_after", "lost", "away")


class Holds(RuleBasedStateMachine):
    """One hold from its creation to its end; workers look when something is due, and may die at any await."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.due: datetime | None = None
        self.repaid_by_people = 0

    @initialize(
        way=st.sampled_from((PayWay.CHECKOUT, PayWay.ELEMENT, PayWay.SAVED_CARD)),
        wanted=st.sampled_from((60, 2000, 5000)),
        points=st.sampled_from((0, 500)),
        fixed=st.sampled_from((0, 35)),
        card=st.sampled_from(("pm_card_visa", "pm_card_visa", "pm_card_discover")),
        chapter=st.sampled_from(_CHAPTERS),
        death=st.sampled_from((None, *range(1, 9))),
        fault=st.sampled_from((None, None, *_FAULTS)),
    )
    def begin(
        self,
        way: PayWay,
        wanted: int,
        points: int,
        fixed: int,
        card: str,
        chapter: str,
        death: int | None,
        fault: str | None,
    ) -> None:
        """Most stories begin where something is at stake; the first chapters have their deaths and failures too."""
        self.house = House(way=way, wanted_minor=wanted, fee=FeeRule(points, fixed))
        self.due, self.house.die_at = self.house.clock(), death
        if fault is not None:
            self.house.double.faults.append(Fault("POST", fault))
        self.let_pass(timedelta(seconds=15))
        if chapter == "new" or not self.house.hold.known_to_provider:
            return
        if way is not PayWay.SAVED_CARD:
            self.the_driver_pays(card)
        self.let_pass(timedelta(seconds=15))
        if chapter == "paid" or self.house.floor.charging is None:
            return
        self.the_car_is_plugged_in()
        self.let_pass(timedelta(seconds=15))
        self.energy_flows(700)
        if chapter == "stranded":
            self.the_connection(online=False)
            self.let_pass(timedelta(days=6, hours=17))
            self.energy_flows(30)
        if chapter == "ended":
            self.the_session_ends(settled=True)

    def work(self) -> None:
        """A worker looks at the hold once; a dead one is followed by another, which looks at once."""
        try:
            self.due = self.loop.run_until_complete(advance(self.house.means, 1))
        except Death:
            self.due = self.house.clock()

    def let_pass(self, span: timedelta) -> None:
        """Time passes; whatever is due in it is done when it is due."""
        clock = self.house.clock
        end = clock.at + span
        for _ in range(3_000):
            if self.due is None or self.due > end:
                break
            clock.at = max(self.due, clock.at)
            before = clock.at
            self.work()
            if self.due is not None and self.due <= before and self.house.die_at is None:
                clock.at += timedelta(seconds=1)
        clock.at = end
        self.house.double.book.expire()

    # -- what people, chargers and networks do -----------------------------------------------------------------------

    @rule(card=st.sampled_from(_CARDS))
    @precondition(lambda self: self.house.hold.known_to_provider)
    def the_driver_pays(self, card: str) -> None:
        try:
            self.house.pay(card)
        except (Refused, KeyError):
            return

    @rule(agreed=st.booleans())
    @precondition(lambda self: self.house.hold.reference in self.house.book_account.objects)
    def the_bank_asks_the_driver(self, agreed: bool) -> None:
        if self.house.intent["status"] == "requires_action":
            self.house.double.book.authenticate(self.house.book_account, self.house.intent, agreed=agreed)

    @rule(refusal=st.sampled_from((None, None, "EVSE_BUSY")))
    def the_station_will_say(self, refusal: str | None) -> None:
        self.house.floor.refusal = refusal

    @rule()
    @precondition(lambda self: self.house.floor.charging is not None)
    def the_car_is_plugged_in(self) -> None:
        if not self.house.floor.charging.ended:  # type: ignore[union-attr]
            self.house.floor.change(began=True, given_up=False)
            self.due = self.house.clock()

    @rule()
    @precondition(lambda self: self.house.floor.charging is not None)
    def nobody_plugs_in(self) -> None:
        if not self.house.floor.charging.began:  # type: ignore[union-attr]
            self.house.floor.change(given_up=True)
            self.due = self.house.clock()

    @rule(cost=st.sampled_from((1, 30, 49, 700, 1900, 2100)))
    @precondition(lambda self: self.house.floor.charging is not None)
    def energy_flows(self, cost: int) -> None:
        charging = self.house.floor.charging
        assert charging is not None
        if charging.began and not charging.ended:
            self.house.floor.change(cost_minor=charging.cost_minor + cost)
            self.due = self.house.clock()

    @rule(online=st.booleans())
    @precondition(lambda self: self.house.floor.charging is not None)
    def the_connection(self, online: bool) -> None:
        self.house.floor.change(online=online)

    @rule(settled=st.booleans(), less=st.sampled_from((0, 0, 300)))
    @precondition(lambda self: self.house.floor.charging is not None)
    def the_session_ends(self, settled: bool, less: int = 0) -> None:
        """The bill may be lower than what ran up: a minimum step, a signed value, a person's review."""
        charging = self.house.floor.charging
        assert charging is not None
        if charging.began and not charging.final:
            self.house.floor.change(ended=True, final=settled, cost_minor=max(charging.cost_minor - less, 0))
            self.due = self.house.clock()

    @rule()
    def an_operator_releases(self) -> None:
        hold, charging = self.house.hold, self.house.floor.charging
        if hold.status not in _ENDS and (charging is None or not charging.began):
            self.house.change(release_wanted="OPERATOR")
            self.due = self.house.clock()

    @rule(amount=st.sampled_from((1, 50, 400)))
    def an_operator_refunds(self, amount: int) -> None:
        hold = self.house.hold
        if hold.status is HoldStatus.CAPTURED and amount <= hold.captured_minor - hold.refunds_minor:
            ask_refund(self.house.record, amount, "GOODWILL", self.house.clock())
            self.due = self.house.clock()

    @rule(kind=st.sampled_from(_FAULTS), times=st.integers(1, 2))
    def the_provider_fails(self, kind: str, times: int) -> None:
        self.house.double.faults.append(Fault("", kind, times))

    @rule()
    def word_comes_from_the_provider(self) -> None:
        self.house.record.look = True
        self.due = self.house.clock()

    @rule(after=st.integers(1, 8))
    def a_worker_will_die(self, after: int) -> None:
        self.house.die_at = self.house.passed + after

    @rule(span=st.sampled_from((1, 20, 95, 1_000, 4_000, 86_400, 3 * 86_400)))
    def time_passes(self, span: int) -> None:
        self.let_pass(timedelta(seconds=span))

    @rule()
    def somebody_looks(self) -> None:
        self.work()

    # -- what must always hold ---------------------------------------------------------------------------------------

    @invariant()
    def captured_once_and_never_too_much(self) -> None:
        assert self.house.count("charge.captured") <= 1
        hold = self.house.hold
        assert hold.captured_minor <= hold.held_minor <= hold.wanted_minor * GROWTH_MAX
        assert hold.fee_minor <= max(hold.captured_minor, 0)
        captures = [call for call in self.house.record.calls if call.deed == "CAPTURE" and call.state == "DONE"]
        assert len(captures) <= 1

    @invariant()
    def never_given_back_more_than_was_captured(self) -> None:
        hold = self.house.hold
        charges = [found for found in self.house.book_account.of_kind("charge") if found["captured"]]
        assert all(charge["amount_refunded"] <= charge["amount_captured"] for charge in charges)
        assert hold.refunds_minor <= max(hold.captured_minor, 0)

    @invariant()
    def one_intent_and_only_in_our_account(self) -> None:
        marked = [
            found
            for account in self.house.double.book.accounts.values()
            for found in account.of_kind("payment_intent")
            if found["status"] in ("requires_capture", "succeeded")
        ]
        assert len(marked) <= 1
        kind = "checkout.session" if self.house.hold.way is PayWay.CHECKOUT else "payment_intent"
        assert len(list(self.house.book_account.of_kind(kind))) <= 1
        assert {account for _, account, _ in self.house.double.calls} <= {ACCOUNT}

    @invariant()
    def whole_numbers_only(self) -> None:
        hold = self.house.hold
        amounts = (hold.held_minor, hold.captured_minor, hold.refunded_minor, hold.fee_minor, hold.debt_minor)
        assert all(type(amount) is int and amount >= 0 for amount in amounts)

    @invariant()
    def no_bank_let_go_while_we_watched(self) -> None:
        assert self.house.count("charge.expired") == 0

    def teardown(self) -> None:
        """The network heals, the car goes, the bill is written: everything must come to its end."""
        self.house.double.faults.clear()
        self.house.die_at = None
        self.house.floor.refusal = None
        self.let_pass(timedelta(minutes=30))
        charging = self.house.floor.charging
        if charging is not None and charging.began:
            self.house.floor.change(ended=True, final=True, online=True)
        self.due = self.house.clock()
        self.let_pass(timedelta(days=9))
        self.came_to_its_end()
        self.loop.close()

    def came_to_its_end(self) -> None:
        hold, charging = self.house.hold, self.house.floor.charging
        assert hold.status in _ENDS, hold
        assert self.due is None, (self.due, hold)
        assert not [call for call in self.house.record.calls if call.state == "WANTED"]
        for found in self.house.book_account.of_kind("payment_intent"):
            assert found["status"] != "requires_capture"
        corrected = sum(refund.amount_minor for refund in hold.refunds if refund.reason == "PROVISIONAL_CORRECTION")
        cost = charging.cost_minor if charging is not None and charging.began else 0
        by_people = sum(refund.amount_minor for refund in hold.refunds if refund.reason == "GOODWILL")
        if not by_people:
            assert hold.captured_minor - corrected + hold.debt_minor + hold.waived_minor == cost, hold
        assert hold.waived_minor < least_charge(hold.currency)


def _run(examples: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Holds,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_law_of_holds() -> None:
    _run(200, 20)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_law_of_holds_on_ten_thousand_stories() -> None:
    _run(10_000, 30)


_SINCE = datetime(2026, 9, 1, 12, tzinfo=UTC)
_facts = st.builds(
    IntentFacts,
    reference=st.sampled_from((None, "pi_1")),
    state=st.sampled_from(IntentState),
    currency=st.just("EUR"),
    held_minor=st.sampled_from((0, 2000, 4000)),
    captured_minor=st.sampled_from((0, 900)),
    refunded_minor=st.sampled_from((0, 100, 900)),
    capture_before=st.sampled_from((None, _SINCE + timedelta(days=7))),
    may_increment=st.booleans(),
    expired=st.booleans(),
    attempted_at=st.sampled_from((None, _SINCE, _SINCE + timedelta(minutes=1))),
    failure=st.sampled_from((None, "card_declined", "expired_card")),
    checkout_reference=st.sampled_from((None, "cs_1")),
)


@given(st.lists(_facts, max_size=7), st.data())
@settings(max_examples=300, deadline=None)
def test_any_order_and_repetition_of_what_the_provider_says_leaves_the_same_hold(
    facts: list[IntentFacts], data: st.DataObject
) -> None:
    def taken(order: list[IntentFacts]) -> Hold:
        hold = House().hold
        hold = replace(hold, uuid=uuid)
        for found in order:
            hold = seen(hold, found, _SINCE)
        return replace(hold, version=0)

    uuid = House().hold.uuid
    repeated = data.draw(
        st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=5)) if facts else [])
    )
    assert taken(facts) == taken(list(repeated))


def test_nothing_that_was_seen_goes_back() -> None:
    hold = House().hold
    states = (IntentState.UNPAID, IntentState.CAPTURABLE, IntentState.CAPTURED, IntentState.CANCELLED)
    life: list[Any] = [hold]
    for state in states:
        life.append(seen(life[-1], IntentFacts("pi_1", state, "EUR", held_minor=2000), _SINCE))
    assert [step.status for step in life] == ["CREATED", "CREATED", "HELD", "CAPTURED", "CAPTURED"]
    assert all(one.version <= other.version for one, other in pairwise(life))
