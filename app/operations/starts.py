"""Starting a session from afar: a promise that the charger keeps or does not, needs commands:send."""

import math
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import FIRST_LOOK, Standing, objection
from app.domain.hold import NO_TARGET, SessionTarget
from app.domain.ids import Prefix, public_id
from app.domain.quirk import Quirk
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request.core import StartTransaction, StopTransaction
from app.domain.scope import Permission, Scope
from app.domain.session import AFTER_PLUG, Session, SessionOrigin, SessionStatus, StepMark, StepName, StepState
from app.domain.station import ChargingStation, ConnectorStatus, Evse, Lifecycle, OcppVersion, Registration
from app.domain.token import PAID_AT_TERMINAL, AuthorisationStatus, PresentedToken, Token, authorise
from app.domain.typed_code import is_typed
from app.operations.allowances import allowances_of
from app.operations.commands import (
    ANSWER_WAIT,
    Promise,
    Sent,
    Target,
    check_options,
    check_reachable,
    earlier_deed,
    found_station,
    held,
    inputs,
    read,
    send_and_watch,
    write,
)
from app.operations.desk import Desk, Options, invalid, not_found, refusing
from app.operations.quotes import standing
from app.operations.session_commands import SessionWish, ask_about_session
from app.operations.targets import check_target
from app.store import duties, hardware, holds, quirks, session_targets, sessions, standings, tokens

START_WAIT = timedelta(seconds=90)  # how long a driver has to plug in
COOL_DOWN = timedelta(minutes=5)  # field: a restart within minutes leaves the charger offline
_BROKEN = frozenset({ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class StartDraft:
    """No token means an operator's own start, under a uid made for it.

    With a quote the session pays the tariff version that was shown, whatever applies when it begins.
    """

    evse_id: UUID
    connector: int | None = None
    token_id: UUID | None = None
    quote_id: UUID | None = None
    paid: "Paid | None" = None
    origin: SessionOrigin | None = None
    target: SessionTarget = NO_TARGET  # of a start that no card pays; a hold has its own


@dataclass(frozen=True, slots=True)
class Paid:
    """A hold on a driver's card is behind the start: since when, and when the driver agreed to the quoted price."""

    hold_key: int
    held_at: datetime
    agreed_at: datetime
    driver_key: int | None = None  # whose card it is, where that is known
    reference: str | None = None  # the provider's name of the payment


def _refuse(code: ErrorCode, message: str, evse: Evse, *path: str) -> Refused:
    return Refused(Refusal(code, message, path, public_id(Prefix.EVSE, evse.uuid)))


def _check_evse(station: ChargingStation, evse: Evse, connector: int | None) -> None:
    """Refuses EVSE_OUT_OF_SERVICE and EVSE_BUSY, and NOT_FOUND for a connector that is not there."""
    plugs = [plug for plug in evse.connectors if connector in (None, plug.number)]
    if connector is not None and not plugs:
        raise _refuse(ErrorCode.NOT_FOUND, f"The EVSE has no connector {connector}.", evse, "connector")
    if station.lifecycle is not Lifecycle.IN_SERVICE:
        message = f"The station's lifecycle is {station.lifecycle}. Put it in service first."
        raise _refuse(ErrorCode.EVSE_OUT_OF_SERVICE, message, evse, "evseId")
    if not evse.operative:
        raise _refuse(ErrorCode.EVSE_OUT_OF_SERVICE, "The EVSE was taken out of service.", evse, "evseId")
    if plugs and all(plug.status in _BROKEN for plug in plugs):
        states = ", ".join(sorted({str(plug.status) for plug in plugs}))
        raise _refuse(ErrorCode.EVSE_OUT_OF_SERVICE, f"The charger says {states}. Use another EVSE.", evse, "evseId")


async def _waiting_for_a_card(connection: AsyncConnection, evse: Evse) -> Session | None:
    """The session of a car that is plugged in and that nobody pays for yet; None when nobody is there.

    Refuses EVSE_BUSY: in other words for a start that is only promised, which a person can wait out.
    """
    if evse.session_key is None:
        return None
    session = (await sessions.everywhere(connection, (evse.session_key,)))[evse.session_key]
    if session.status is SessionStatus.ACTIVE and session.token_uid is None and session.remote_start_id is None:
        return session
    if session.status is SessionStatus.PENDING:
        message = "A start is already promised here. Plug in for that one, or wait until it has lapsed."
        raise _refuse(ErrorCode.EVSE_BUSY, message, evse, "evseId")
    raise _refuse(ErrorCode.EVSE_BUSY, "Somebody charges here. Use another EVSE, or wait.", evse, "evseId")


def _check_cooled_down(ended_at: datetime | None, now: datetime, evse: Evse) -> None:
    """Refuses EVSE_BUSY to a charger that a start so soon after the last end would put out of order."""
    if ended_at is None or now - ended_at >= COOL_DOWN:
        return
    ready = ended_at + COOL_DOWN
    message = f"This charger needs a pause after a session. Try again at {ready:%H:%M:%S} UTC, or use another EVSE."
    path, subject = ("evseId",), public_id(Prefix.EVSE, evse.uuid)
    seconds = math.ceil((ready - now).total_seconds())
    raise Refused(Refusal(ErrorCode.EVSE_BUSY, message, path, subject, retry_after_s=seconds))


async def check_free(connection: AsyncConnection, station: ChargingStation, evse: Evse) -> None:
    """Whether a driver may pay to charge here now. Refuses EVSE_OUT_OF_SERVICE and EVSE_BUSY."""
    _check_evse(station, evse, None)
    await _waiting_for_a_card(connection, evse)


async def _token(
    connection: AsyncConnection, token_id: UUID | None, at: datetime, location_key: int
) -> tuple[Token | None, Standing | None]:
    """With the account behind it. Refuses NOT_FOUND and TOKEN_REFUSED, with the rule that said no."""
    if token_id is None:
        return None, None
    token = (await tokens.by_ids(connection, (token_id,))).get(token_id)
    if token is None:
        raise not_found(Prefix.TOKEN, token_id, "tokenId")
    status, rule = authorise(token, at=at, busy=await sessions.token_is_busy(connection, token.key))
    standing = None if token.account_key is None else await standings.of_token(connection, token.key, at=at)
    if status is AuthorisationStatus.ACCEPTED:
        status, rule = objection(standing, location_key=location_key) or (status, rule)
    if status is not AuthorisationStatus.ACCEPTED:
        message = f"The token is refused ({status}: {rule}). Use another token."
        raise Refused(Refusal(ErrorCode.TOKEN_REFUSED, message, ("tokenId",), public_id(Prefix.TOKEN, token_id)))
    return token, standing


_HEX_TAG = re.compile(r"(?:[0-9A-Fa-f]{2}){1,10}")


def _presented(token: Token | None, *, hex_only: bool) -> PresentedToken:
    """Some chargers take no more than 20 characters, and nothing but hexadecimal ones. A code stays its holder's."""
    if token is None or is_typed(token.ocpp_type) or (hex_only and _HEX_TAG.fullmatch(token.uid) is None):
        return PresentedToken(secrets.token_hex(8).upper(), "Central")
    return PresentedToken(token.uid, token.ocpp_type)


def _paid_elsewhere(paid: Paid | None) -> PresentedToken | None:
    """A payment as 2.1 names it to the station: by the provider's own reference (2.1 C24.FR.01, C25.FR.23)."""
    return None if paid is None or paid.reference is None else PresentedToken(paid.reference, PAID_AT_TERMINAL)


def _steps(
    now: datetime, *, plugged_in: bool = False, price_shown: bool = False, paid: Paid | None = None
) -> dict[str, StepMark]:
    """What is done and what is waited for; a transaction that a cable began has started already."""
    steps = {
        StepName.AUTHORISED.value: StepMark(StepState.DONE, now, code=AFTER_PLUG if plugged_in else None),
        StepName.START_ACCEPTED.value: StepMark(StepState.WAITING, deadline=now + ANSWER_WAIT),
    }
    if not plugged_in:
        steps[StepName.TRANSACTION_STARTED.value] = StepMark(StepState.WAITING, deadline=now + START_WAIT)
    if price_shown:
        steps[StepName.PRICE_SHOWN.value] = StepMark(StepState.DONE, now if paid is None else paid.agreed_at)
    if paid is not None:
        steps[StepName.PAYMENT_HELD.value] = StepMark(StepState.DONE, paid.held_at)
        steps[StepName.CAPTURED.value] = StepMark(StepState.WAITING)
    return steps


def _origin(draft: StartDraft) -> SessionOrigin:
    if draft.paid is None:
        return draft.origin or SessionOrigin.OPERATOR
    return SessionOrigin.AD_HOC if draft.paid.driver_key is None else SessionOrigin.APP


def _driver_of(paid: Paid | None) -> int | None:
    return None if paid is None else paid.driver_key


async def _promise(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    options: Options,
    *,
    draft: StartDraft,
    uuid: UUID,
) -> Promise:
    now = desk.now()
    target = Target(evse_id=draft.evse_id)
    station = await held(connection, scope, await found_station(connection, scope, target))
    check_reachable(station, options)
    if station.registration is not Registration.ACCEPTED:
        message = "The station's boot is not accepted yet."
        raise Refused(Refusal(ErrorCode.STATION_NOT_ACCEPTED, message, subject=public_id(Prefix.STATION, station.uuid)))
    evse = next(evse for evse in station.evses if evse.uuid == draft.evse_id)
    _check_evse(station, evse, draft.connector)
    waiting = await _waiting_for_a_card(connection, evse)
    token, account = await _token(connection, draft.token_id, now, station.location_key)
    allowed = await allowances_of(connection, scope, station)
    if Quirk.COOL_DOWN in allowed:
        _check_cooled_down(await quirks.last_end(connection, station.key, evse.number), now, evse)
    presented = _presented(token, hex_only=Quirk.HEX_TAGS_ONLY in allowed)
    if token is None and station.ocpp_version is OcppVersion.V21:
        presented = _paid_elsewhere(draft.paid) or presented
    agreed_at = now if draft.paid is None else draft.paid.agreed_at
    remote_start_id = await sessions.next_remote_start_id(connection)
    promised = {
        "origin": _origin(draft),
        "remote_start_id": remote_start_id,
        "token_key": None if token is None else token.key,
        "token_uid": presented.uid,
        "driver_key": _driver_of(draft.paid) if token is None else token.driver_key,
        "account_key": None if token is None else token.account_key,
        "cost_centre_key": None if account is None else account.cost_centre_key,
    }
    if draft.quote_id is not None:
        quote = await standing(connection, draft.quote_id, evse=evse, token=token, at=agreed_at)
        if quote.tariff.voucher_key is not None and draft.paid is None:
            raise invalid("A price with a voucher is paid with a card: chargeIntentCreate.", "quoteId")
        promised |= {"quote_key": quote.key, "tariff_key": quote.tariff.key, "currency": quote.tariff.currency}
    until, shown = options.queue_until or now, draft.quote_id is not None
    if waiting is not None:
        session = await sessions.adopt(
            connection,
            waiting,
            values=promised,
            steps=_steps(until, plugged_in=True, price_shown=shown, paid=draft.paid),
        )
    else:
        session = await sessions.add_promise(
            connection,
            values={
                "id": desk.new_uuid(),
                "operator_key": scope.operator_key,
                "location_key": station.location_key,
                "station_key": station.key,
                "evse_key": evse.key,
                "evse_number": evse.number,
                "connector_number": draft.connector,
                "created_at": now,
                "start_deadline": until + START_WAIT,
                **promised,
            },
            steps=_steps(until, price_shown=shown, paid=draft.paid),
        )
    if draft.target != NO_TARGET:
        await session_targets.add(connection, session, draft.target)
    if draft.target != NO_TARGET or (account is not None and account.is_bounded):
        await duties.owe_watch(connection, session, due_at=now + FIRST_LOOK)
    if draft.paid is not None:  # in the promise's own transaction: neither can be without the other
        await holds.link(connection, draft.paid.hold_key, session.key)
    await hardware.raise_version(connection, station.key)
    body = StartTransaction(presented, remote_start_id, evse.number, draft.connector)
    command = await write(
        connection, scope, desk, options, uuid=uuid, station=station, body=body, evse_key=evse.key, session=session
    )
    return Promise(command, station, session)


@refusing
async def start(*, scope: Scope, desk: Desk, draft: StartDraft, options: Options) -> Sent:
    """Refuses EVSE_BUSY, EVSE_OUT_OF_SERVICE, TOKEN_REFUSED, QUOTE_EXPIRED, STATION_OFFLINE, STATION_NOT_ACCEPTED and
    NOT_FOUND.
    """
    scope.require(Permission.COMMANDS_SEND)
    check_options(desk, options)
    check_target(draft.target)
    uuid = desk.new_uuid()
    more = {} if draft.target == NO_TARGET else {"wanted": asdict(draft.target)}
    values = inputs(
        Target(evse_id=draft.evse_id), connector=draft.connector, token=draft.token_id, quote=draft.quote_id, **more
    )
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await earlier_deed(connection, scope, options, mutation="sessionStart", values=values, uuid=uuid)
        if earlier is None:
            promise = await _promise(connection, scope, desk, options, draft=draft, uuid=uuid)
    if earlier is not None:
        return await read(scope, desk, earlier.key)
    return await send_and_watch(scope, desk, options, promise)


def _stoppable(session: Session) -> str:
    if session.status is not SessionStatus.ACTIVE or session.transaction_id is None:
        message = f"The session is {session.status}; only an active one can be stopped."
        subject = public_id(Prefix.SESSION, session.uuid)
        raise Refused(Refusal(ErrorCode.SESSION_NOT_ACTIVE, message, ("sessionId",), subject))
    return session.transaction_id


@refusing
async def stop(*, scope: Scope, desk: Desk, session_id: UUID, options: Options) -> Sent:
    """Refuses SESSION_NOT_ACTIVE, STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND."""
    wish = SessionWish("sessionStop", session_id, lambda session: StopTransaction(_stoppable(session)))
    return await ask_about_session(scope, desk, wish, options)
