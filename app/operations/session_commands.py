"""Commands about a session that is there already: to end it, or to call a reservation off."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.domain.ids import Prefix
from app.domain.request import StationRequest
from app.domain.scope import Permission, Scope
from app.domain.session import Session
from app.operations.commands import (
    Promise,
    Sent,
    check_options,
    check_reachable,
    earlier_deed,
    held,
    read,
    send_and_watch,
    write,
)
from app.operations.desk import Desk, Options, not_found
from app.store import sessions, stations


@dataclass(frozen=True, slots=True)
class SessionWish:
    """``body`` is asked under the station's lock for what to send; it refuses what the session does not allow."""

    mutation: str
    session_id: UUID
    body: Callable[[Session], StationRequest]


async def ask_about_session(scope: Scope, desk: Desk, wish: SessionWish, options: Options) -> Sent:
    """Needs commands:send. Refuses NOT_FOUND, STATION_OFFLINE, STATION_NOT_ACCEPTED, and what the wish refuses."""
    scope.require(Permission.COMMANDS_SEND)
    check_options(desk, options)
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await earlier_deed(
            connection, scope, options, mutation=wish.mutation, values={"id": wish.session_id}, uuid=uuid
        )
        if earlier is None:
            found = (await sessions.by_ids(connection, scope, (wish.session_id,))).get(wish.session_id)
            if found is None:
                raise not_found(Prefix.SESSION, wish.session_id, "sessionId")
            owner = (await stations.by_keys(connection, scope, (found.station_key,)))[found.station_key]
            station = await held(connection, scope, owner)
            session = (await sessions.by_keys(connection, scope, (found.key,)))[found.key]
            body = wish.body(session)
            check_reachable(station, options)
            command = await write(
                connection, scope, desk, options, uuid=uuid, station=station, body=body, evse_key=session.evse_key,
                session=session,
            )  # fmt: skip
            promise = Promise(command, station, session)
    if earlier is not None:
        return await read(scope, desk, earlier.key)
    return await send_and_watch(scope, desk, options, promise)
