"""Local lists follow the tokens by themselves: a card that was blocked comes off them without anybody's asking.

Changes within a few seconds make one list. A list that was just taken is looked at once more: a token may have changed
while it was on its way.
"""

import asyncio
from datetime import datetime, timedelta
from itertools import islice

from app.domain.ids import new_uuid
from app.domain.local_list import LocalList, messages, wanted
from app.domain.request.local_list import SendLocalList
from app.domain.station import OcppVersion
from app.domain.station_state import StationState
from app.domain.token import Token
from app.feed import Change, Noun
from app.store.intake import local_lists, own_command, planning
from app.store.intake.connection import IngestConnection
from app.store.intake.local_lists import DueList
from app.store.intake.read import lock_stations

PATIENCE = timedelta(seconds=5)  # for a change of many tokens to be over
ENTRIES_MAX = 20_000  # more than any station seen can hold; a list is built in memory
_MESSAGES_MAX = 200  # of one list; the next look sends what is left over
_AT_ONCE = 10  # stations of one sweep: comparing a long list takes a while
_KEEP_FOR = timedelta(minutes=10)
_ANSWER_WAIT = timedelta(seconds=30)
_REASON = "The local list follows the tokens."


class LocalLists:
    """Keeps the lists of the stations that one process holds in step; remembers only since when each has been due."""

    def __init__(self, patience: timedelta = PATIENCE) -> None:
        self.patience = patience
        self._since: dict[DueList, datetime] = {}
        self._looked_at: set[DueList] = set()

    async def keep_in_step(self, connection: IngestConnection, *, gateway_id: str, at: datetime) -> list[Change]:
        found = await local_lists.due(connection, gateway_id=gateway_id, at=at)
        self._since = {one: self._since.get(one, at) for one in found}
        self._looked_at &= set(found)
        ripe = [one for one in found if one not in self._looked_at and self._since[one] + self.patience <= at]
        changes: list[Change] = []
        if ripe:
            async with connection.transaction():
                changes = await self._sent(connection, ripe[:_AT_ONCE], at)
        return changes

    async def _sent(self, connection: IngestConnection, ripe: list[DueList], at: datetime) -> list[Change]:
        """Whoever holds a station's row has a change to write: the next sweep sees it."""
        stations, _ = await lock_stations(connection, [one.station_key for one in ripe])
        known = await local_lists.held(connection, stations, at=at)
        tokens: dict[int, list[Token]] = {}
        changes: list[Change] = []
        for one in ripe:
            if one.station_key not in known:
                continue
            station, (version, held) = stations[one.station_key], known[one.station_key]
            if station.operator_key not in tokens:
                tokens[station.operator_key] = await local_lists.tokens_of(
                    connection, station.operator_key, ENTRIES_MAX
                )
            changes += await _follow(connection, station, version, held, tokens[station.operator_key], at)
            if one.in_step:
                self._looked_at.add(one)
            await asyncio.sleep(0)  # long lists: whoever else is served by this process goes first
        return changes


async def _follow(
    connection: IngestConnection,
    station: StationState,
    version: OcppVersion,
    held: LocalList,
    tokens: list[Token],
    at: datetime,
) -> list[Change]:
    target = wanted(tokens[: held.max_entries or ENTRIES_MAX], at=at, version=version)
    next_version = int(at.timestamp()) if held.version is None else held.version + 1
    bodies = list(islice(messages(held, target, full=False, next_version=next_version), _MESSAGES_MAX))
    in_step = not bodies
    if in_step and held.in_step:
        return []
    place = (station.location_key, station.key)
    changes = [
        Change(Noun.COMMAND, station.operator_key, await _queue(connection, station, body, at), 1, *place)
        for body in bodies
    ]
    if in_step is not held.in_step:
        await local_lists.mark(connection, station.key, in_step=in_step)
        raised = await planning.raise_version(connection, station.key)
        changes.append(Change(Noun.STATION, station.operator_key, station.key, raised, *place))
    return changes


async def _queue(connection: IngestConnection, station: StationState, body: SendLocalList, at: datetime) -> int:
    return await own_command.queue(
        connection,
        body,
        uuid=new_uuid(at_ms=int(at.timestamp() * 1000)),
        operator_key=station.operator_key,
        station_key=station.key,
        reason=_REASON,
        at=at,
        keep_for=_KEEP_FOR,
        answer_wait=_ANSWER_WAIT,
    )
