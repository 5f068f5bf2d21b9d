"""Holds on drivers' cards, needs payments:write: asked for, given back, repaid. What is owed is then done by a duty."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.charge_limits import BadAmount, chargeable, check_charge
from app.domain.hold import NO_TARGET, Hold, HoldStatus, PayWay, RefundStatus, SessionTarget
from app.domain.ids import Prefix, public_id
from app.domain.quote import Quote
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation, Evse
from app.operations.card_readers import found_reader
from app.operations.commands import Target, found_station
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.operations.drivers import require_whole_operator
from app.operations.quotes import standing
from app.operations.starts import check_free
from app.operations.targets import check_target
from app.operations.vouchers import use
from app.store import audit, disputes, hardware, holds, saved_cards, stations

PAY_WITHIN = timedelta(minutes=15)
_LOOK_EVERY_S = 0.25
_URL_MAX = 2_000
_CONTACT_MAX = 320
_OPEN_INDEX = "hold_open_at_evse"
_ENDED = frozenset({HoldStatus.CAPTURED, HoldStatus.RELEASED, HoldStatus.EXPIRED, HoldStatus.FAILED})


@dataclass(frozen=True, slots=True)
class IntentDraft:
    """A hold to be made: at which EVSE, for which quote, and where the driver comes back to."""

    evse_id: UUID
    quote_id: UUID
    return_url: str
    contact: str | None = None
    way: PayWay = PayWay.CHECKOUT
    payment_method_id: UUID | None = None
    target: SessionTarget = NO_TARGET
    reader_id: UUID | None = None

    @property
    def values(self) -> dict[str, object]:
        """What makes a repeat the same deed."""
        return {
            "evse": self.evse_id,
            "quote": self.quote_id,
            "return": self.return_url,
            "contact": self.contact,
            "way": self.way,
            "card": self.payment_method_id,
            **({} if self.reader_id is None else {"reader": self.reader_id}),
            "target": [self.target.energy_wh, self.target.cost_minor, self.target.soc_percent],
            **({} if self.target.duration_s is None else {"lasts": self.target.duration_s}),
        }


def _refuse(code: ErrorCode, message: str, hold: Hold, *path: str) -> Refused:
    return Refused(Refusal(code, message, path, public_id(Prefix.HOLD, hold.uuid)))


def check_draft(desk: Desk, draft: IntentDraft) -> None:
    """Refuses PAYMENTS_NOT_CONFIGURED and INVALID_INPUT."""
    if not desk.takes_payments:
        message = "No payment provider is configured. Set VOLTGRAPH_STRIPE_KEY and start again."
        raise Refused(Refusal(ErrorCode.PAYMENTS_NOT_CONFIGURED, message))
    if len(draft.return_url) > _URL_MAX or not draft.return_url.startswith(("https://", "http://")):
        raise invalid("returnUrl is an http(s) address of at most 2,000 characters.", "returnUrl")
    if draft.contact is not None and (len(draft.contact) > _CONTACT_MAX or "@" not in draft.contact):
        raise invalid("contact is an e-mail address of at most 320 characters.", "contact")
    if (draft.way is PayWay.SAVED_CARD) != (draft.payment_method_id is not None):
        raise invalid("The way SAVED_CARD and a paymentMethodId go together.", "paymentMethodId")
    if (draft.way is PayWay.READER) != (draft.reader_id is not None):
        raise invalid("The way READER and a readerId go together.", "readerId")
    check_target(draft.target)


async def _place(connection: AsyncConnection, scope: Scope, evse_id: UUID) -> tuple[ChargingStation, Evse]:
    """The station under its lock, and the EVSE, which must be free."""
    station = await found_station(connection, scope, Target(evse_id=evse_id))
    await hardware.lock(connection, station.key)
    station = (await stations.by_keys(connection, scope, (station.key,)))[station.key]
    evse = next(evse for evse in station.evses if evse.uuid == evse_id)
    await check_free(connection, station, evse)
    return station, evse


async def _card(
    connection: AsyncConnection, scope: Scope, draft: IntentDraft, account: str | None
) -> dict[str, object]:
    """The provider's names of the card that was named. Refuses NOT_FOUND and INVALID_INPUT."""
    if draft.payment_method_id is None:
        return {}
    if not scope.is_outside:
        require_whole_operator(scope, Permission.DRIVERS_WRITE)  # cards belong to drivers, and to no location
    found = (await saved_cards.by_ids(connection, scope, (draft.payment_method_id,))).get(draft.payment_method_id)
    if found is None:
        raise not_found(Prefix.PAYMENT_METHOD, draft.payment_method_id, "paymentMethodId")
    if not found.usable or found.account != account:
        raise invalid("This card cannot be charged any more. Save it anew: paymentMethodCreate.", "paymentMethodId")
    if await disputes.is_blocked(connection, fingerprint=None, payment_method=found.payment_method):
        raise Refused(
            Refusal(ErrorCode.PAYMENT_BLOCKED, "This payment cannot be taken. Pay another way.", ("paymentMethodId",))
        )
    return {"customer": found.customer, "payment_method": found.payment_method, "driver_key": found.driver_key}


async def _reader(
    connection: AsyncConnection, scope: Scope, draft: IntentDraft, station: ChargingStation, account: str | None
) -> dict[str, object]:
    """The provider's name of the reader that was named. Refuses NOT_FOUND and INVALID_INPUT."""
    if draft.reader_id is None:
        return {}
    if scope.is_outside:
        raise invalid("A reader asks for the card of whoever stands at it: its own program starts it.", "way")
    reader = await found_reader(connection, scope, draft.reader_id, "readerId")
    if reader.location_key != station.location_key:
        raise invalid("This reader is at another location.", "readerId")
    if reader.account != account:
        raise invalid("This reader belongs to an account that receives no money any more.", "readerId")
    return {"reader": reader.reference}


def _wanted(quote: Quote, target: SessionTarget) -> int:
    """What is held: no more than the driver wants to pay at most. Refuses INVALID_INPUT."""
    currency, limit = quote.tariff.currency, target.cost_minor
    wanted = quote.hold_minor if limit is None else min(quote.hold_minor, limit)
    try:
        check_charge(wanted, currency)
    except BadAmount as bad:
        if wanted == quote.hold_minor:
            raise invalid(f"{bad} Set the tariff's holdAmountMinor.", "quoteId") from None
        raise invalid(f"{bad} Set a greater limit.", "target", "costLimitMinor") from None
    return wanted


async def make_hold(connection: AsyncConnection, scope: Scope, desk: Desk, draft: IntentDraft, uuid: UUID) -> Hold:
    """Written down with its duty, which asks the provider."""
    now = desk.now()
    station, evse = await _place(connection, scope, draft.evse_id)
    quote = await standing(connection, draft.quote_id, evse=evse, token=None, at=now)
    wanted = _wanted(quote, draft.target)
    account = await holds.account(connection)
    if account is not None and account.status != "ACTIVE":
        message = f"The payment account is {account.status}. Nothing can be held until it is active again."
        raise Refused(Refusal(ErrorCode.PAYMENTS_NOT_CONFIGURED, message))
    values = {
        "id": uuid,
        "operator_key": scope.operator_key,
        "location_key": station.location_key,
        "station_key": station.key,
        "evse_key": evse.key,
        "quote_key": quote.key,
        "currency": quote.tariff.currency,
        "way": draft.way,
        "wanted_minor": wanted,
        "increment_refused": draft.target.cost_minor is not None,
        "target_energy_wh": draft.target.energy_wh,
        "target_cost_minor": draft.target.cost_minor,
        "target_soc_percent": draft.target.soc_percent,
        "target_duration_s": draft.target.duration_s,
        "account": None if account is None else account.account,
        "return_url": draft.return_url,
        "contact": draft.contact,
        "pay_by": min(now + PAY_WITHIN, quote.valid_until),
        "driver_key": scope.driver_key,
        "created_by": scope.caller,
        "created_at": now,
        **await _reader(connection, scope, draft, station, None if account is None else account.account),
        **await _card(connection, scope, draft, None if account is None else account.account),
    }
    made = await _added(connection, values, evse)
    if quote.tariff.voucher_key is not None:
        await use(connection, quote.tariff.voucher_key, made, draft.contact, now)
    await _audit(connection, scope, desk, made, "hold.requested", {"wantedMinor": made.wanted_minor})
    return made


async def _added(connection: AsyncConnection, values: dict[str, object], evse: Evse) -> Hold:
    try:
        async with connection.begin_nested():
            return await holds.add(connection, values)
    except IntegrityError as error:
        if _OPEN_INDEX not in str(error):
            raise
        message = "Somebody is paying here already. Use another EVSE, or wait until that has lapsed."
        subject = public_id(Prefix.EVSE, evse.uuid)
        raise Refused(Refusal(ErrorCode.EVSE_BUSY, message, ("evseId",), subject)) from None


async def _audit(
    connection: AsyncConnection, scope: Scope, desk: Desk, hold: Hold, action: str, after: dict[str, object]
) -> None:
    await audit.write(
        connection,
        scope,
        action=action,
        subject_kind="hold",
        subject_id=hold.uuid,
        at=desk.now(),
        after=after,
        location_key=hold.location_key,
    )


@refusing
async def create_intent(*, scope: Scope, desk: Desk, draft: IntentDraft, options: Options) -> Hold:
    """A hold as it is once the provider has been asked, or when the wait is over.

    Refuses NOT_FOUND, QUOTE_EXPIRED, EVSE_BUSY, EVSE_OUT_OF_SERVICE, PAYMENTS_NOT_CONFIGURED and INVALID_INPUT, also
    for an amount that the provider does not take.
    """
    scope.require(Permission.PAYMENTS_WRITE)
    check_draft(desk, draft)
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="chargeIntentCreate", values=draft.values, subject_kind="hold",
            subject_id=uuid,
        )  # fmt: skip
        if earlier is None:
            await make_hold(connection, scope, desk, draft, uuid)
    desk.hurry()
    return await watched(scope, desk, earlier or uuid, options, lambda hold: hold.known_to_provider)


async def _one(connection: AsyncConnection, scope: Scope, hold_id: UUID, *path: str) -> Hold:
    found = (await holds.by_ids(connection, scope, (hold_id,))).get(hold_id)
    if found is None:
        raise not_found(Prefix.HOLD, hold_id, *path)
    await holds.locked(connection, found.key)
    return (await holds.by_keys(connection, scope, (found.key,)))[found.key]


async def watched(
    scope: Scope,
    desk: Desk,
    uuid: UUID,
    options: Options,
    enough: Callable[[Hold], bool],
    *,
    even_ended: bool = False,
) -> Hold:
    """The hold once there is enough to say of it, at the latest when the caller's patience ends."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + options.wait_s
    while True:
        async with desk.database.snapshot(scope.operator_key) as connection:
            hold = (await holds.by_ids(connection, scope, (uuid,)))[uuid]
        if (hold.status in _ENDED and not even_ended) or enough(hold) or loop.time() >= ends:
            return hold
        await asyncio.sleep(_LOOK_EVERY_S)


@refusing
async def release(*, scope: Scope, desk: Desk, hold_id: UUID, options: Options) -> Hold:
    """Gives back what is held for a session that has not begun. Refuses NOT_FOUND, HOLD_ENDED, HOLD_IN_USE.

    A guest gives back their own.
    """
    if scope.hold_key is None:
        scope.require(Permission.PAYMENTS_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="holdRelease", values={"hold": hold_id}, subject_kind="hold",
            subject_id=hold_id,
        )  # fmt: skip
        hold = await _one(connection, scope, hold_id, "id")
        if earlier is None:
            await _want_release(connection, scope, desk, hold, options)
    return await watched(scope, desk, hold_id, options, lambda found: False)


async def _want_release(connection: AsyncConnection, scope: Scope, desk: Desk, hold: Hold, options: Options) -> None:
    if hold.status in _ENDED:
        raise _refuse(ErrorCode.HOLD_ENDED, f"The hold is {hold.status} already.", hold, "id")
    if hold.session_key is not None and await holds.session_began(connection, hold.session_key):
        message = "Its session has begun: stop it, then what it did not cost is given back by itself."
        raise _refuse(ErrorCode.HOLD_IN_USE, message, hold, "id")
    await holds.note(connection, hold.key, release_wanted=options.reason or "OPERATOR")
    await holds.raise_version(connection, hold.key)
    await holds.wake(connection, hold.key, at=desk.now())
    await _audit(connection, scope, desk, hold, "hold.release_requested", {"reason": options.reason})


@refusing
async def refund(*, scope: Scope, desk: Desk, hold_id: UUID, amount_minor: int | None, options: Options) -> Hold:
    """Gives captured money back, all that is left of it without an amount. Refuses NOT_FOUND, INVALID_INPUT,

    HOLD_NOT_CAPTURED and REFUND_EXCEEDS_CAPTURE.
    """
    scope.require(Permission.PAYMENTS_WRITE)
    if amount_minor is not None and amount_minor <= 0:
        raise invalid("amountMinor is greater than 0. Leave it out to repay everything.", "amountMinor")
    uuid = desk.new_uuid()
    values = {"hold": hold_id, "amount": amount_minor}
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="refundCreate", values=values, subject_kind="refund", subject_id=uuid
        )
        hold = await _one(connection, scope, hold_id, "holdId")
        if earlier is None:
            await _want_refund(connection, scope, desk, hold, amount_minor, uuid, options)
    asked = earlier or uuid
    return await watched(
        scope,
        desk,
        hold_id,
        options,
        lambda found: all(item.status is not RefundStatus.REQUESTED for item in found.refunds if item.uuid == asked),
        even_ended=True,
    )


async def _want_refund(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    hold: Hold,
    amount_minor: int | None,
    uuid: UUID,
    options: Options,
) -> None:
    if hold.status is not HoldStatus.CAPTURED:
        message = f"The hold is {hold.status}: only captured money can be given back. To end a hold: holdRelease."
        raise _refuse(ErrorCode.HOLD_NOT_CAPTURED, message, hold, "holdId")
    if await disputes.is_disputed(connection, hold.key):
        message = "A bank disputes this payment. Wait until that is decided; disputeAccept gives the money back."
        raise _refuse(ErrorCode.REFUND_WHILE_DISPUTED, message, hold, "holdId")
    left = max(hold.captured_minor - hold.given_minor, 0)
    wanted = left if amount_minor is None else amount_minor
    if wanted > left or left == 0:
        message = f"Of {hold.captured_minor} captured, {left} minor units of {hold.currency} are left to repay."
        raise _refuse(ErrorCode.REFUND_EXCEEDS_CAPTURE, message, hold, "amountMinor")
    if chargeable(wanted, hold.currency) != wanted:
        payable = chargeable(wanted, hold.currency)
        raise invalid(f"Cards in {hold.currency} cannot be repaid so finely. Say {payable} instead.", "amountMinor")
    reason = options.reason or "REQUESTED_BY_OPERATOR"
    await holds.add_refund(
        connection, hold, uuid=uuid, amount_minor=wanted, reason=reason, by=scope.caller, at=desk.now()
    )
    await holds.raise_version(connection, hold.key)
    await holds.wake(connection, hold.key, at=desk.now())
    await _audit(connection, scope, desk, hold, "refund.requested", {"amountMinor": wanted, "reason": reason})
