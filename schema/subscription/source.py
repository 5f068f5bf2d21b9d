"""Where a plan's updates come from: which changes concern it, how to read what matches, and how an update looks."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from strawberry import ID

from app.domain.page import PageRequest
from app.domain.scope import Scope
from app.feed import Change, Noun
from app.queries import Database, commands, sessions, stations
from schema.command import Command
from schema.session import Session
from schema.station import ChargingStation
from schema.updates import (
    CommandPlan,
    CommandUpdates,
    SessionPlan,
    SessionUpdates,
    StationPlan,
    StationUpdates,
    UpdateKind,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What matched: update objects ready for the schema, with their keys and public ids."""

    items: tuple[object, ...]
    known: dict[int, str]
    next_page: PageRequest | None


@dataclass(frozen=True, slots=True)
class Told:
    """What an update says."""

    kind: UpdateKind
    items: Sequence[object] = ()
    left_ids: Sequence[str] = ()
    coalesced: int = 0


class Source(ABC):
    """One plan under one scope. Every read asks the same question, of everything or of some keys."""

    nouns: tuple[Noun, ...]

    def __init__(self, scope: Scope, database: Database) -> None:
        self.scope, self.database = scope, database
        self.pinned: frozenset[int] | None = None

    def key_of(self, change: Change) -> int | None:
        """Which of our rows a change concerns."""
        return change.key

    def concerns(self, change: Change, known: Collection[int]) -> bool:
        """Whether to look at all. A row we know must be looked at even when it has moved out of sight."""
        key = self.key_of(change)
        if key is None:
            return False
        if key in known:
            return True
        if self.pinned is not None:
            return self.pin_of(change) in self.pinned
        places = self.scope.location_keys
        return places is None or change.location_key is None or change.location_key in places

    def pin_of(self, change: Change) -> int | None:
        return change.station_key

    async def pin(self) -> None:
        """Learns the keys of the stations a filter names, so that other stations' changes cost nothing.

        Only without location limits: with them a station may come into sight later.
        """
        named = self.named_stations()
        if named is not None and self.scope.location_keys is None:
            found = await stations.by_ids(scope=self.scope, database=self.database, ids=named)
            self.pinned = frozenset(station.key for station in found.values())

    def named_stations(self) -> tuple[UUID, ...] | None:
        return None

    @abstractmethod
    async def read(self, page: PageRequest, only: Collection[int] | None = None) -> Batch: ...

    @abstractmethod
    def update(self, told: Told, at: datetime) -> object: ...


def _left(told: Told) -> list[ID]:
    return [ID(text) for text in told.left_ids]


class StationSource(Source):
    def __init__(self, scope: Scope, database: Database, plan: StationPlan, *, with_sessions: bool) -> None:
        super().__init__(scope, database)
        self._plan = plan
        # A document that shows the session at an EVSE is stale when that session moves on.
        self.nouns = (Noun.STATION, Noun.SESSION) if with_sessions else (Noun.STATION,)

    def key_of(self, change: Change) -> int | None:
        return change.key if change.noun is Noun.STATION else change.station_key

    def pin_of(self, change: Change) -> int | None:
        return self.key_of(change)

    def named_stations(self) -> tuple[UUID, ...] | None:
        return self._plan.filter.ids

    async def read(self, page: PageRequest, only: Collection[int] | None = None) -> Batch:
        found = await stations.search(
            scope=self.scope, database=self.database, filter=self._plan.filter, page=page, only=only
        )
        shown = tuple(ChargingStation.of(value) for value in found.items)
        known = {value.key: str(item.id) for value, item in zip(found.items, shown, strict=True)}
        return Batch(shown, known, PageRequest(page.first, found.positions[-1]) if found.has_next else None)

    def update(self, told: Told, at: datetime) -> object:
        items = [item for item in told.items if isinstance(item, ChargingStation)]
        return StationUpdates(kind=told.kind, stations=items, left_ids=_left(told), coalesced=told.coalesced, at=at)


class SessionSource(Source):
    nouns = (Noun.SESSION,)

    def __init__(self, scope: Scope, database: Database, plan: SessionPlan) -> None:
        super().__init__(scope, database)
        self._plan = plan

    def named_stations(self) -> tuple[UUID, ...] | None:
        return self._plan.filter.station_ids

    async def read(self, page: PageRequest, only: Collection[int] | None = None) -> Batch:
        found = await sessions.search(
            scope=self.scope, database=self.database, filter=self._plan.filter, page=page, order=None, only=only
        )
        shown = tuple(Session.of(value) for value in found.items)
        known = {value.key: str(item.id) for value, item in zip(found.items, shown, strict=True)}
        return Batch(shown, known, PageRequest(page.first, found.positions[-1]) if found.has_next else None)

    def update(self, told: Told, at: datetime) -> object:
        items = [item for item in told.items if isinstance(item, Session)]
        return SessionUpdates(kind=told.kind, sessions=items, left_ids=_left(told), coalesced=told.coalesced, at=at)


class CommandSource(Source):
    nouns = (Noun.COMMAND,)

    def __init__(self, scope: Scope, database: Database, plan: CommandPlan) -> None:
        super().__init__(scope, database)
        self._plan = plan

    def named_stations(self) -> tuple[UUID, ...] | None:
        return self._plan.filter.station_ids

    async def read(self, page: PageRequest, only: Collection[int] | None = None) -> Batch:
        found = await commands.search(
            scope=self.scope,
            database=self.database,
            filter=self._plan.filter,
            page=page,
            newest_first=False,
            only=only,
        )
        shown = tuple(Command.of(value) for value in found.items)
        known = {value.key: str(item.id) for value, item in zip(found.items, shown, strict=True)}
        return Batch(shown, known, PageRequest(page.first, found.positions[-1]) if found.has_next else None)

    def update(self, told: Told, at: datetime) -> object:
        items = [item for item in told.items if isinstance(item, Command)]
        return CommandUpdates(kind=told.kind, commands=items, left_ids=_left(told), coalesced=told.coalesced, at=at)
