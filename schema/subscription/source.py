"""Where a plan's updates come from: which changes concern it, how to read what matches, and how an update looks."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from strawberry import ID

from app.domain.command import Command as CommandValue
from app.domain.ids import Prefix
from app.domain.match import Keys, command_matches, session_matches, station_matches
from app.domain.page import PageRequest
from app.domain.scope import Scope
from app.domain.session import Session as SessionValue
from app.domain.station import ChargingStation as StationValue
from app.feed import Change, Noun
from app.queries import Database, commands, sessions, stations, watched
from schema import ids
from schema.command import Command
from schema.session import Session
from schema.station import ChargingStation
from schema.subscription.refresher import Fresh, Kind
from schema.updates import (
    CommandPlan,
    CommandUpdates,
    SessionPlan,
    SessionUpdates,
    StationPlan,
    StationUpdates,
    UpdateKind,
)

Row = StationValue | SessionValue | CommandValue


@dataclass(frozen=True, slots=True)
class Batch:
    """A page of what matches."""

    items: tuple[Row, ...]
    next_page: PageRequest | None


@dataclass(frozen=True, slots=True)
class Told:
    """What an update says."""

    kind: UpdateKind
    items: Sequence[Row] = ()
    left_ids: Sequence[str] = ()
    coalesced: int = 0


class Source(ABC):
    """One plan under one scope. Its filter is put to SQL for a snapshot, and to `app.domain.match` for what changed."""

    kind: Kind
    prefix: Prefix
    nouns: frozenset[Noun]

    def __init__(self, scope: Scope, database: Database) -> None:
        self.scope, self.database = scope, database
        self._keys = Keys()
        self._places: frozenset[int] | None = frozenset()
        self._open = False

    async def open(self) -> None:
        """Learns once what the filter's public ids stand for; until then no change concerns it."""
        if self._open:
            return
        self._keys, self._open = await self.meant(), True
        named, allowed = self._keys.locations, self.scope.location_keys
        self._places = named if allowed is None else allowed if named is None else allowed & named

    def concerns(self, key: int, change: Change) -> bool:
        """Whether a row that is not known may match now: other rows' changes cost nothing."""
        if change.noun not in self.nouns:
            return False
        if self._keys.own is not None:
            return key in self._keys.own
        if self._keys.stations is not None and change.station_key not in self._keys.stations:
            return False
        return self._places is None or change.location_key is None or change.location_key in self._places

    def id_of(self, uuid: UUID) -> str:
        return ids.shown(self.prefix, uuid)

    @abstractmethod
    async def meant(self) -> Keys: ...

    @abstractmethod
    async def read(self, page: PageRequest) -> Batch:
        """A page of the snapshot, within the scope."""

    @abstractmethod
    def matches(self, fresh: Fresh) -> bool:
        """Whether a row that was read for everybody is for those who watch this."""

    @abstractmethod
    def update(self, told: Told, at: datetime) -> object: ...


def _left(told: Told) -> list[ID]:
    return [ID(text) for text in told.left_ids]


def _station_of(change: Change) -> int | None:
    return change.key if change.noun is Noun.STATION else change.station_key


def _key_of(change: Change) -> int | None:
    return change.key


async def _stations(database: Database, operator: int, keys: Collection[int]) -> dict[int, tuple[Any, int]]:
    found = await watched.stations(operator_key=operator, database=database, keys=keys)
    return {key: (value, value.location_key) for key, value in found.items()}


async def _sessions(database: Database, operator: int, keys: Collection[int]) -> dict[int, tuple[Any, int]]:
    found = await watched.sessions(operator_key=operator, database=database, keys=keys)
    return {key: (value, value.location_key) for key, value in found.items()}


async def _commands(database: Database, operator: int, keys: Collection[int]) -> dict[int, tuple[Any, int]]:
    return dict(await watched.commands(operator_key=operator, database=database, keys=keys))


class StationSource(Source):
    kind = Kind((Noun.STATION, Noun.SESSION), _station_of, _stations)
    prefix = Prefix.STATION

    def __init__(self, scope: Scope, database: Database, plan: StationPlan, *, with_sessions: bool) -> None:
        super().__init__(scope, database)
        self._filter = plan.filter
        # A document that shows the session at an EVSE is stale when that session moves on.
        self.nouns = frozenset({Noun.STATION, Noun.SESSION} if with_sessions else {Noun.STATION})

    async def meant(self) -> Keys:
        operator = self.scope.operator_key
        return await watched.stations_meant(operator_key=operator, database=self.database, filter=self._filter)

    async def read(self, page: PageRequest) -> Batch:
        found = await stations.search(scope=self.scope, database=self.database, filter=self._filter, page=page)
        return Batch(found.items, PageRequest(page.first, found.positions[-1]) if found.has_next else None)

    def matches(self, fresh: Fresh) -> bool:
        value = fresh.value
        return isinstance(value, StationValue) and station_matches(self._filter, self._keys, self.scope, value)

    def update(self, told: Told, at: datetime) -> object:
        items = [ChargingStation.of(item) for item in told.items if isinstance(item, StationValue)]
        return StationUpdates(kind=told.kind, stations=items, left_ids=_left(told), coalesced=told.coalesced, at=at)


class SessionSource(Source):
    kind = Kind((Noun.SESSION,), _key_of, _sessions)
    prefix = Prefix.SESSION
    nouns = frozenset({Noun.SESSION})

    def __init__(self, scope: Scope, database: Database, plan: SessionPlan) -> None:
        super().__init__(scope, database)
        self._filter = plan.filter

    async def meant(self) -> Keys:
        operator = self.scope.operator_key
        return await watched.sessions_meant(operator_key=operator, database=self.database, filter=self._filter)

    async def read(self, page: PageRequest) -> Batch:
        found = await sessions.search(
            scope=self.scope, database=self.database, filter=self._filter, page=page, order=None
        )
        return Batch(found.items, PageRequest(page.first, found.positions[-1]) if found.has_next else None)

    def matches(self, fresh: Fresh) -> bool:
        value = fresh.value
        return isinstance(value, SessionValue) and session_matches(self._filter, self._keys, self.scope, value)

    def update(self, told: Told, at: datetime) -> object:
        items = [Session.of(item) for item in told.items if isinstance(item, SessionValue)]
        return SessionUpdates(kind=told.kind, sessions=items, left_ids=_left(told), coalesced=told.coalesced, at=at)


class CommandSource(Source):
    kind = Kind((Noun.COMMAND,), _key_of, _commands)
    prefix = Prefix.COMMAND
    nouns = frozenset({Noun.COMMAND})

    def __init__(self, scope: Scope, database: Database, plan: CommandPlan) -> None:
        super().__init__(scope, database)
        self._filter = plan.filter

    async def meant(self) -> Keys:
        operator = self.scope.operator_key
        return await watched.commands_meant(operator_key=operator, database=self.database, filter=self._filter)

    async def read(self, page: PageRequest) -> Batch:
        found = await commands.search(
            scope=self.scope, database=self.database, filter=self._filter, page=page, newest_first=False
        )
        return Batch(found.items, PageRequest(page.first, found.positions[-1]) if found.has_next else None)

    def matches(self, fresh: Fresh) -> bool:
        value = fresh.value
        return isinstance(value, CommandValue) and command_matches(
            self._filter, self._keys, self.scope, value, fresh.location_key
        )

    def update(self, told: Told, at: datetime) -> object:
        items = [Command.of(item) for item in told.items if isinstance(item, CommandValue)]
        return CommandUpdates(kind=told.kind, commands=items, left_ids=_left(told), coalesced=told.coalesced, at=at)
