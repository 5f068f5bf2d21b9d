"""Reserving an EVSE for somebody, needs commands:send: a session in status RESERVATION until it is kept or over.

The price agreed then is the one that is paid, also for the time of waiting. Its number is drawn from the same sequence
as those of remote starts, so that what a station names finds it either way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request.local_list import IdToken
from app.domain.request.reservation import CancelReservation, ReserveNow
from app.domain.scope import Permission, Scope
from app.domain.session import Session, SessionOrigin, SessionStatus, StepMark, StepName, StepState
from app.domain.station import ChargingStation, Evse, Registration
from app.domain.token import AuthorisationStatus, Token, authorise
from app.operations.commands import (
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
from app.operations.session_commands import SessionWish, ask_about_session
from app.store import hardware, sessions, tariffs, tokens

LONGEST = timedelta(days=7)  # longer is not a reservation but a lease


@dataclass(frozen=True, slots=True)
class ReservationDraft:
    """Who, where, until when."""

    evse_id: UUID
    token_id: UUID
    until: datetime


def _check_time(desk: Desk, until: datetime) -> None:
    now = desk.now()
    if until.tzinfo is None or not now < until <= now + LONGEST:
        raise invalid("A reservation ends in the next 7 days. Choose such a time.", "until")


async def _check_free(connection: AsyncConnection, station: ChargingStation, evse: Evse) -> None:
    """Refuses EVSE_OUT_OF_SERVICE and EVSE_BUSY."""
    subject = public_id(Prefix.EVSE, evse.uuid)
    if not evse.operative:
        message = "The EVSE was taken out of service. Use another EVSE."
        raise Refused(Refusal(ErrorCode.EVSE_OUT_OF_SERVICE, message, ("evseId",), subject))
    if await sessions.promised_at(connection, station.key, evse.key):
        message = "Somebody charges here or has reserved it. Use another EVSE, or wait."
        raise Refused(Refusal(ErrorCode.EVSE_BUSY, message, ("evseId",), subject))


async def _token(connection: AsyncConnection, token_id: UUID, at: datetime) -> Token:
    """Refuses NOT_FOUND and TOKEN_REFUSED; somebody who charges elsewhere may still reserve."""
    token = (await tokens.by_ids(connection, (token_id,))).get(token_id)
    if token is None:
        raise not_found(Prefix.TOKEN, token_id, "tokenId")
    status, rule = authorise(token, at=at)
    if status is not AuthorisationStatus.ACCEPTED:
        message = f"The token is refused ({status}: {rule}). Use another token."
        raise Refused(Refusal(ErrorCode.TOKEN_REFUSED, message, ("tokenId",), public_id(Prefix.TOKEN, token_id)))
    return token


async def _promise(
    connection: AsyncConnection, scope: Scope, desk: Desk, options: Options, *, draft: ReservationDraft, uuid: UUID
) -> Promise:
    now = desk.now()
    station = await held(connection, scope, await found_station(connection, scope, Target(evse_id=draft.evse_id)))
    check_reachable(station, options)
    if station.registration is not Registration.ACCEPTED:
        subject = public_id(Prefix.STATION, station.uuid)
        raise Refused(Refusal(ErrorCode.STATION_NOT_ACCEPTED, "The station's boot is not accepted yet.", (), subject))
    evse = next(evse for evse in station.evses if evse.uuid == draft.evse_id)
    await _check_free(connection, station, evse)
    token = await _token(connection, draft.token_id, now)
    number = await sessions.next_remote_start_id(connection)
    place = (station.location_key, evse.key, token.group_id)
    agreed = (await tariffs.applicable_at(connection, scope.operator_key, at=now, places=(place,))).get(place)
    session = await sessions.add_promise(
        connection,
        status=SessionStatus.RESERVATION,
        values={
            "id": desk.new_uuid(),
            "operator_key": scope.operator_key,
            "location_key": station.location_key,
            "station_key": station.key,
            "evse_key": evse.key,
            "evse_number": evse.number,
            "origin": SessionOrigin.OPERATOR,
            "remote_start_id": number,
            "token_key": token.key,
            "driver_key": token.driver_key,
            "account_key": token.account_key,
            "token_uid": token.uid,
            "created_at": now,
            "start_deadline": draft.until,
            "reserved_at": now,
            "tariff_key": None if agreed is None else agreed.key,
            "currency": None if agreed is None else agreed.currency,
        },
        steps={StepName.TRANSACTION_STARTED.value: StepMark(StepState.WAITING, deadline=draft.until)},
    )
    await hardware.raise_version(connection, station.key)
    group = None if token.group_id is None else IdToken(token.group_id, "Central")
    body = ReserveNow(number, draft.until, IdToken(token.uid, token.ocpp_type), None, evse.number, group)
    command = await write(
        connection, scope, desk, options, uuid=uuid, station=station, body=body, evse_key=evse.key, session=session
    )
    return Promise(command, station, session)


@refusing
async def create(*, scope: Scope, desk: Desk, draft: ReservationDraft, options: Options) -> Sent:
    """Refuses EVSE_BUSY, EVSE_OUT_OF_SERVICE, TOKEN_REFUSED, STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND."""
    scope.require(Permission.COMMANDS_SEND)
    check_options(desk, options)
    uuid = desk.new_uuid()
    values = inputs(Target(evse_id=draft.evse_id), token=draft.token_id, until=draft.until)
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await earlier_deed(connection, scope, options, mutation="reservationCreate", values=values, uuid=uuid)
        if earlier is None:
            await _whose(connection, scope, draft)
            _check_time(desk, draft.until)
            promise = await _promise(connection, scope, desk, options, draft=draft, uuid=uuid)
    if earlier is not None:
        return await read(scope, desk, earlier.key)
    return await send_and_watch(scope, desk, options, promise)


async def _whose(connection: AsyncConnection, scope: Scope, draft: ReservationDraft) -> None:
    """Who asks is looked at before what is asked. Refuses NOT_FOUND."""
    await found_station(connection, scope, Target(evse_id=draft.evse_id))


def _reserved(session: Session) -> int:
    if session.status is not SessionStatus.RESERVATION or session.remote_start_id is None:
        message = f"The session is {session.status}; only a reservation can be cancelled."
        subject = public_id(Prefix.SESSION, session.uuid)
        raise Refused(Refusal(ErrorCode.SESSION_NOT_ACTIVE, message, ("sessionId",), subject))
    return session.remote_start_id


@refusing
async def cancel(*, scope: Scope, desk: Desk, session_id: UUID, options: Options) -> Sent:
    """Refuses SESSION_NOT_ACTIVE, STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND."""
    wish = SessionWish("reservationCancel", session_id, lambda session: CancelReservation(_reserved(session)))
    return await ask_about_session(scope, desk, wish, options)
