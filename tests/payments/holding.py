"""Holds in memory: a shelf that commits or forgets, a floor that remembers what it was asked, and a death on demand."""

import copy
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import stripe

from app.domain.hold import Hold, PayWay, Refund, RefundStatus
from app.domain.owed import Charging, FeeRule, Step
from app.domain.payer import Payer
from app.domain.payment_call import CallState, PaymentCall, idempotency_key
from app.jobs.holds import Means
from payments.double import DoubleStripe
from payments.double.book import Book
from payments.stripe_cashier import StripeCashier

ACCOUNT = "acct_operator"


class Death(BaseException):
    """The process dies here."""


class Direct(stripe.HTTPClient):
    """Hands the SDK's requests to a double in this process, without a socket."""

    name = "direct"

    def __init__(self, double: DoubleStripe) -> None:
        super().__init__()
        self._double = double

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, dict[str, str]]:
        parts = urlsplit(url)
        lower = {name.lower(): value for name, value in headers.items()}
        sent = post_data.decode("latin-1") if isinstance(post_data, bytes) else post_data
        text = (sent or "") if method.upper() == "POST" else parts.query
        status, body = self._double.serve(
            method.upper(), parts.path, text, lower.get("stripe-account"), lower.get("idempotency-key", "")
        )
        return (body.encode() if isinstance(body, str) else orjson.dumps(body)), status, {}

    async def close_async(self) -> None:
        return None


def direct_cashier(double: DoubleStripe) -> StripeCashier:
    return StripeCashier("sk_test_double", simulated=True, http=Direct(double))


@dataclass
class Moment:
    """Real seconds, moved by hand, shared by us and the double."""

    at: datetime = datetime(2026, 9, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()


@dataclass
class Record:
    """One hold's rows."""

    hold: Hold
    charging: Charging | None = None
    calls: list[PaymentCall] = field(default_factory=list)
    told: list[Step] = field(default_factory=list)
    look: bool = False


class MemoryPage:
    def __init__(self, record: Record, clock: Moment, fee: FeeRule, floor: "MemoryFloor", payer: Payer) -> None:
        self._record, self._clock = record, clock
        self.fee, self.payer = fee, payer
        self.charging = floor.charging if record.hold.session_key is not None else None

    @property
    def hold(self) -> Hold:
        return self._record.hold

    @property
    def look(self) -> bool:
        return self._record.look

    async def unfinished(self) -> PaymentCall | None:
        return next((call for call in self._record.calls if call.state is CallState.WANTED), None)

    async def save(self, hold: Hold) -> None:
        self._record.hold = hold

    async def add_call(self, step: Step) -> PaymentCall:
        same = [call for call in self._record.calls if call.deed is step.deed and call.refund_key == step.refund_key]
        generation = len(same) + 1
        made = PaymentCall(
            len(self._record.calls) + 1, self.hold.key, step.deed, generation,
            idempotency_key(self.hold, step, generation), step.amount_minor, step.fee_minor, step.reason,
            step.provisional, step.waived_minor, step.refund_key, self._clock(),
        )  # fmt: skip
        self._record.calls.append(made)
        return made

    def _at(self, call: PaymentCall) -> int:
        return next(at for at, kept in enumerate(self._record.calls) if kept.key == call.key)

    async def is_wanted(self, call: PaymentCall) -> bool:
        return self._record.calls[self._at(call)].state is CallState.WANTED

    async def end_call(self, call: PaymentCall, state: CallState, result: str) -> None:
        self._record.calls[self._at(call)] = replace(call, state=state)

    async def try_later(self, call: PaymentCall, error: str) -> None:
        at = self._at(call)
        self._record.calls[at] = replace(self._record.calls[at], attempts=call.attempts + 1)

    async def repay(self, amount_minor: int, reason: str) -> None:
        ask_refund(self._record, amount_minor, reason, self._clock())

    async def tell(self, step: Step) -> None:
        self._record.told.append(step)

    async def looked(self) -> None:
        self._record.look = False

    async def look_again(self) -> None:
        self._record.look = True


def ask_refund(record: Record, amount_minor: int, reason: str, at: datetime) -> None:
    hold = record.hold
    asked = Refund(len(hold.refunds) + 1, uuid4(), amount_minor, reason, RefundStatus.REQUESTED, "test", at)
    record.hold = replace(hold, refunds=(*hold.refunds, asked), version=hold.version + 1)


@dataclass
class MemoryFloor:
    """The station: a start is promised once, a stop and a lower power asked for once, as the real ones are."""

    clock: Moment
    record: "Record"
    charging: Charging | None = None
    refusal: str | None = None
    starts: int = 0
    stops: int = 0
    lowered: int = 0

    async def start(self, hold: Hold) -> str | None:
        if self.refusal is not None:
            return self.refusal
        if self.charging is None:
            self.starts += 1
            deadline = self.clock() + timedelta(seconds=90)
            self.charging = Charging(False, False, False, False, True, 0, hold.currency, deadline)
            self.record.hold = replace(self.record.hold, session_key=7, version=hold.version + 1)
        return None

    async def stop(self, hold: Hold, reason: str) -> None:
        self.stops += 1

    async def lower(self, hold: Hold) -> None:
        self.lowered += 1

    def change(self, **values: Any) -> None:
        assert self.charging is not None
        self.charging = replace(self.charging, **values)


class MemoryShelf:
    """One hold; a block that ends in an exception, or in death, leaves what was before."""

    def __init__(self, record: Record, clock: Moment, floor: MemoryFloor, fee: FeeRule) -> None:
        self.record, self._clock, self._floor, self._fee = record, clock, floor, fee
        self.payer = Payer("https://pay.example/back", None, "cus_1", "pm_card_visa")

    @asynccontextmanager
    async def page(self, key: int) -> AsyncIterator[MemoryPage]:
        draft = Record(self.record.hold, None, list(self.record.calls), list(self.record.told), self.record.look)
        yield MemoryPage(draft, self._clock, self._fee, self._floor, self.payer)
        self.record.hold, self.record.calls = draft.hold, draft.calls
        self.record.told, self.record.look = draft.told, draft.look


class House:
    """A hold, its double, its driver and its station, all in one process."""

    def __init__(
        self,
        *,
        way: PayWay = PayWay.CHECKOUT,
        wanted_minor: int = 2000,
        currency: str = "EUR",
        fee: FeeRule | None = None,
        account: str | None = ACCOUNT,
    ) -> None:
        self.clock = Moment()
        self.double = DoubleStripe(Book(clock=self.clock.seconds))
        self.cashier = direct_cashier(self.double)
        now = self.clock()
        self.record = Record(
            Hold(1, uuid4(), 1, 1, 1, 1, currency, wanted_minor, now, now + timedelta(minutes=15), way, account=account)
        )
        self.floor = MemoryFloor(self.clock, self.record)
        self.shelf = MemoryShelf(self.record, self.clock, self.floor, fee or FeeRule())
        self.die_at: int | None = None
        self.passed = 0
        self.means = Means(self.shelf, self.cashier, self.floor, self.clock, self._checkpoint)

    async def _checkpoint(self, name: str) -> None:
        self.passed += 1
        if self.die_at is not None and self.passed == self.die_at:
            self.die_at = None
            raise Death(name)

    @property
    def hold(self) -> Hold:
        return self.record.hold

    def change(self, **values: Any) -> None:
        """As an operator's mutation does."""
        self.record.hold = replace(self.record.hold, version=self.record.hold.version + 1, **values)

    @property
    def book_account(self) -> Any:
        return self.double.book.account(self.hold.account)

    @property
    def intent(self) -> dict[str, Any]:
        """The provider's object of our hold: its own memory, not a copy."""
        return self.book_account.objects[self.hold.reference]  # type: ignore[no-any-return]

    def count(self, type: str) -> int:
        return sum(event["type"] == type for event in self.book_account.events)

    def pay(self, card: str = "pm_card_visa") -> None:
        """The driver gives a card where the hold's way asks for it."""
        book, account, hold = self.double.book, self.book_account, self.hold
        if hold.way is PayWay.CHECKOUT:
            book.pay_page(account, account.objects[hold.checkout_reference], card)
        else:
            book.confirm(account, account.objects[hold.reference], card)

    def copy_of_double(self) -> Any:
        return copy.deepcopy(self.book_account.objects)
