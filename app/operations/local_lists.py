"""Bringing a station's local list into step with our tokens, needs commands:send."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.command import Command
from app.domain.ids import Prefix, public_id
from app.domain.local_list import LocalList, messages, wanted
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request.local_list import SendLocalList
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation, OcppVersion
from app.feed import Change, Noun
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
from app.operations.desk import Desk, Options, refusing
from app.store import local_lists

ENTRIES_MAX = 20_000  # more than any station seen can hold; a list is built in memory
SENDING_TIME = timedelta(minutes=10)  # for all messages of one sync
MESSAGES_MAX = 200  # of one sync; what is left over is sent by the next


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is sent, in order."""

    station: ChargingStation
    bodies: tuple[SendLocalList, ...]


async def _plan(
    connection: AsyncConnection, scope: Scope, desk: Desk, station: ChargingStation, *, full: bool
) -> _Plan:
    known = (await local_lists.by_stations(connection, scope, (station.key,))).get(station.key)
    most = min(ENTRIES_MAX, (known.max_entries if known is not None else None) or ENTRIES_MAX)
    tokens = await local_lists.every_token(connection, most)
    target = wanted(tokens, at=desk.now(), version=station.ocpp_version or OcppVersion.V16)
    bodies = tuple(messages(known, target, full=full, next_version=_next_version(desk, known)))
    if len(bodies) > MESSAGES_MAX:
        subject = public_id(Prefix.STATION, station.uuid)
        message = f"The list needs {len(bodies)} messages; at most {MESSAGES_MAX} are sent. Remove tokens first."
        raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, ("stationId",), subject))
    return _Plan(station, bodies)


def _next_version(desk: Desk, known: LocalList | None) -> int:
    """One more than the last; where that is unknown, the seconds of the clock: larger than what anybody sent before."""
    if known is not None and known.version is not None:
        return known.version + 1
    return int(desk.now().timestamp())


async def _ongoing(connection: AsyncConnection, station: ChargingStation) -> None:
    """Two syncs at once would each build on a list that the other changes. Refuses LIMIT_EXCEEDED."""
    if await local_lists.being_sent(connection, station.key):
        subject = public_id(Prefix.STATION, station.uuid)
        message = "A list is on its way to this station. Wait for its answer."
        raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, ("stationId",), subject))


@refusing
async def sync(*, scope: Scope, desk: Desk, station_id: UUID, full: bool, options: Options) -> Sent:
    """Sends what differs, or with ``full`` everything; waits for the last message's answer.

    When nothing differs the whole list is sent: to be asked for is reason enough to make sure.
    Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND, LIMIT_EXCEEDED.
    """
    scope.require(Permission.COMMANDS_SEND)
    check_options(desk, options)
    uuid = desk.new_uuid()
    target = Target(station_id)
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await earlier_deed(
            connection, scope, options, mutation="localListSync", values=inputs(target, full=full), uuid=uuid
        )
        if earlier is None:
            station = await held(connection, scope, await found_station(connection, scope, target))
            check_reachable(station, options)
            await _ongoing(connection, station)
            plan = await _plan(connection, scope, desk, station, full=full)
            if not plan.bodies:
                plan = await _plan(connection, scope, desk, station, full=True)
            commands = await _written(connection, scope, desk, options, plan, uuid)
    if earlier is not None:
        return await read(scope, desk, earlier.key)
    for command in commands[:-1]:
        await send_and_watch(scope, desk, options, Promise(command, station, None))
    return await send_and_watch(scope, desk, options, Promise(commands[-1], station, None))


async def _written(
    connection: AsyncConnection, scope: Scope, desk: Desk, options: Options, plan: _Plan, uuid: UUID
) -> list[Command]:
    """The commands in order; the last has the id that a repeated call returns."""
    last = len(plan.bodies) - 1
    if last and options.queue_until is None:
        # Each waits for the answer to the one before it.
        options = replace(options, queue_until=desk.now() + SENDING_TIME)
    return [
        await write(
            connection,
            scope,
            desk,
            options,
            uuid=uuid if index == last else desk.new_uuid(),
            station=plan.station,
            body=body,
        )
        for index, body in enumerate(plan.bodies)
    ]


async def token_changes(connection: AsyncConnection, scope: Scope) -> list[Change]:
    """Lists are no longer what they should be. Called before a token's row is taken; published after the commit."""
    return [
        Change(Noun.STATION, scope.operator_key, key, version, location_key, key)
        for key, version, location_key in await local_lists.mark_out_of_step(connection)
    ]
