"""Paid for one EVSE, plugged in at another of the same station: the charge moves there, hold and price as they were.

A guest moves what is theirs; staff with payments:write anybody's.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.elsewhere import PLUGGED_ELSEWHERE
from app.domain.hold import Hold, HoldStatus
from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.session import Session, SessionStatus, StepName, failed_start
from app.domain.station import ChargingStation, ConnectorStatus, Evse
from app.feed import Change, Noun
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.operations.holds import watched
from app.operations.starts import check_free
from app.store import audit, hardware, holds, quotes, sessions, stations, tariffs

_MOVED = "The driver plugged in at another EVSE; the charge went on there."


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An EVSE where a cable was plugged in; ``refusal`` None: the charge can be moved there."""

    evse: Evse
    station: ChargingStation
    refusal: Refusal | None


def _refuse(code: ErrorCode, message: str, hold: Hold, *path: str) -> Refused:
    return Refused(Refusal(code, message, path, public_id(Prefix.HOLD, hold.uuid)))


def _awaited(hold: Hold, session: Session | None) -> bool:
    return hold.status is HoldStatus.HELD and (session is None or session.status is SessionStatus.PENDING)


async def _session(connection: AsyncConnection, hold: Hold) -> Session | None:
    if hold.session_key is None:
        return None
    return (await sessions.everywhere(connection, (hold.session_key,)))[hold.session_key]


async def elsewhere(*, scope: Scope, desk: Desk, hold: Hold) -> Elsewhere | None:
    """Where the driver of a hold that waits for its plug seems to have plugged in instead."""
    async with desk.database.transaction(scope.operator_key) as connection:
        session = await _session(connection, hold)
        if session is None or not _awaited(hold, session):
            return None
        if session.steps[StepName.TRANSACTION_STARTED.value].code != PLUGGED_ELSEWHERE:
            return None
        station = (await stations.by_keys(connection, scope, (hold.station_key,))).get(hold.station_key)
        evse = None if station is None else _newest_taken(station, hold.evse_key)
        if station is None or evse is None:
            return None
        try:
            await _check_target(connection, scope, desk, hold, station, evse)
        except Refused as no:
            return Elsewhere(evse, station, no.refusal)
    return Elsewhere(evse, station, None)


def _newest_taken(station: ChargingStation, but: int) -> Evse | None:
    """By the station's own clock: who stood there before is somebody else."""
    taken = [
        (plug.status_since, evse.number, evse)
        for evse in station.evses
        for plug in evse.connectors
        if evse.key != but and plug.status is ConnectorStatus.OCCUPIED and plug.status_since is not None
    ]
    return max(taken, key=lambda one: one[:2])[2] if taken else None


async def _check_target(
    connection: AsyncConnection, scope: Scope, desk: Desk, hold: Hold, station: ChargingStation, evse: Evse
) -> None:
    """Refuses EVSE_BUSY, EVSE_OUT_OF_SERVICE and PRICE_DIFFERS."""
    await check_free(connection, station, evse)
    place = (station.location_key, evse.key, None)
    here = (await tariffs.applicable_at(connection, scope.operator_key, at=desk.now(), places=(place,))).get(place)
    if here is None or hold.quote_key is None or here.key != await _agreed(connection, hold.quote_key):
        message = "Another price applies there. Move the plug to the EVSE that was paid for, or cancel: holdRelease."
        raise _refuse(ErrorCode.PRICE_DIFFERS, message, hold, "evseId")


async def _agreed(connection: AsyncConnection, quote_key: int) -> int | None:
    """The version that was promised, without what a voucher takes off: that goes along."""
    key = await quotes.tariff_of(connection, quote_key)
    promised = (await tariffs.by_keys(connection, (key,)))[key]
    plain = await tariffs.plain_of(connection, promised)
    return None if plain is None else plain.key


@refusing
async def move(*, scope: Scope, desk: Desk, hold_id: UUID, evse_id: UUID, options: Options) -> Hold:
    """What is held stays held; the start is asked for at the other EVSE, and the first one is free.

    Refuses NOT_FOUND, HOLD_ENDED, HOLD_IN_USE, EVSE_BUSY, EVSE_OUT_OF_SERVICE, PRICE_DIFFERS and INVALID_INPUT.
    """
    if scope.hold_key is None:
        scope.require(Permission.PAYMENTS_WRITE)
    values = {"hold": hold_id, "evse": evse_id}
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="chargeIntentMove", values=values, subject_kind="hold",
            subject_id=hold_id,
        )  # fmt: skip
        found = (await holds.by_ids(connection, scope, (hold_id,))).get(hold_id)
        if found is None:
            raise not_found(Prefix.HOLD, hold_id, "id")
        changes = [] if earlier is not None else await _moved(connection, scope, desk, found.key, evse_id)
    desk.feed.publish(changes)
    desk.hurry()
    return await watched(scope, desk, hold_id, options, lambda hold: hold.session_key is not None)


async def _moved(connection: AsyncConnection, scope: Scope, desk: Desk, hold_key: int, evse_id: UUID) -> list[Change]:
    """Under the station's lock, then the hold's."""
    hold = (await holds.by_keys(connection, scope, (hold_key,)))[hold_key]
    await hardware.lock(connection, hold.station_key)
    await holds.locked(connection, hold_key)
    hold = (await holds.by_keys(connection, scope, (hold_key,)))[hold_key]
    session = await _session(connection, hold)
    if hold.status is not HoldStatus.HELD:
        raise _refuse(ErrorCode.HOLD_ENDED, f"The hold is {hold.status}: only a paid one can move.", hold, "id")
    if not _awaited(hold, session):
        raise _refuse(ErrorCode.HOLD_IN_USE, "Its charge has begun, or was given up: it cannot move.", hold, "id")
    station = (await stations.by_keys(connection, scope, (hold.station_key,)))[hold.station_key]
    evse = next((one for one in station.evses if one.uuid == evse_id), None)
    if evse is None:
        raise not_found(Prefix.EVSE, evse_id, "evseId")
    if evse.key == hold.evse_key:
        raise invalid("This EVSE is the one that was paid for. Plug in there.", "evseId")
    await _check_target(connection, scope, desk, hold, station, evse)
    changes = await _given_up(connection, session, station) if session is not None else []
    try:
        async with connection.begin_nested():
            await holds.move(connection, hold, evse.key, at=desk.now())
    except IntegrityError:
        message = "Somebody is paying there already. Move the plug to the EVSE that was paid for, or cancel."
        raise _refuse(ErrorCode.EVSE_BUSY, message, hold, "evseId") from None
    await audit.write(
        connection, scope, action="hold.moved", subject_kind="hold", subject_id=hold.uuid, at=desk.now(),
        after={"evse": public_id(Prefix.EVSE, evse.uuid)}, location_key=hold.location_key,
    )  # fmt: skip
    return changes


async def _given_up(connection: AsyncConnection, session: Session, station: ChargingStation) -> list[Change]:
    """The first promise is over: whoever plugs in there now is nobody we wait for."""
    over = await sessions.abandon(connection, session.key, failed_start(session, "MOVED", _MOVED))
    raised = await hardware.raise_version(connection, station.key)
    place = (session.location_key, session.station_key)
    told = [Change(Noun.STATION, session.operator_key, station.key, raised, *place)]
    if over is not None:
        told.append(Change(Noun.SESSION, session.operator_key, over.key, over.version, *place))
    return told
