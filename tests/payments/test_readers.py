"""Cards that are tapped at a reader: what shows the amount, holds what was agreed, and asks nobody afterwards."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import stripe

from app.domain.hold import HoldStatus, PayWay
from payments.double.shapes import Json
from tests.payments.holding import House
from tests.payments.test_cases import work

VISA, DISCOVER, DECLINED = "4242424242424242", "6011981111111113", "4000000000000002"


class Kiosk(House):
    """A hold that a reader asks for."""

    def __init__(self) -> None:
        super().__init__(way=PayWay.READER)
        self.reader: Json = self.double.book.register(self.book_account, "Kiosk")
        self.record.hold = replace(self.hold, reader=self.reader["id"])

    def tap(self, number: str) -> None:
        self.double.book.present(self.book_account, self.reader, number)


async def test_a_tapped_card_holds_grows_and_pays() -> None:
    kiosk = Kiosk()
    await work(kiosk)
    assert kiosk.reader["action"]["status"] == "in_progress"
    assert kiosk.hold.status is HoldStatus.CREATED
    kiosk.tap(DISCOVER)
    await work(kiosk, times=2, after=timedelta(seconds=5))
    assert (kiosk.hold.status, kiosk.hold.held_minor, kiosk.hold.may_increment) == (HoldStatus.HELD, 2000, True)
    assert kiosk.hold.capture_before is not None
    kiosk.floor.change(began=True, cost_minor=1700)
    await work(kiosk)
    assert kiosk.hold.held_minor == 4000
    kiosk.floor.change(ended=True, final=True, cost_minor=2300)
    await work(kiosk)
    assert (kiosk.hold.status, kiosk.hold.captured_minor) == (HoldStatus.CAPTURED, 2300)


async def test_a_refused_card_ends_it_and_the_reader_is_free() -> None:
    kiosk = Kiosk()
    await work(kiosk)
    kiosk.tap(DECLINED)
    await work(kiosk, times=2, after=timedelta(seconds=5))
    assert (kiosk.hold.status, kiosk.hold.release_wanted) == (HoldStatus.RELEASED, "CARD_REFUSED")
    assert kiosk.hold.failure == "generic_decline"
    assert kiosk.reader["action"] is None
    assert kiosk.floor.starts == 0


async def test_a_reader_that_asks_for_another_or_is_off_asks_nobody() -> None:
    for state, code in (({"status": "offline"}, "terminal_reader_offline"), ({}, "terminal_reader_busy")):
        kiosk = Kiosk()
        kiosk.reader |= state
        kiosk.reader["action"] = None if state else {"status": "in_progress"}
        await work(kiosk)
        assert (kiosk.hold.status, kiosk.hold.failure) == (HoldStatus.FAILED, code)
        (intent,) = kiosk.book_account.of_kind("payment_intent")
        assert intent["status"] == "canceled", "nobody can pay it any more"


async def test_who_lost_the_reader_takes_nothing_from_the_next() -> None:
    """A's card is refused; before A's hold notices, the reader asks B."""
    kiosk = Kiosk()
    await work(kiosk)
    kiosk.tap(DECLINED)
    book = kiosk.double.book
    other = book.create_intent(
        kiosk.book_account,
        amount=900,
        currency="eur",
        metadata={},
        description=None,
        options={},
        types=["card_present"],
    )
    book.process(kiosk.book_account, kiosk.reader, other)
    await work(kiosk, times=2, after=timedelta(seconds=5))
    assert kiosk.hold.status is HoldStatus.RELEASED
    assert kiosk.reader["action"]["process_payment_intent"]["payment_intent"] == other["id"]


async def test_a_reader_that_gave_up_without_a_card_ends_it_at_once() -> None:
    kiosk = Kiosk()
    await work(kiosk)
    kiosk.reader["action"] |= {"status": "failed", "failure_code": "customer_canceled"}
    await work(kiosk, times=2, after=timedelta(seconds=5))
    assert (kiosk.hold.status, kiosk.hold.failure) == (HoldStatus.RELEASED, "customer_canceled")


async def test_a_slow_reader_is_waited_for_and_a_card_read_meanwhile_is_not_lost() -> None:
    """Its answer is late, and the driver has tapped by then: what the bank holds is known."""
    kiosk = Kiosk()
    real = kiosk.cashier.stripe.v1.terminal.readers.process_payment_intent_async

    async def slow(*said: object, **more: object) -> None:
        await real(*said, **more)  # type: ignore[arg-type]
        kiosk.tap(VISA)
        raise stripe.InvalidRequestError("Timed out.", None, code="terminal_reader_timeout", http_status=400)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(kiosk.cashier.stripe.v1.terminal.readers), "process_payment_intent_async", slow_of(slow))
        await work(kiosk)
    await work(kiosk, after=timedelta(seconds=5))
    assert (kiosk.hold.status, kiosk.hold.held_minor) == (HoldStatus.HELD, 2000)


def slow_of(slow: Any) -> Any:
    async def called(_: object, *said: object, **more: object) -> Any:
        return await slow(*said, **more)

    return called


async def test_nobody_taps_and_nothing_is_shown_any_more() -> None:
    kiosk = Kiosk()
    await work(kiosk)
    await work(kiosk, after=timedelta(minutes=16))
    assert (kiosk.hold.status, kiosk.hold.release_wanted) == (HoldStatus.RELEASED, "NOT_PAID_IN_TIME")
    assert kiosk.reader["action"] is None


async def test_who_dies_after_asking_asks_the_reader_once() -> None:
    """The answer is lost: the same call under its key finds the reader asking for this very intent."""
    kiosk = Kiosk()
    kiosk.die_at = 1
    await work(kiosk, times=2)
    assert kiosk.hold.status is HoldStatus.CREATED
    assert kiosk.reader["action"]["process_payment_intent"]["payment_intent"] == kiosk.hold.reference
    kiosk.tap(VISA)
    await work(kiosk, times=2, after=timedelta(seconds=5))
    assert kiosk.hold.status is HoldStatus.HELD
    assert len(list(kiosk.book_account.of_kind("payment_intent"))) == 1
