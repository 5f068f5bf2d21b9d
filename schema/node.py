"""Anything by its id. A foreign id, an absent id and one the caller may not read all give null."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.domain.filter import ApiTokenFilter, MemberFilter
from app.domain.ids import MalformedId, Prefix, kind_of, parse_id
from app.domain.page import PageRequest
from app.domain.scope import Permission
from app.queries import (
    access,
    cdrs,
    commands,
    documents,
    drivers,
    holds,
    locations,
    operators,
    sessions,
    stations,
    tariffs,
    tokens,
)
from schema.access import ApiToken, Member
from schema.cdr import Cdr
from schema.command import Command
from schema.context import Context
from schema.document import Document
from schema.driver import Account, Driver
from schema.hold import Hold
from schema.location import Location
from schema.operator import Operator
from schema.page import Node
from schema.session import Session
from schema.station import ChargingStation, Connector, Evse
from schema.tariff import Tariff
from schema.token import Token

Found = dict[UUID, Node]


async def _locations(context: Context, wanted: list[UUID]) -> Found:
    found = await locations.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Location.of(value) for uuid, value in found.items()}


async def _stations(context: Context, wanted: list[UUID]) -> Found:
    found = await stations.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: ChargingStation.of(value) for uuid, value in found.items()}


async def _evses(context: Context, wanted: list[UUID]) -> Found:
    owners = await stations.having(scope=context.scope, database=context.database, evse_ids=wanted)
    return {evse.uuid: Evse.of(evse, station) for station in owners for evse in station.evses}


async def _connectors(context: Context, wanted: list[UUID]) -> Found:
    owners = await stations.having(scope=context.scope, database=context.database, connector_ids=wanted)
    return {plug.uuid: Connector.of(plug) for owner in owners for evse in owner.evses for plug in evse.connectors}


async def _sessions(context: Context, wanted: list[UUID]) -> Found:
    found = await sessions.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Session.of(value) for uuid, value in found.items()}


async def _tokens(context: Context, wanted: list[UUID]) -> Found:
    found = await tokens.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Token.of(value) for uuid, value in found.items()}


async def _tariffs(context: Context, wanted: list[UUID]) -> Found:
    found = await tariffs.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Tariff.of(value) for uuid, value in found.items()}


async def _commands(context: Context, wanted: list[UUID]) -> Found:
    found = await commands.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Command.of(value) for uuid, value in found.items()}


async def _members(context: Context, wanted: list[UUID]) -> Found:
    page = PageRequest(len(wanted))
    found = await access.members(
        scope=context.scope, database=context.database, filter=MemberFilter(ids=tuple(wanted)), page=page
    )
    return {value.uuid: Member.of(value) for value in found.items}


async def _api_tokens(context: Context, wanted: list[UUID]) -> Found:
    page = PageRequest(len(wanted))
    found = await access.api_tokens(
        scope=context.scope, database=context.database, filter=ApiTokenFilter(ids=tuple(wanted)), page=page
    )
    return {value.uuid: ApiToken.of(value) for value in found.items}


async def _holds(context: Context, wanted: list[UUID]) -> Found:
    found = await holds.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Hold.of(value) for uuid, value in found.items()}


async def _drivers(context: Context, wanted: list[UUID]) -> Found:
    if not drivers.may_read(context.scope):
        return {}
    found = await drivers.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Driver.of(value) for uuid, value in found.items()}


async def _accounts(context: Context, wanted: list[UUID]) -> Found:
    if not drivers.may_read(context.scope):
        return {}
    found = await drivers.accounts_by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Account.of(value) for uuid, value in found.items()}


async def _cdrs(context: Context, wanted: list[UUID]) -> Found:
    found = await cdrs.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Cdr.of(value) for uuid, value in found.items()}


async def _documents(context: Context, wanted: list[UUID]) -> Found:
    found = await documents.by_ids(scope=context.scope, database=context.database, ids=wanted)
    return {uuid: Document.of(value) for uuid, value in found.items()}


async def _operators(context: Context, wanted: list[UUID]) -> Found:
    own = await operators.own(scope=context.scope, database=context.database)
    return {own.uuid: Operator.of(own)} if own.uuid in wanted else {}


_READERS: dict[Prefix, tuple[Permission | None, Callable[[Context, list[UUID]], Awaitable[Found]]]] = {
    Prefix.OPERATOR: (None, _operators),
    Prefix.MEMBER: (Permission.ACCESS_WRITE, _members),
    Prefix.API_TOKEN: (Permission.ACCESS_WRITE, _api_tokens),
    Prefix.LOCATION: (Permission.NETWORK_READ, _locations),
    Prefix.STATION: (Permission.NETWORK_READ, _stations),
    Prefix.EVSE: (Permission.NETWORK_READ, _evses),
    Prefix.CONNECTOR: (Permission.NETWORK_READ, _connectors),
    Prefix.SESSION: (Permission.SESSIONS_READ, _sessions),
    Prefix.TOKEN: (Permission.TOKENS_READ, _tokens),
    Prefix.TARIFF: (Permission.TARIFFS_READ, _tariffs),
    Prefix.HOLD: (Permission.PAYMENTS_READ, _holds),
    Prefix.DOCUMENT: (Permission.PAYMENTS_READ, _documents),
    Prefix.CDR: (Permission.SESSIONS_READ, _cdrs),
    Prefix.COMMAND: (Permission.COMMANDS_READ, _commands),
    Prefix.DRIVER: (Permission.DRIVERS_READ, _drivers),
    Prefix.ACCOUNT: (Permission.DRIVERS_READ, _accounts),
}


def _parsed(text: str) -> tuple[Prefix, UUID] | None:
    try:
        kind = kind_of(text)
        return kind, parse_id(kind, text)
    except MalformedId:
        return None


async def read_nodes(context: Context, texts: list[str]) -> list[Node | None]:
    """In the order asked; one read a kind."""
    parsed = [_parsed(text) for text in texts]
    wanted: dict[Prefix, list[UUID]] = {}
    for entry in parsed:
        if entry is not None:
            wanted.setdefault(entry[0], []).append(entry[1])
    found: Found = {}
    for kind, uuids in wanted.items():
        permission, read = _READERS.get(kind, (None, None))
        if read is not None and (permission is None or context.may(permission)):
            found |= await read(context, uuids)
    return [None if entry is None else found.get(entry[1]) for entry in parsed]
