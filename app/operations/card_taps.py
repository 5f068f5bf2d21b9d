"""A tap of a driver whom no account pays for is paid by the saved card that they prefer, while they charge.

The charger had its answer long before: nothing of this keeps anybody waiting. A card that is refused stops the session,
and its step says why.
"""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.charge_limits import BadAmount, check_charge
from app.domain.hold import UNPAID, WITHOUT_MONEY, Hold, PayWay
from app.domain.pricing import price
from app.domain.quote import hold_of, usage_of, wish_of
from app.domain.scope import Scope
from app.domain.session import Session, SessionStatus, StepMark, StepName, StepState
from app.feed import Change, Noun
from app.operations.desk import Desk
from app.store import disputes, hardware, holds, locations, saved_cards, sessions, stations, tariffs

_LOOK = timedelta(seconds=2)  # while the bank is asked
_TAKEN = timedelta(seconds=30)  # while somebody else's unpaid hold keeps the EVSE
_PAY_WITHIN = timedelta(minutes=15)
_HELD, _CAPTURED = StepName.PAYMENT_HELD.value, StepName.CAPTURED.value


async def pay(*, scope: Scope, desk: Desk, session_key: int) -> datetime | None:
    """Asks for the hold once, then says on the session what became of it. When to look again; None when it is said."""
    async with desk.database.transaction(scope.operator_key) as connection:
        known = (await sessions.everywhere(connection, (session_key,)))[session_key]
        await hardware.lock(connection, known.station_key)
        session = (await sessions.everywhere(connection, (session_key,)))[session_key]
        hold = (await holds.by_sessions(connection, scope, (session_key,))).get(session_key)
        if hold is None:
            due_at, changes = await _asked(connection, scope, desk, session)
        else:
            due_at, changes = await _told(connection, desk, session, hold)
    desk.feed.publish(changes)
    if hold is None and due_at is not None:
        desk.hurry()
    return due_at


async def _asked(
    connection: AsyncConnection, scope: Scope, desk: Desk, session: Session
) -> tuple[datetime | None, list[Change]]:
    now = desk.now()
    if session.status is not SessionStatus.ACTIVE or session.driver_key is None or session.account_key is not None:
        return None, []
    card = await saved_cards.preferred(connection, session.driver_key)
    account = await holds.account(connection)
    amount = await _amount(connection, scope, session, now)
    if card is None or amount is None or card.account != (None if account is None else account.account):
        return None, []
    values = {
        "id": desk.new_uuid(), "operator_key": session.operator_key, "location_key": session.location_key,
        "station_key": session.station_key, "evse_key": session.evse_key, "session_key": session.key,
        "driver_key": session.driver_key, "currency": session.currency, "way": PayWay.SAVED_CARD,
        "wanted_minor": amount, "account": card.account, "return_url": card.return_url or desk.files_url,
        "customer": card.customer, "payment_method": card.payment_method, "pay_by": now + _PAY_WITHIN,
        "created_by": scope.caller, "created_at": now,
    }  # fmt: skip
    if await disputes.is_blocked(connection, fingerprint=None, payment_method=card.payment_method):
        values["release_wanted"] = "PAYMENT_BLOCKED"  # never asked of the bank: it ends as a refused card does
    try:
        async with connection.begin_nested():
            await holds.add(connection, values)
    except IntegrityError:
        return now + _TAKEN, []
    waits = {_HELD: StepMark(StepState.WAITING, deadline=now + _PAY_WITHIN), _CAPTURED: StepMark(StepState.WAITING)}
    return now + _LOOK, await _marked(connection, session, waits)


async def _amount(connection: AsyncConnection, scope: Scope, session: Session, now: datetime) -> int | None:
    """What the tariff says to hold; None without a price, or when the provider takes no such amount."""
    if session.tariff_key is None or session.evse_key is None:
        return None
    tariff = (await tariffs.by_keys(connection, (session.tariff_key,)))[session.tariff_key]
    place = (await locations.by_keys(connection, scope, (session.location_key,)))[session.location_key]
    station = (await stations.by_keys(connection, scope, (session.station_key,)))[session.station_key]
    power_w = next(evse.max_power_w for evse in station.evses if evse.key == session.evse_key)
    wish = wish_of(None, None, now, max_power_w=power_w)
    usage = usage_of(wish, max_power_w=power_w, time_zone=place.time_zone, token_group_id=None)
    amount = hold_of(tariff, price(tariff, usage))
    try:
        check_charge(amount, tariff.currency)
    except BadAmount:
        return None
    return amount


async def _told(
    connection: AsyncConnection, desk: Desk, session: Session, hold: Hold
) -> tuple[datetime | None, list[Change]]:
    if hold.status in UNPAID:
        return desk.now() + _LOOK, []
    mark = session.steps.get(_HELD)
    if mark is None or mark.state is not StepState.WAITING:
        return None, []
    if hold.status not in WITHOUT_MONEY or hold.held_at is not None:
        return None, await _marked(connection, session, {_HELD: StepMark(StepState.DONE, hold.held_at or desk.now())})
    why = hold.failure or hold.release_wanted or "DECLINED"
    words = f"The saved card was refused ({why}); charging is stopped. Save another card: paymentMethodCreate."
    failed = StepMark(StepState.FAILED, desk.now(), None, "CARD_REFUSED", words)
    return None, await _marked(connection, session, {_HELD: failed, _CAPTURED: StepMark(StepState.SKIPPED)})


async def _marked(connection: AsyncConnection, session: Session, marks: dict[str, StepMark]) -> list[Change]:
    version = await sessions.mark(connection, session, marks)
    raised = await hardware.raise_version(connection, session.station_key)
    place = (session.location_key, session.station_key)
    return [
        Change(Noun.SESSION, session.operator_key, session.key, version, *place),
        Change(Noun.STATION, session.operator_key, session.station_key, raised, *place),
    ]
