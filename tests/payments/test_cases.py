"""The cases of a hold's life that need no database, each by its number in `cases.py`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.charge_limits import BadAmount, check_charge, from_provider, least_charge, to_provider
from app.domain.hold import TAKEN_OVER, HoldStatus, IntentFacts, IntentState, PayWay, RefundStatus, WrongIntent, seen
from app.domain.owed import FeeRule
from app.jobs.holds import advance
from app.ports.cashier import CashierUnavailable
from payments.double.book import Refused
from payments.double.http import Fault
from tests.payments.holding import Death, House, ask_refund


async def work(house: House, *, times: int = 1, after: timedelta = timedelta(0)) -> None:
    """Workers that look, each a while after the one before; one that dies is followed by the next."""
    for _ in range(times):
        house.clock.at += after
        try:
            await advance(house.means, 1)
        except Death:
            continue


async def held(card: str = "pm_card_visa", **values: object) -> House:
    house = House(**values)  # type: ignore[arg-type]
    await work(house)
    if house.hold.way is not PayWay.SAVED_CARD:
        house.pay(card)
    await work(house, times=2, after=timedelta(seconds=5))
    assert house.hold.status is HoldStatus.HELD
    return house


async def charging(cost: int = 0, card: str = "pm_card_visa", **values: object) -> House:
    house = await held(card, **values)
    house.floor.change(began=True, cost_minor=cost)
    await work(house)
    return house


async def ended(cost: int, **values: object) -> House:
    house = await charging(**values)  # type: ignore[arg-type]
    house.floor.change(ended=True, final=True, cost_minor=cost)
    await work(house)
    return house


async def test_01_silence_until_the_bank_lets_go_is_captured_and_corrected() -> None:
    house = await charging(900)
    house.floor.change(online=False)
    house.clock.at += timedelta(days=6, hours=18, minutes=1)
    await work(house)
    assert (house.hold.status, house.hold.captured_minor, house.hold.provisional) == ("CAPTURED", 900, True)
    house.floor.change(ended=True, final=True, cost_minor=850, online=True)
    await work(house)
    assert (house.hold.refunded_minor, house.hold.debt_minor) == (50, 0)
    dearer = await charging(900)
    dearer.floor.change(online=False)
    dearer.clock.at += timedelta(days=6, hours=18, minutes=1)
    await work(dearer)
    dearer.floor.change(ended=True, final=True, cost_minor=1000, online=True)
    await work(dearer)
    assert (dearer.hold.refunded_minor, dearer.hold.debt_minor) == (0, 100)


async def test_01_a_charger_that_hears_us_is_stopped_before_the_bank_lets_go() -> None:
    house = await charging(900)
    house.clock.at += timedelta(days=6, hours=18, minutes=1)
    await work(house)
    assert (house.floor.stops, house.hold.status) == (1, HoldStatus.HELD)
    house.floor.change(ended=True, final=True, cost_minor=910)
    await work(house)
    assert (house.hold.captured_minor, house.hold.provisional) == (910, False)


async def test_02_a_hold_that_expired_stops_the_session_and_leaves_a_debt() -> None:
    house = await charging(900)
    house.clock.at += timedelta(days=8)  # nobody worked meanwhile
    house.double.book.expire()
    await work(house, times=3, after=timedelta(minutes=11))
    assert house.hold.status is HoldStatus.EXPIRED
    assert house.floor.stops == 3, "a charger that does not obey is asked again"
    house.floor.change(ended=True, final=True, cost_minor=950)
    await work(house)
    assert (house.hold.captured_minor, house.hold.debt_minor) == (0, 950)


async def test_03_a_cost_above_the_hold_is_capped_and_the_rest_a_debt() -> None:
    house = await ended(2300)
    assert (house.hold.captured_minor, house.hold.debt_minor) == (2000, 300)
    growing = await charging(1700, "pm_card_discover")
    assert (growing.hold.held_minor, growing.floor.stops) == (4000, 0)
    growing.floor.change(ended=True, final=True, cost_minor=2300)
    await work(growing)
    assert (growing.hold.captured_minor, growing.hold.debt_minor) == (2300, 0)


async def test_04_a_refused_increment_keeps_the_hold_and_stops_at_the_limit() -> None:
    house = await charging(0, "pm_card_discover")
    house.intent["_first_amount"] = 100  # its bank grants no more
    house.floor.change(cost_minor=1700)
    await work(house)
    assert (house.hold.held_minor, house.hold.increment_refused) == (2000, True)
    assert house.hold.warned_at is not None
    house.floor.change(cost_minor=1950)
    await work(house)
    assert (house.floor.stops, house.floor.lowered) == (1, 0)
    await work(house)
    assert house.floor.stops == 1


@pytest.mark.parametrize("away", ["increment", "read"])
async def test_03_the_charger_is_stopped_although_the_provider_is_away(away: str) -> None:
    house = await charging(100, "pm_card_discover")

    async def silent(*_: object) -> IntentFacts:
        raise CashierUnavailable("no route")

    setattr(house.cashier, away, silent)
    house.record.look = away == "read"
    for cost in (1700, 1850, 1950):
        house.floor.change(cost_minor=cost)
        await work(house, after=timedelta(minutes=1))
    assert (house.floor.lowered, house.floor.stops) == (0, 0), "more may still be granted"
    house.floor.change(cost_minor=2500)
    await work(house, after=timedelta(minutes=1))
    assert (house.hold.held_minor, house.floor.lowered, house.floor.stops) == (2000, 0, 1)
    await work(house, after=timedelta(minutes=6))
    assert house.floor.stops == 2, "a car that goes on is asked again"


async def test_05_nothing_charged_gives_everything_back() -> None:
    house = await ended(0)
    assert (house.hold.status, house.count("payment_intent.canceled")) == (HoldStatus.RELEASED, 1)


async def test_06_less_than_can_be_charged_is_waived() -> None:
    house = await ended(49)
    assert (house.hold.status, house.hold.waived_minor, house.hold.debt_minor) == (HoldStatus.RELEASED, 49, 0)
    assert (await ended(50)).hold.captured_minor == 50


async def test_07_nobody_plugged_in_and_a_start_that_comes_true_afterwards_is_stopped() -> None:
    house = await held()
    assert house.floor.starts == 1
    await work(house, after=timedelta(seconds=90))
    assert (house.hold.status, house.hold.release_wanted) == (HoldStatus.RELEASED, "NOT_STARTED")
    house.floor.change(began=True, cost_minor=70)
    await work(house)
    assert house.floor.stops == 1
    house.floor.change(ended=True, final=True)
    await work(house)
    assert house.hold.debt_minor == 70


@pytest.mark.parametrize("refusal", ["STATION_OFFLINE", "EVSE_BUSY"])
async def test_08_a_start_that_is_refused_gives_back_at_once(refusal: str) -> None:
    house = House()
    house.floor.refusal = refusal
    await work(house)
    house.pay()
    await work(house, after=timedelta(seconds=5))
    assert (house.hold.status, house.hold.release_wanted) == (HoldStatus.RELEASED, refusal)


async def test_09_word_of_an_intent_before_its_answer_makes_no_second() -> None:
    house = House(way=PayWay.ELEMENT)
    house.double.faults.append(Fault("POST", "lost"))
    await work(house)
    assert house.hold.reference is None
    house.record.look = True
    await work(house, after=timedelta(seconds=3))
    assert house.hold.reference is not None
    assert house.count("payment_intent.created") == 1


async def test_10_a_lost_answer_is_asked_for_under_its_key_and_later_by_its_mark() -> None:
    for wait, finds in ((timedelta(seconds=5), 0), (timedelta(hours=23, minutes=1), 1)):
        house = House(way=PayWay.ELEMENT)
        house.double.faults.append(Fault("POST", "lost"))
        await work(house)
        house.clock.at += wait
        await work(house)
        assert house.hold.reference is not None
        assert house.count("payment_intent.created") == 1
        listed = [name for name, _, _ in house.double.calls if name == "GET /v1/payment_intents"]
        assert len(listed) == finds
        keys = {key for name, _, key in house.double.calls if name == "POST /v1/payment_intents"}
        assert len(keys) == 1


@pytest.mark.parametrize("kind", ["error", "error_after"])
async def test_11_a_failure_kept_under_a_key_needs_a_look_and_a_new_key(kind: str) -> None:
    house = await charging(800)
    house.double.faults.append(Fault("capture", kind))
    house.floor.change(ended=True, final=True)
    await work(house, times=2, after=timedelta(seconds=10))
    assert (house.hold.captured_minor, house.count("charge.captured")) == (800, 1)
    keys = {key for name, _, key in house.double.calls if name.endswith("/capture")}
    assert len(keys) == (2 if kind == "error" else 1)


async def test_14_a_capture_that_fails_is_tried_until_the_bank_lets_go_and_then_a_debt() -> None:
    house = await charging(800)
    house.double.faults.append(Fault("capture", "error", 10_000))
    house.floor.change(ended=True, final=True)
    await work(house, times=8, after=timedelta(days=1))
    assert (house.hold.status, house.hold.debt_minor) == (HoldStatus.EXPIRED, 800)
    assert len([name for name, _, _ in house.double.calls if name.endswith("/capture")]) >= 6


async def test_15_captured_and_died_before_writing_it_captures_no_second_time() -> None:
    house = await charging(800)
    house.floor.change(ended=True, final=True)
    house.die_at = house.passed + 2  # the answer is there, nothing is written
    await work(house, times=2)
    assert (house.hold.captured_minor, house.count("charge.captured")) == (800, 1)


async def test_17_a_page_that_nobody_pays_on_is_closed_and_cannot_be_paid_later() -> None:
    house = House()
    await work(house)
    await work(house, after=timedelta(minutes=15))
    assert (house.hold.status, house.hold.release_wanted) == (HoldStatus.RELEASED, "NOT_PAID_IN_TIME")
    with pytest.raises(Refused):
        house.pay()
    assert house.count("payment_intent.created") == 0


async def test_17_paid_in_the_last_moment_is_paid() -> None:
    house = House()
    await work(house)
    house.clock.at += timedelta(minutes=15)
    house.pay()
    await work(house, times=3, after=timedelta(seconds=10))
    assert (house.hold.status, house.floor.starts) == (HoldStatus.HELD, 1)


async def test_18_paid_in_the_moment_when_somebody_else_got_the_place_is_given_back_at_once() -> None:
    """The page was given up, and yet the bank held the money before anybody closed it."""
    for way in (PayWay.CHECKOUT, PayWay.ELEMENT):
        house = House(way=way)
        await work(house)
        house.record.hold = replace(house.hold, release_wanted=TAKEN_OVER)
        house.pay()
        await work(house, times=3, after=timedelta(seconds=5))
        assert (house.hold.status, house.hold.release_wanted) == (HoldStatus.RELEASED, TAKEN_OVER)
        assert (house.floor.starts, house.count("payment_intent.canceled")) == (0, 1)


async def test_25_a_session_that_a_person_must_review_waits_with_its_hold() -> None:
    house = await charging(900)
    house.floor.change(ended=True, final=False)
    await work(house, times=3, after=timedelta(days=1))
    assert house.hold.status is HoldStatus.HELD
    await work(house, after=timedelta(days=3, hours=18))
    assert (house.hold.captured_minor, house.hold.provisional) == (900, True)


async def test_26_what_an_offline_charger_tells_days_later_is_a_debt() -> None:
    house = await held()
    await work(house, after=timedelta(seconds=91))
    assert house.hold.status is HoldStatus.RELEASED
    house.clock.at += timedelta(hours=20)
    house.floor.change(began=True, ended=True, final=True, cost_minor=1234)
    await work(house)
    assert (house.hold.captured_minor, house.hold.debt_minor) == (0, 1234)


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [
        ("EUR", 1160, 1160),
        ("JPY", 1160, 1160),
        ("ISK", 1160, 116_000),
        ("UGX", 5, 500),
        ("KWD", 1234, 1230),
        ("KWD", 1235, 1240),
        ("BHD", 999, 1000),
        ("MGA", 5000, 50),
    ],
)
def test_27_amounts_are_the_providers(currency: str, ours: int, theirs: int) -> None:
    assert to_provider(ours, currency) == theirs
    assert to_provider(from_provider(theirs, currency), currency) == theirs


@pytest.mark.parametrize("currency", ["JPY", "KWD", "ISK", "HUF"])
async def test_27_a_hold_in_each_kind_of_currency_is_captured(currency: str) -> None:
    wanted = least_charge(currency) * 10
    house = await charging(currency=currency, wanted_minor=wanted)
    assert house.hold.held_minor == wanted
    house.floor.change(ended=True, final=True, cost_minor=wanted // 2)
    await work(house)
    assert house.hold.captured_minor == wanted // 2


async def test_27_where_cards_pay_tens_only_nothing_is_taken_above_the_bill() -> None:
    house = await ended(1005, currency="KWD", wanted_minor=5000)
    await work(house, times=3, after=timedelta(minutes=20))
    assert (house.hold.captured_minor, house.hold.debt_minor, house.hold.refunds) == (1000, 5, ())
    house.floor.change(cost_minor=986)
    await work(house, times=3, after=timedelta(minutes=20))
    assert (house.hold.captured_minor, house.hold.refunded_minor, house.hold.debt_minor) == (1000, 10, 0)


async def test_27_a_fee_of_a_currency_in_tens_is_in_tens_too() -> None:
    house = await ended(1005, currency="KWD", wanted_minor=5000, fee=FeeRule(150, 0))
    assert (house.hold.captured_minor, house.hold.fee_minor) == (1000, 10), "15 are no whole tens"
    assert house.intent["application_fee_amount"] == 10


def test_27_what_cannot_be_held_is_refused_before() -> None:
    for amount, currency in ((49, "EUR"), (100_000_000, "EUR"), (1_000_000, "ISK"), (49, "JPY")):
        with pytest.raises(BadAmount):
            check_charge(amount, currency)
    check_charge(50, "EUR")
    check_charge(99_999_999, "EUR")


async def test_33_a_refund_that_fails_gives_nothing_back_and_can_be_asked_again() -> None:
    house = await ended(1000)
    book, account = house.double.book, house.book_account
    book.refund(account, house.intent, 900, None, {})  # by hand, at the provider
    ask_refund(house.record, 400, "GOODWILL", house.clock())
    await work(house)
    [failed] = house.hold.refunds
    assert (failed.status, failed.failure) == (RefundStatus.FAILED, "amount_too_large")
    ask_refund(house.record, 100, "GOODWILL", house.clock())
    await work(house)
    assert house.hold.refunds[-1].status is RefundStatus.SUCCEEDED
    house.record.look = True
    await work(house)
    assert house.hold.refunded_minor == 1000


async def test_35_nothing_starts_before_the_bank_holds_the_amount() -> None:
    house = House()
    await work(house)
    house.pay("pm_card_threeDSecure2Required")
    await work(house, times=3, after=timedelta(seconds=10))
    assert (house.hold.status, house.floor.starts) == (HoldStatus.ACTION_REQUIRED, 0)
    house.double.book.authenticate(house.book_account, house.intent, agreed=True)
    await work(house, after=timedelta(seconds=10))
    assert (house.hold.status, house.floor.starts) == (HoldStatus.HELD, 1)
    abandoned = House()
    await work(abandoned)
    abandoned.pay("pm_card_threeDSecure2Required")
    await work(abandoned, times=2, after=timedelta(minutes=8))
    assert (abandoned.hold.status, abandoned.floor.starts) == (HoldStatus.RELEASED, 0)


async def test_35_a_saved_card_whose_bank_wants_to_see_the_driver_starts_nothing() -> None:
    house = House(way=PayWay.SAVED_CARD)
    house.shelf.payer = replace(house.shelf.payer, payment_method="pm_card_authenticationRequired")
    await work(house)
    assert (house.hold.status, house.hold.failure) == (HoldStatus.FAILED, "authentication_required")
    assert house.floor.starts == 0


async def test_36_a_restricted_account_finishes_what_runs_and_holds_nothing_new() -> None:
    house = await charging(800)
    house.book_account.charges_enabled = False
    house.floor.change(ended=True, final=True)
    await work(house)
    assert house.hold.captured_minor == 800
    another = House()
    another.book_account.charges_enabled = False
    await work(another)
    assert (another.hold.status, another.hold.failure) == (HoldStatus.FAILED, "account_invalid")


async def test_37_the_fee_is_never_more_than_the_capture() -> None:
    house = await ended(60, fee=FeeRule(0, 100))
    assert (house.hold.captured_minor, house.hold.fee_minor) == (60, 60)
    assert house.intent["application_fee_amount"] == 60


def test_38_another_currency_or_another_intent_is_never_taken_in() -> None:
    house = House()
    with pytest.raises(WrongIntent):
        seen(house.hold, IntentFacts("pi_1", IntentState.CAPTURABLE, "USD", held_minor=2000), house.clock())
    known = seen(house.hold, IntentFacts("pi_1", IntentState.CAPTURABLE, "EUR", held_minor=2000), house.clock())
    with pytest.raises(WrongIntent):
        seen(known, IntentFacts("pi_2", IntentState.CAPTURABLE, "EUR", held_minor=2000), house.clock())
