"""What a hold owes now: one thing, or nothing, found by rules in their order; the first that applies is it.

The same question is asked after every event, every answer and every crash; that is why a hold cannot be forgotten
halfway. Every rule names what it protects from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.charge_limits import chargeable, least_charge
from app.domain.hold import UNPAID, WITHOUT_MONEY, Hold, HoldStatus, PayWay, RefundStatus

START_WAIT = timedelta(seconds=90)  # from the hold to a promised start; the promise itself has its own deadline
POLL = timedelta(seconds=3)  # between looks at an unpaid intent, at least; it works without webhooks
QUIET_POLL = timedelta(minutes=15)  # how often a hold that only waits for its session is looked at
LAST_CALL = timedelta(hours=6)  # before the bank lets go: what is known is captured, whatever the charger says
EARLY_CALL = timedelta(hours=24)
SHORTEST_WINDOW = timedelta(days=2)  # a provider that says no end: of a card at a reader some banks hold no longer
STOP_PATIENCE = timedelta(minutes=15)  # of the last hours: how long a session that can hear us may take to stop
STOP_AGAIN = timedelta(minutes=5)  # a charger may refuse, or not hear: what must stop is asked until it does
WATCH = timedelta(hours=24)  # a start that was given up may still come true
WARN_PERCENT = 80
LOWER_PERCENT = 90
STOP_PERCENT = 95  # meters speak once a minute: what flows until the stop must fit in the rest
GROWTH_MAX = 3  # times what was wanted at first: nobody agreed to more


class Deed(StrEnum):
    """CREATE, READ, INCREMENT, CAPTURE, CANCEL and REFUND are calls to the provider, the rest are our own."""

    CREATE = "CREATE"
    READ = "READ"
    INCREMENT = "INCREMENT"
    CAPTURE = "CAPTURE"
    CANCEL = "CANCEL"
    REFUND = "REFUND"
    START = "START"
    WARN = "WARN"
    LOWER = "LOWER"
    STOP = "STOP"
    RELEASE = "RELEASE"
    CORRECT = "CORRECT"
    OWE = "OWE"
    WAIT = "WAIT"
    NOTHING = "NOTHING"


CALLS = frozenset({Deed.CREATE, Deed.READ, Deed.INCREMENT, Deed.CAPTURE, Deed.CANCEL, Deed.REFUND})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. ``until`` is when a WAIT is over; ``refund_key`` the row that a REFUND pays."""

    deed: Deed
    amount_minor: int = 0
    fee_minor: int = 0
    reason: str = ""
    until: datetime | None = None
    provisional: bool = False
    refund_key: int | None = None
    waived_minor: int = 0


@dataclass(frozen=True, slots=True)
class Charging:
    """What a hold must know of its session.

    ``final`` says that the bill is written; ``cost_minor`` is what it costs as far as we know.
    """

    began: bool
    ended: bool
    final: bool
    given_up: bool
    online: bool
    cost_minor: int
    currency: str | None = None
    start_deadline: datetime | None = None
    energy_wh: int = 0
    soc_percent: int | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeeRule:
    """What the platform keeps of a capture: basis points of it and a fixed part, never more than the capture."""

    basis_points: int = 0
    fixed_minor: int = 0

    def of(self, captured_minor: int) -> int:
        return min(captured_minor, captured_minor * self.basis_points // 10_000 + self.fixed_minor)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision rests on."""

    hold: Hold
    charging: Charging | None
    at: datetime
    fee: FeeRule = FeeRule()
    silent: bool = False  # the provider does not answer: what needs its word is not waited for

    @property
    def cost_minor(self) -> int:
        return 0 if self.charging is None else self.charging.cost_minor

    @property
    def runs(self) -> bool:
        return self.charging is not None and self.charging.began and not self.charging.ended

    @property
    def may_ask_to_stop(self) -> bool:
        """Whether the charger hears us, charges on, and was not asked just now."""
        asked = self.hold.stop_asked_at
        return (
            self.charging is not None
            and self.runs
            and self.charging.online
            and (asked is None or self.at >= asked + STOP_AGAIN)
        )

    @property
    def ends_at(self) -> datetime | None:
        """When the bank lets go; where nobody says so, at the earliest that is documented."""
        if self.hold.capture_before is not None or self.hold.held_at is None:
            return self.hold.capture_before
        return self.hold.held_at + SHORTEST_WINDOW

    def before_capture_ends(self, span: timedelta) -> bool:
        """Whether less than ``span`` is left until the bank lets go."""
        return self.ends_at is not None and self.at >= self.ends_at - span


NOTHING = Step(Deed.NOTHING)


def _bill(case: Case, *, provisional: bool) -> Step:
    """The end of a hold by a cost: never more than is held, never an amount that the provider would refuse."""
    cost, hold = case.cost_minor, case.hold
    if cost <= 0:
        return Step(Deed.CANCEL, reason="NO_COST")
    if cost < least_charge(hold.currency):
        return Step(Deed.CANCEL, reason="BELOW_MINIMUM", waived_minor=0 if provisional else cost)
    amount = chargeable(min(cost, hold.held_minor), hold.currency)
    # Without an account of the operator's own there is nobody whom the provider could charge a fee.
    fee = 0 if hold.account is None else chargeable(case.fee.of(amount), hold.currency)
    return Step(Deed.CAPTURE, amount, fee_minor=fee, provisional=provisional)


def _more_is_possible(hold: Hold) -> bool:
    return hold.may_increment and not hold.increment_refused and hold.held_minor < hold.wanted_minor * GROWTH_MAX


def _new(case: Case) -> Step | None:
    """The provider has not heard of it: a hold that nobody wants any more needs no call."""
    hold = case.hold
    if hold.known_to_provider:
        return None
    if hold.release_wanted is not None:
        return Step(Deed.RELEASE, reason=hold.release_wanted)
    if case.at >= hold.pay_by:
        return Step(Deed.RELEASE, reason="NOT_PAID_IN_TIME")
    return Step(Deed.CREATE, hold.wanted_minor)


def _unpaid(case: Case) -> Step:
    hold = case.hold
    if hold.release_wanted is not None:
        return Step(Deed.CANCEL, reason=hold.release_wanted)
    if case.at >= hold.pay_by:
        return Step(Deed.CANCEL, reason="NOT_PAID_IN_TIME")
    if hold.way is PayWay.READER and hold.failure is not None:
        return Step(Deed.CANCEL, reason="CARD_REFUSED")  # the reader asks no second time by itself
    pause = max(POLL, (case.at - hold.created_at) / 10)
    return Step(Deed.READ, until=min(case.at + pause, hold.pay_by))


def _without_session(case: Case) -> Step | None:
    if case.charging is not None:
        return None
    assert case.hold.held_at is not None
    if case.hold.release_wanted is not None:
        return Step(Deed.CANCEL, reason=case.hold.release_wanted)
    if case.at >= (case.hold.moved_at or case.hold.held_at) + START_WAIT:
        return Step(Deed.CANCEL, reason="NOT_STARTED")
    return Step(Deed.START)


def _not_begun(case: Case) -> Step | None:
    """Nobody plugged in, or the charger said no: what was held is given back at once."""
    charging, hold = case.charging, case.hold
    if charging is None or charging.began:
        return None
    if hold.release_wanted is not None:
        return Step(Deed.CANCEL, reason=hold.release_wanted)
    if charging.given_up or (charging.start_deadline is not None and case.at >= charging.start_deadline):
        return Step(Deed.CANCEL, reason="NOT_STARTED")
    return Step(Deed.WAIT, until=charging.start_deadline or case.at + QUIET_POLL)


def _bill_is_written(case: Case) -> Step | None:
    charging, hold = case.charging, case.hold
    if charging is None or not charging.final:
        return None
    if charging.cost_minor > hold.held_minor and _more_is_possible(hold):
        return Step(Deed.INCREMENT, min(charging.cost_minor, hold.wanted_minor * GROWTH_MAX))
    return _bill(case, provisional=False)


def _bank_lets_go(case: Case) -> Step | None:
    """The last hours: a session that can hear us is stopped and billed; of another, what is known is captured."""
    charging, hold = case.charging, case.hold
    if charging is None or not case.before_capture_ends(LAST_CALL):
        return None
    if charging.online and not charging.ended:
        if case.may_ask_to_stop:
            return Step(Deed.STOP, reason="HOLD_ENDS")
        if hold.stop_asked_at is not None and not case.before_capture_ends(LAST_CALL - STOP_PATIENCE):
            return Step(Deed.WAIT, until=hold.stop_asked_at + STOP_AGAIN)
    if charging.cost_minor < least_charge(hold.currency) and not case.before_capture_ends(LAST_CALL / 6):
        assert case.ends_at is not None
        return Step(Deed.WAIT, until=case.ends_at - LAST_CALL / 6)
    return _bill(case, provisional=True)


def _limit(case: Case) -> Step | None:
    """The cost nears what is held: more is asked for, else the driver is warned, power lowered, charging stopped."""
    charging, hold = case.charging, case.hold
    if charging is None or charging.ended:
        return None
    share = charging.cost_minor * 100
    if case.silent and _more_is_possible(hold):  # more may still be granted: only what is spent is an end
        spent = share >= 100 * hold.held_minor and hold.stop_asked_at is None
        return Step(Deed.STOP, reason="HOLD_SPENT") if spent else None
    if share >= WARN_PERCENT * hold.held_minor and _more_is_possible(hold):
        return Step(Deed.INCREMENT, min(hold.held_minor + hold.wanted_minor, hold.wanted_minor * GROWTH_MAX))
    if share >= STOP_PERCENT * hold.held_minor and hold.stop_asked_at is None:
        return Step(Deed.STOP, reason="HOLD_SPENT")
    if share >= LOWER_PERCENT * hold.held_minor and hold.lowered_at is None and hold.stop_asked_at is None:
        return Step(Deed.LOWER)
    if share >= WARN_PERCENT * hold.held_minor and hold.warned_at is None and hold.stop_asked_at is None:
        return Step(Deed.WARN, reason="HOLD_NEARLY_SPENT")
    return None


def _target(case: Case) -> Step | None:
    """What the driver wanted is reached: charging stops, with the target as its reason."""
    charging, hold = case.charging, case.hold
    if charging is None or not charging.began or charging.ended or hold.stop_asked_at is not None:
        return None
    reached = (
        (hold.target_energy_wh, charging.energy_wh, "TARGET_ENERGY"),
        (hold.target_cost_minor, charging.cost_minor, "TARGET_COST"),
        (hold.target_soc_percent, charging.soc_percent or 0, "TARGET_SOC"),
        (hold.target_duration_s, _lasts_s(charging, case.at), "TARGET_TIME"),
    )
    found = next((reason for target, now, reason in reached if target is not None and now >= target), None)
    return None if found is None else Step(Deed.STOP, reason=found)


def _lasts_s(charging: Charging, at: datetime) -> int:
    return 0 if charging.started_at is None else int((at - charging.started_at).total_seconds())


def _not_stopped_yet(case: Case) -> Step | None:
    if case.hold.stop_asked_at is None or not case.may_ask_to_stop:
        return None
    return Step(Deed.STOP, reason="NOT_STOPPED_YET")


def _early_call(case: Case) -> Step | None:
    if case.before_capture_ends(EARLY_CALL) and case.hold.warned_at is None:
        return Step(Deed.WARN, reason="HOLD_ENDS_SOON")
    return None


def _next_look(case: Case) -> Step:
    obeys_not = case.hold.stop_asked_at is not None and case.runs and case.charging is not None and case.charging.online
    looks = [case.at + (STOP_AGAIN if obeys_not else QUIET_POLL)]
    started, lasts = None if case.charging is None else case.charging.started_at, case.hold.target_duration_s
    if started is not None and lasts is not None:
        looks.append(started + timedelta(seconds=lasts))
    if case.ends_at is not None:
        looks += [case.ends_at - span for span in (EARLY_CALL, LAST_CALL, LAST_CALL / 6)]
    return Step(Deed.WAIT, until=min(moment for moment in looks if moment > case.at))


_HELD_RULES: tuple[Callable[[Case], Step | None], ...] = (
    _without_session,
    _not_begun,
    _bill_is_written,
    _bank_lets_go,
    _target,
    _limit,
    _not_stopped_yet,
    _early_call,
)


def _held(case: Case) -> Step:
    found = (rule(case) for rule in _HELD_RULES)
    return next((step for step in found if step is not None), None) or _next_look(case)


def _captured(case: Case) -> Step:
    """What is given back, and what a late end still changes about a capture that was provisional."""
    hold, charging = case.hold, case.charging
    for refund in hold.refunds:
        if refund.status is RefundStatus.REQUESTED and not case.silent:
            return Step(Deed.REFUND, refund.amount_minor, refund_key=refund.key)
    if charging is None or not hold.provisional:
        return _too_much(case) or _remainder(case)
    if case.may_ask_to_stop:
        return Step(Deed.STOP, reason="HOLD_GONE")
    if not charging.final:
        return Step(Deed.WAIT, until=case.at + (STOP_AGAIN if case.runs and charging.online else QUIET_POLL))
    return Step(Deed.CORRECT, chargeable(max(_above_bill(case), 0), hold.currency))


def _too_much(case: Case) -> Step | None:
    """A bill that was corrected downwards: what was captured above it and not given back yet is given back."""
    charging, hold = case.charging, case.hold
    if charging is None or not charging.final:
        return None
    if any(refund.status is RefundStatus.FAILED for refund in hold.refunds):
        return None  # the provider could not: a person tries again, with another amount or another way
    above = chargeable(max(_above_bill(case), 0), hold.currency)
    return Step(Deed.CORRECT, above) if above else None


def _above_bill(case: Case) -> int:
    return case.hold.captured_minor - case.hold.given_minor - case.cost_minor


def _remainder(case: Case) -> Step:
    """A final cost above what was captured is a debt, and no more than that when the bill is corrected."""
    charging, hold = case.charging, case.hold
    if charging is None or not charging.final:
        return NOTHING
    missing = max(charging.cost_minor - hold.captured_minor - hold.waived_minor, 0)
    return NOTHING if missing == hold.debt_minor else Step(Deed.OWE, missing)


def _over(case: Case) -> Step:
    """Nothing is held: a car that charges all the same is stopped, and what it took is a debt."""
    charging, hold = case.charging, case.hold
    if charging is None:
        return NOTHING
    if charging.began and not charging.ended:
        if case.may_ask_to_stop:
            return Step(Deed.STOP, reason="HOLD_GONE")
        return Step(Deed.WAIT, until=case.at + (STOP_AGAIN if charging.online else QUIET_POLL))
    if charging.final:
        return _remainder(case)
    if charging.began or case.at < hold.created_at + WATCH:
        return Step(Deed.WAIT, until=case.at + QUIET_POLL)
    return NOTHING


_BY_STATUS: dict[HoldStatus, Callable[[Case], Step]] = {
    **dict.fromkeys(UNPAID, lambda case: _new(case) or _unpaid(case)),
    HoldStatus.HELD: _held,
    HoldStatus.CAPTURED: _captured,
    **dict.fromkeys(WITHOUT_MONEY, _over),
}


def owed(hold: Hold, charging: Charging | None, at: datetime, fee: FeeRule | None = None) -> Step:
    """The one thing that is owed now. ``charging`` is None while no session was promised for the hold."""
    return _BY_STATUS[hold.status](Case(hold, charging, at, fee or FeeRule()))


_NEEDS_NO_PROVIDER = frozenset({Deed.STOP, Deed.LOWER, Deed.WARN})


def owed_meanwhile(hold: Hold, charging: Charging | None, at: datetime) -> Step | None:
    """What the driver and the charger are told although the provider does not answer: energy flows on all the same."""
    step = _BY_STATUS[hold.status](Case(hold, charging, at, silent=True))
    return step if step.deed in _NEEDS_NO_PROVIDER else None
