"""A hold is moved on: what it owes is written, committed, done outside any transaction, and its outcome written.

The same loop finishes what a crash left halfway: a call without an outcome is made again under its own key before
anything else is asked. It needs no webhook; a webhook only makes it look sooner.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from app.domain.hold import UNPAID, Hold, IntentFacts, IntentState, RefundStatus, seen
from app.domain.ids import Prefix, public_id
from app.domain.owed import Charging, Deed, FeeRule, Step, owed, owed_meanwhile
from app.domain.payer import Payer
from app.domain.payment_call import CallState, PaymentCall, answered, backoff, done, refund_seen, refunded, refused
from app.ports.cashier import (
    Call,
    Cashier,
    CashierUnavailable,
    Declined,
    IntentDraft,
    KeyPoisoned,
    Reference,
    RefundFacts,
)

log = structlog.get_logger(__name__)

Checkpoint = Callable[[str], Awaitable[None]]
CHECKPOINTS = ("payment call written", "payment call answered", "payment call recorded", "payment deed done")
_STEPS_MAX = 25  # of one look; a hold that wants more is looked at again at once
_PAGE_LIFE = timedelta(minutes=60)  # of the provider's page; ours is over sooner


class Page(Protocol):
    """A hold in one transaction, its row locked; what is written is committed at the end of the block."""

    hold: Hold
    charging: Charging | None
    fee: FeeRule
    payer: Payer
    look: bool  # the provider sent word of it

    async def unfinished(self) -> PaymentCall | None: ...
    async def save(self, hold: Hold) -> None: ...
    async def add_call(self, step: Step) -> PaymentCall: ...
    async def is_wanted(self, call: PaymentCall) -> bool: ...
    async def end_call(self, call: PaymentCall, state: CallState, result: str) -> None: ...
    async def try_later(self, call: PaymentCall, error: str) -> None: ...
    async def repay(self, amount_minor: int, reason: str) -> None: ...
    async def tell(self, step: Step) -> None: ...
    async def looked(self) -> None: ...
    async def look_again(self) -> None: ...


class Shelf(Protocol):
    """Where holds are kept."""

    def page(self, key: int) -> AbstractAsyncContextManager[Page]: ...


class Floor(Protocol):
    """What a hold asks of the charging station; each is done once, however often it is asked."""

    async def start(self, hold: Hold) -> str | None:
        """Promises a session and links the hold to it in one transaction; the code of a refusal."""
        ...

    async def stop(self, hold: Hold, reason: str) -> None: ...
    async def lower(self, hold: Hold) -> None: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What holds are moved on with."""

    shelf: Shelf
    cashier: Cashier
    floor: Floor
    clock: Callable[[], datetime]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: CallState
    facts: IntentFacts | None = None
    refund: RefundFacts | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Work:
    """What one transaction found to do outside of it: a step, and for a call the row that was committed."""

    hold: Hold
    payer: Payer
    step: Step
    call: PaymentCall | None = None


_LOCAL = frozenset({Deed.RELEASE, Deed.WARN, Deed.CORRECT, Deed.OWE})
_FLOOR = frozenset({Deed.START, Deed.STOP, Deed.LOWER})


async def advance(means: Means, key: int) -> datetime | None:
    """Does what the hold owes; when to look again, None for never."""
    for _ in range(_STEPS_MAX):
        work = await _next(means, key)
        if work.step.deed is Deed.NOTHING:
            return None
        if work.step.deed is Deed.WAIT:
            return work.step.until
        if work.call is not None:
            await means.checkpoint("payment call written")
            again = await _make(means, key, work, work.call)
        elif work.step.deed is Deed.READ:
            again = await _read(means, key, work)
        elif work.step.deed in _FLOOR:
            again = await _on_the_floor(means, key, work)
        else:
            again = None
        if again is not None:
            if work.hold.status not in UNPAID:
                await _meanwhile(means, key)
            return again
    return means.clock()


async def _meanwhile(means: Means, key: int) -> None:
    """The provider's word is awaited; the charger's is not."""
    for _ in range(_STEPS_MAX):
        async with means.shelf.page(key) as page:
            hold, at = page.hold, means.clock()
            step = owed_meanwhile(hold, page.charging, at)
            if step is None:
                return
            if step.deed in _LOCAL:
                await page.save(done(hold, step, at))
                await page.tell(step)
                continue
            work = _Work(hold, page.payer, step)
        await _on_the_floor(means, key, work)


async def _next(means: Means, key: int) -> _Work:
    """The next step. A call is committed here, before anybody makes it; a step of our own is done here."""
    async with means.shelf.page(key) as page:
        hold, at = page.hold, means.clock()
        call = await page.unfinished()
        if call is not None:
            return _Work(hold, page.payer, Step(call.deed), call)
        if page.look and hold.known_to_provider:
            return _Work(hold, page.payer, Step(Deed.READ))
        step = owed(hold, page.charging, at, page.fee)
        if step.deed in _LOCAL:
            if step.deed is Deed.CORRECT and step.amount_minor > 0:
                reason = "PROVISIONAL_CORRECTION" if hold.provisional else "BILL_CORRECTION"
                await page.repay(step.amount_minor, reason)
            await page.save(done(page.hold, step, at))
            await page.tell(step)
        elif step.deed in (Deed.CREATE, Deed.INCREMENT, Deed.CAPTURE, Deed.CANCEL, Deed.REFUND):
            call = await page.add_call(step)
        return _Work(hold, page.payer, step, call)


def _call(hold: Hold, key: str = "") -> Call:
    return Call(hold.account, key)


def _reference(hold: Hold) -> Reference:
    return Reference(hold.reference, hold.checkout_reference, hold.currency)


def _asking(hold: Hold) -> str | None:
    """The reader that may still ask for a card."""
    return hold.reader if hold.status in UNPAID else None


def draft_of(hold: Hold, payer: Payer, amount_minor: int) -> IntentDraft:
    """The same draft for every attempt: it is made of what never changes."""
    return IntentDraft(
        hold_id=hold.uuid,
        amount_minor=amount_minor,
        currency=hold.currency,
        way=hold.way,
        description=f"Charging, {public_id(Prefix.HOLD, hold.uuid)}",
        return_url=payer.return_url,
        contact=payer.email,
        expires_at=hold.created_at + _PAGE_LIFE,
        customer=payer.customer,
        payment_method=payer.payment_method,
        reader=hold.reader,
    )


async def _read(means: Means, key: int, work: _Work) -> datetime | None:
    """Looks at the provider's object. An unpaid one is looked at again soon, without a loop."""
    try:
        asked = replace(_reference(work.hold), reader=_asking(work.hold))
        facts = await means.cashier.read(_call(work.hold), asked)
        repaid = await _repaid(means.cashier, work.hold)
    except (CashierUnavailable, KeyPoisoned, Declined) as error:
        log.warning("hold.not_read", hold=str(work.hold.uuid), error=str(error)[:200])
        return work.step.until or means.clock() + backoff(3)
    await means.checkpoint("payment call answered")
    async with means.shelf.page(key) as page:
        known = seen(page.hold, facts, means.clock())
        for one in repaid:
            known = refund_seen(known, one.reference, one.status, one.failure)
        await page.looked()
        await page.save(known)
    await means.checkpoint("payment call recorded")
    return work.step.until if known.status in UNPAID else None


async def _repaid(cashier: Cashier, hold: Hold) -> tuple[RefundFacts, ...]:
    """A repayment may fail days after it had succeeded, and only looking at it tells."""
    known = any(refund.reference is not None for refund in hold.refunds)
    return await cashier.refunds(_call(hold), _reference(hold)) if known else ()


async def _make(means: Means, key: int, work: _Work, call: PaymentCall) -> datetime | None:
    """Makes a call whose row is committed, and writes what came of it. When to try again if nobody knows."""
    try:
        outcome = await _outcome(means, work, call)
    except (CashierUnavailable, KeyPoisoned) as error:
        async with means.shelf.page(key) as page:
            await page.try_later(call, str(error)[:500])
        return means.clock() + backoff(call.attempts)
    await means.checkpoint("payment call answered")
    async with means.shelf.page(key) as page:
        await _record(means, page, call, outcome)
    await means.checkpoint("payment call recorded")
    last_word = outcome.state is CallState.DONE or call.deed in (Deed.CREATE, Deed.INCREMENT, Deed.REFUND)
    if outcome.state is CallState.LOST or not last_word:
        return means.clock() + backoff(call.generation)  # a new attempt, but not at once
    return None


async def _record(means: Means, page: Page, call: PaymentCall, outcome: _Outcome) -> None:
    at = means.clock()
    if not await page.is_wanted(call):  # another worker was faster; the provider's object is news all the same
        if outcome.facts is not None:
            await page.save(seen(page.hold, outcome.facts, at))
        return
    result = outcome.code or (outcome.refund.reference if outcome.refund else "")
    await page.end_call(call, outcome.state, result)
    hold = page.hold
    if call.deed is Deed.REFUND:
        if outcome.state is CallState.LOST:
            return
        assert call.refund_key is not None
        found = outcome.refund
        status = RefundStatus.FAILED if found is None else found.status
        reference, failure = (None, outcome.code) if found is None else (found.reference, found.failure)
        await page.save(refunded(hold, call.refund_key, status, reference, failure))
        await page.look_again()  # what was given back in all, also on the provider's own pages, decides what comes next
    elif outcome.state is CallState.DONE and outcome.facts is not None:
        await page.save(answered(hold, call, outcome.facts, at))
    elif outcome.state is CallState.LOST and outcome.facts is not None:
        await page.save(seen(hold, outcome.facts, at))
    elif outcome.state is CallState.REFUSED:
        await page.save(refused(hold, call, outcome.code, outcome.facts, at))
    if outcome.state is CallState.DONE:
        await page.tell(Step(call.deed, call.amount_minor, reason=call.reason))


async def _outcome(means: Means, work: _Work, call: PaymentCall) -> _Outcome:
    """Raises `CashierUnavailable` when nobody knows."""
    if call.is_stale(means.clock()):
        return await _looked_up(means, work, call, "KEY_FORGOTTEN")
    try:
        return await _done(means.cashier, work, call)
    except KeyPoisoned:
        return await _looked_up(means, work, call, "KEY_POISONED")
    except Declined as error:
        facts = await _facts(means.cashier, work.hold)
        if facts is not None and _happened(call, facts):
            return _Outcome(CallState.DONE, facts)
        return _Outcome(CallState.REFUSED, facts, code=error.code)


async def _done(cashier: Cashier, work: _Work, call: PaymentCall) -> _Outcome:
    hold, made = work.hold, _call(work.hold, call.idempotency_key)
    match call.deed:
        case Deed.CREATE:
            facts = await cashier.create(made, draft_of(hold, work.payer, call.amount_minor))
        case Deed.INCREMENT:
            facts = await cashier.increment(made, _reference(hold), call.amount_minor)
        case Deed.CAPTURE:
            facts = await cashier.capture(made, _reference(hold), call.amount_minor, call.fee_minor)
        case Deed.CANCEL:
            facts = await cashier.cancel(made, _to_cancel(hold))
        case _:
            refund = await cashier.refund(made, _reference(hold), call.amount_minor, _refund_id(hold, call))
            return _Outcome(CallState.DONE, refund=refund)
    return _Outcome(CallState.DONE, facts)


def _to_cancel(hold: Hold) -> Reference:
    """A page that nobody paid on is closed itself: otherwise it could be paid after its intent was cancelled."""
    if hold.status in UNPAID and hold.checkout_reference is not None:
        return Reference(None, hold.checkout_reference, hold.currency)
    return replace(_reference(hold), reader=_asking(hold))


def _refund_id(hold: Hold, call: PaymentCall) -> UUID:
    return next(refund.uuid for refund in hold.refunds if refund.key == call.refund_key)


async def _facts(cashier: Cashier, hold: Hold) -> IntentFacts | None:
    return await cashier.read(_call(hold), _reference(hold)) if hold.known_to_provider else None


async def _looked_up(means: Means, work: _Work, call: PaymentCall, why: str) -> _Outcome:
    """Whether a call whose key can no longer tell has happened: DONE, or LOST with what the object says instead."""
    cashier, hold = means.cashier, work.hold
    if call.deed is Deed.REFUND:
        refund = await cashier.find_refund(_call(hold), _reference(hold), _refund_id(hold, call))
        return _Outcome(CallState.LOST, code=why) if refund is None else _Outcome(CallState.DONE, refund=refund)
    if call.deed is Deed.CREATE:
        found = await cashier.find(_call(hold), hold.uuid, made_after=call.created_at)
        return _Outcome(CallState.LOST, code=why) if found is None else _Outcome(CallState.DONE, found)
    facts = await _facts(cashier, hold)
    happened = facts is not None and _happened(call, facts)
    return _Outcome(CallState.DONE, facts) if happened else _Outcome(CallState.LOST, facts, code=why)


def _happened(call: PaymentCall, facts: IntentFacts) -> bool:
    match call.deed:
        case Deed.CAPTURE:
            return facts.state is IntentState.CAPTURED
        case Deed.CANCEL:
            return facts.state is IntentState.CANCELLED
        case Deed.INCREMENT:
            return facts.held_minor >= call.amount_minor
        case _:
            return False


async def _on_the_floor(means: Means, key: int, work: _Work) -> datetime | None:
    """Asks the station, then notes that it was asked: after a crash it is asked again, which does nothing twice."""
    hold, step = work.hold, work.step
    if step.deed is Deed.START:
        started = await means.floor.start(hold)
        await means.checkpoint("payment deed done")
        async with means.shelf.page(key) as page:
            known = page.hold
            if started is not None and known.session_key is None:
                refused = known.release_wanted or started
                await page.save(replace(known, release_wanted=refused, version=known.version + 1))
        return None
    if step.deed is Deed.STOP:
        await means.floor.stop(hold, step.reason)
    else:
        await means.floor.lower(hold)
    await means.checkpoint("payment deed done")
    async with means.shelf.page(key) as page:
        await page.save(done(page.hold, step, means.clock()))
        await page.tell(step)
    return None
