"""Asking a station for anything OCPP has a request for, needs commands:send."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.scope import Permission, Scope
from app.domain.session import Session
from app.domain.station import ChargingStation
from app.operations import item_limits
from app.operations.allowances import adapted
from app.operations.commands import (
    Promise,
    Sent,
    Target,
    address,
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
from app.operations.request_checks import beside_others, check_authorised, check_place, check_sensible
from app.store import sessions

# Both are given the station and the numbers of the EVSE and connector that the target names.
MakeBody = Callable[[ChargingStation, int | None, int | None], StationRequest]
Prepare = Callable[[AsyncConnection, ChargingStation, int | None, int | None], Awaitable[StationRequest]]
FindSession = Callable[[AsyncConnection, Scope, ChargingStation], Awaitable[Session | None]]


async def promised(
    scope: Scope,
    desk: Desk,
    options: Options,
    *,
    mutation: str,
    target: Target,
    values: dict[str, object],
    make: MakeBody,
    about: FindSession | None = None,
) -> Sent:
    """The way of every command that promises nothing but itself. ``make`` is given EVSE and connector numbers.

    ``about`` finds the session that it concerns, if there is one.

    What names more than the station takes in one message becomes several commands, one after the other; the wait is
    for all of them together, and each is found again by the caller's key with its number.
    """
    try:
        return await _promised(
            scope, desk, options, mutation=mutation, target=target, values=values, make=make, about=about
        )
    except item_limits.TooMany as many:
        if not many.parts:
            raise
        parts = many.parts
    loop = asyncio.get_running_loop()
    ends = loop.time() + options.wait_s
    sent = []
    for number, part in enumerate(parts, start=1):
        one = replace(
            options,
            # A key of the greatest length still leaves room for its number.
            idempotency_key=f"{hashlib.sha256(options.idempotency_key.encode()).hexdigest()}#{number}",
            wait_s=max(0, int(ends - loop.time())),
        )
        said = values | {"part": asdict(part)}
        sent.append(await _promised(scope, desk, one, mutation=mutation, target=target, values=said, make=_just(part)))
    return replace(sent[0], further=tuple(one.command for one in sent[1:]))


def _just(body: StationRequest) -> MakeBody:
    return lambda station, evse, connector: body


async def _promised(
    scope: Scope,
    desk: Desk,
    options: Options,
    *,
    mutation: str,
    target: Target,
    values: dict[str, object],
    make: MakeBody,
    about: FindSession | None = None,
) -> Sent:
    async def prepare(
        connection: AsyncConnection, station: ChargingStation, evse: int | None, connector: int | None
    ) -> StationRequest:
        return make(station, evse, connector)

    return await prepared(
        scope, desk, options, mutation=mutation, target=target, values=values, prepare=prepare, about=about
    )


async def prepared(
    scope: Scope,
    desk: Desk,
    options: Options,
    *,
    mutation: str,
    target: Target,
    values: dict[str, object],
    prepare: Prepare,
    about: FindSession | None = None,
) -> Sent:
    """As `promised`, for a request that leaves something else behind in the same transaction."""
    scope.require(Permission.COMMANDS_SEND)
    check_options(desk, options)
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await earlier_deed(
            connection, scope, options, mutation=mutation, values=inputs(target, **values), uuid=uuid
        )
        if earlier is None:
            station = await held(connection, scope, await found_station(connection, scope, target))
            check_reachable(station, options)
            evse_key, evse, connector = address(station, target)
            body = await prepare(connection, station, evse, connector)
            check_expressible(station, body)
            body = await adapted(connection, scope, station, body)
            await item_limits.check(connection, station, body)
            check_sensible(body)
            check_place(station, body)
            await check_authorised(connection, station, body, at=desk.now())
            body = await beside_others(connection, scope, station, body)
            session = None if about is None else await about(connection, scope, station)
            command = await write(
                connection,
                scope,
                desk,
                options,
                uuid=uuid,
                station=station,
                body=body,
                evse_key=evse_key,
                session=session,
            )
            promise = Promise(command, station, None)
    if earlier is not None:
        return await read(scope, desk, earlier.key)
    return await send_and_watch(scope, desk, options, promise)


def check_expressible(station: ChargingStation, body: StationRequest) -> None:
    """Refuses NOT_SUPPORTED_BY_STATION when the version the station speaks has no such request."""
    spoken = station.ocpp_version
    if spoken is None or spoken in body.versions:
        return
    known = " and ".join(sorted(version.value.removeprefix("ocpp") for version in body.versions))
    message = f"The station speaks OCPP {spoken.value.removeprefix('ocpp')}; this exists in {known} only."
    subject = public_id(Prefix.STATION, station.uuid)
    raise Refused(Refusal(ErrorCode.NOT_SUPPORTED_BY_STATION, message, ("stationId",), subject))


def named_session(body: StationRequest) -> FindSession | None:
    """Finds the session of the transaction or reservation that a request names."""
    profile = getattr(body, "charging_profile", None)
    transaction_id = getattr(body, "transaction_id", getattr(profile, "transaction_id", None))
    number = getattr(body, "reservation_id", None)
    if transaction_id is None and number is None:
        return None

    async def find(connection: AsyncConnection, scope: Scope, station: ChargingStation) -> Session | None:
        return await sessions.named(
            connection, scope, station.key, transaction_id=transaction_id, remote_start_id=number
        )

    return find


@refusing
async def ask(
    *,
    scope: Scope,
    desk: Desk,
    station_id: UUID,
    body: StationRequest,
    mutation: str,
    options: Options,
    permission: Permission = Permission.COMMANDS_SEND,
) -> Sent:
    """A request as it is given. Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_SUPPORTED_BY_STATION, NOT_FOUND."""
    scope.require(permission)
    return await promised(
        scope,
        desk,
        options,
        mutation=mutation,
        target=Target(station_id),
        values={"body": asdict(body)},
        make=lambda station, evse, connector: body,
        about=named_session(body),
    )
