"""Asking a station to do something, needs commands:send: promised in one transaction, sent after it, then watched.

No connection to the database is held while the charger thinks.
"""

import asyncio
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import ENDED_STATUSES, Command, CommandEffect, CommandStatus, OutboundCommand, action_of
from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.request.core import StartTransaction
from app.domain.request.reservation import ReserveNow
from app.domain.scope import Permission, Scope
from app.domain.session import Session, failed_start
from app.domain.station import ChargingStation, ConnectionState, Registration
from app.feed import Change, Noun, Watch
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.store import audit, commands, hardware, sessions, stations
from app.store.request_body import body_json

ANSWER_WAIT = timedelta(seconds=30)  # a charger that has not answered by then will not
EFFECT_WAIT = timedelta(seconds=120)
WAIT_MAX_S = 30
QUEUE_MAX = timedelta(days=7)
_CANCELLED = "The start was cancelled before the charger heard of it."


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it stands when the wait ended, with the session it is about.

    ``further`` are the commands after it, where a station takes only so many things in one message.
    """

    command: Command
    session: Session | None = None
    further: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    """What the one transaction wrote."""

    command: Command
    station: ChargingStation
    session: Session | None


def check_options(desk: Desk, options: Options) -> None:
    """Raises INVALID_INPUT."""
    if not 0 <= options.wait_s <= WAIT_MAX_S:
        raise invalid(f"waitSeconds lies between 0 and {WAIT_MAX_S}.", "options", "waitSeconds")
    now = desk.now()
    if options.queue_until is not None and not now < options.queue_until <= now + QUEUE_MAX:
        raise invalid("queueUntil lies in the next 7 days.", "options", "queueUntil")


async def held(connection: AsyncConnection, scope: Scope, found: ChargingStation) -> ChargingStation:
    """The station as it is under its lock, which every writer takes first."""
    await hardware.lock(connection, found.key)
    return (await stations.by_keys(connection, scope, (found.key,)))[found.key]


def check_reachable(station: ChargingStation, options: Options) -> None:
    """Refuses STATION_OFFLINE and STATION_NOT_ACCEPTED; nothing has been written then."""
    subject = public_id(Prefix.STATION, station.uuid)
    if station.registration is Registration.REJECTED:
        message = "We rejected this station's boot. Accept it first."
        raise Refused(Refusal(ErrorCode.STATION_NOT_ACCEPTED, message, subject=subject))
    if station.link.state is not ConnectionState.ONLINE and options.queue_until is None:
        message = "The station is offline. Try again later, or say with queueUntil how long to keep the command."
        raise Refused(Refusal(ErrorCode.STATION_OFFLINE, message, subject=subject))


async def write(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    options: Options,
    *,
    uuid: UUID,
    station: ChargingStation,
    body: StationRequest,
    evse_key: int | None = None,
    session: Session | None = None,
) -> Command:
    """The QUEUED command with its audit entry; the caller holds the station's row."""
    now = desk.now()
    expected = body.shows  # accepted is not done: a later fact tells whether it happened
    until = now if options.queue_until is None else options.queue_until
    made = await commands.add(
        connection,
        {
            "id": uuid,
            "operator_key": scope.operator_key,
            "station_key": station.key,
            "evse_key": evse_key,
            "session_key": None if session is None else session.key,
            "action": action_of(body),
            "body": body_json(body),
            "effect": CommandEffect.AWAITED if expected else CommandEffect.NOT_EXPECTED,
            "effect_deadline": until + EFFECT_WAIT if expected else None,
            "requested_by": scope.caller,
            "reason": options.reason,
            "created_at": now,
            "deadline": until + ANSWER_WAIT,
            "queue_until": options.queue_until,
        },
    )
    await audit.write(
        connection,
        scope,
        action="command.requested",
        subject_kind="command",
        subject_id=uuid,
        at=now,
        after={"action": made.action, "station_id": station.uuid},
        reason=options.reason,
        location_key=station.location_key,
    )
    return made


def changes_of(promise: Promise) -> list[Change]:
    """What watchers must hear of after the commit."""
    station, command = promise.station, promise.command
    place = (station.location_key, station.key)
    found = [Change(Noun.COMMAND, station.operator_key, command.key, command.version, *place)]
    if promise.session is not None:
        session = promise.session
        found.append(Change(Noun.SESSION, station.operator_key, session.key, session.version, *place))
        found.append(Change(Noun.STATION, station.operator_key, station.key, station.version + 1, *place))
    return found


async def send_and_watch(scope: Scope, desk: Desk, options: Options, promise: Promise) -> Sent:
    """Publishes, sends and waits for the command's end, at most ``waitSeconds``; returns the rows as they are then."""
    command = promise.command
    watch = desk.feed.watch(command.operator_key, (Noun.COMMAND,), accepts=lambda change: change.key == command.key)
    try:
        desk.feed.publish(changes_of(promise))
        online = promise.station.link.state is ConnectionState.ONLINE
        if online:
            # False means that another process holds the socket, or nobody: the row itself is the message then.
            desk.stations.send(
                OutboundCommand(
                    command.key, command.station_key, command.operator_key, command.body, desk.now() + ANSWER_WAIT
                )
            )
        return await _watched(scope, desk, watch, command.key, options.wait_s if online else 0)
    finally:
        watch.close()


async def _watched(scope: Scope, desk: Desk, watch: Watch, key: int, wait_s: float) -> Sent:
    loop = asyncio.get_running_loop()
    ends = loop.time() + wait_s
    while True:
        watch.take()
        found = await read(scope, desk, key)
        if found.command.status in ENDED_STATUSES or loop.time() >= ends:
            return found
        try:
            async with asyncio.timeout_at(ends):
                await watch.wait()
        except TimeoutError:
            continue  # read once more: the change may have come by a way the feed does not know


async def read(scope: Scope, desk: Desk, key: int) -> Sent:
    """The command and its session now, in one short transaction."""
    async with desk.database.transaction(scope.operator_key) as connection:
        command = (await commands.by_keys(connection, scope, (key,)))[key]
        session = None
        if command.session_key is not None:
            session = (await sessions.by_keys(connection, scope, (command.session_key,))).get(command.session_key)
    return Sent(command, session)


async def earlier_deed(
    connection: AsyncConnection, scope: Scope, options: Options, *, mutation: str, values: dict[str, object], uuid: UUID
) -> Command | None:
    """What an earlier call with the same key made, as it is now."""
    earlier = await once(
        connection, scope, options, mutation=mutation, values=values, subject_kind="command", subject_id=uuid
    )
    return None if earlier is None else (await commands.by_ids(connection, scope, (earlier,)))[earlier]


@dataclass(frozen=True, slots=True)
class Target:
    """What a command is for: a station, by its own id or by that of one of its parts."""

    station_id: UUID | None = None
    evse_id: UUID | None = None
    connector_id: UUID | None = None


async def found_station(connection: AsyncConnection, scope: Scope, target: Target) -> ChargingStation:
    """Refuses NOT_FOUND for what is absent, somebody else's, or not a part of the station that was named."""
    if target.station_id is not None:
        found = (await stations.by_ids(connection, scope, (target.station_id,))).get(target.station_id)
        if found is None:
            raise not_found(Prefix.STATION, target.station_id, "stationId")
    else:
        owners = await stations.having(
            connection,
            scope,
            evse_ids=() if target.evse_id is None else (target.evse_id,),
            connector_ids=() if target.connector_id is None else (target.connector_id,),
        )
        found = owners[0] if owners else None
    if target.evse_id is not None and (found is None or _evse(found, target.evse_id) is None):
        raise not_found(Prefix.EVSE, target.evse_id, "evseId")
    if target.connector_id is not None and (found is None or _plug(found, target.connector_id) is None):
        raise not_found(Prefix.CONNECTOR, target.connector_id, "connectorId")
    if found is None:
        raise invalid("Name a station, an EVSE or a connector.")
    return found


def _evse(station: ChargingStation, evse_id: UUID) -> tuple[int, int] | None:
    return next(((evse.key, evse.number) for evse in station.evses if evse.uuid == evse_id), None)


def _plug(station: ChargingStation, connector_id: UUID) -> tuple[int, int, int] | None:
    return next(
        (
            (evse.key, evse.number, plug.number)
            for evse in station.evses
            for plug in evse.connectors
            if plug.uuid == connector_id
        ),
        None,
    )


def address(station: ChargingStation, target: Target) -> tuple[int | None, int | None, int | None]:
    """EVSE key, EVSE number and connector number of a target; None for what it does not name."""
    if target.connector_id is not None:
        plug = _plug(station, target.connector_id)
        if plug is not None:
            return plug
    if target.evse_id is not None:
        evse = _evse(station, target.evse_id)
        if evse is not None:
            return (*evse, None)
    return None, None, None


def inputs(target: Target, **values: object) -> dict[str, object]:
    """A mutation's input, for its digest."""
    return asdict(target) | values


@refusing
async def cancel(*, scope: Scope, desk: Desk, command_id: UUID) -> Sent:
    """Only while QUEUED; a cancelled start takes its promise back. Refuses NOT_FOUND, COMMAND_NOT_QUEUED."""
    scope.require(Permission.COMMANDS_SEND)
    async with desk.database.transaction(scope.operator_key) as connection:
        found = (await commands.by_ids(connection, scope, (command_id,))).get(command_id)
        if found is None:
            raise not_found(Prefix.COMMAND, command_id, "id")
        station = (await stations.by_keys(connection, scope, (found.station_key,)))[found.station_key]
        await hardware.lock(connection, station.key)
        cancelled = await commands.cancel(connection, found.key)
        if cancelled is None:
            message = "The command is on its way or ended. What has been sent cannot be taken back."
            subject = public_id(Prefix.COMMAND, command_id)
            raise Refused(Refusal(ErrorCode.COMMAND_NOT_QUEUED, message, ("id",), subject))
        session = await _take_back(connection, scope, cancelled)
        await audit.write(
            connection,
            scope,
            action="command.cancelled",
            subject_kind="command",
            subject_id=command_id,
            at=desk.now(),
            before={"status": CommandStatus.QUEUED.value},
            after={"status": CommandStatus.CANCELLED.value},
            location_key=station.location_key,
        )
    desk.feed.publish(changes_of(Promise(cancelled, station, session)))
    return Sent(cancelled, session)


async def _take_back(connection: AsyncConnection, scope: Scope, command: Command) -> Session | None:
    if not isinstance(command.body, StartTransaction | ReserveNow) or command.session_key is None:
        return None
    promised = (await sessions.by_keys(connection, scope, (command.session_key,))).get(command.session_key)
    if promised is None:
        return None
    abandoned = await sessions.abandon(connection, promised.key, failed_start(promised, "CANCELLED", _CANCELLED))
    if abandoned is not None:
        await hardware.raise_version(connection, command.station_key)
    return abandoned
