"""One reader for all groups that watch the same kind of thing at one operator: what changed is read once.

It reads without the watchers' rights and filters; every group asks `app.domain.match` what of it is its own to tell.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from app.domain.scope import Scope
from app.feed import Change, Noun
from app.queries import Database
from schema.context import House
from schema.loaders import Loaders

_log = structlog.get_logger()
_READ_MAX = 500  # rows one transaction reads
_REST_MIN_S = 0.020  # under load, several changes of one row become one; an idle reader waits for nothing
_REST_MAX_S = 0.200
_REST_SHARE = 0.3  # rests so much of the time that reading and telling took: others want the processor, too
_PROGRESS_EVERY_S = 1.0  # how soon a meter that moved is told on a quiet system; what happened is told at once
_PROGRESS_PACE_S = 0.25  # on a busy one, so many meters a turn: news must not wait behind them
_PROGRESS_MAX = 20
_TELLING_STEPS = 3  # turns of the loop in which the groups wake and tell
_RETRY_S = 1.0


Cause = tuple[frozenset[Noun], int]  # which nouns' changes made a row dirty, and how many there were


@dataclass(frozen=True, slots=True)
class Kind:
    """What a refresher reads: rows of one table, by their keys, each with the key of the location it belongs to."""

    nouns: tuple[Noun, ...]
    key_of: Callable[[Change], int | None]
    read: Callable[[Database, int, Collection[int]], Awaitable[Mapping[int, tuple[Any, int]]]]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A row as it was read, None when it is gone; which nouns' changes made it dirty, and how many there were."""

    value: Any
    location_key: int
    nouns: frozenset[Noun]
    changes: int


class Round:
    """What one read found. Nested values are read once for all groups with equal rights, and never before the round."""

    def __init__(self, rows: dict[int, Fresh], database: Database) -> None:
        self.rows = rows
        self._database = database
        self._loaders: dict[Hashable, Loaders] = {}

    def loaders(self, scope: Scope) -> Loaders:
        known = self._loaders.get(scope.rights)
        if known is None:
            known = self._loaders[scope.rights] = Loaders(scope, self._database)
        return known


class Listener(Protocol):
    """A group, as its refresher sees it."""

    def concerns(self, key: int, change: Change) -> bool:
        """Whether the row must be read for this group."""
        ...

    def hear(self, round: Round) -> None: ...

    def distrust(self) -> None:
        """Something may have been missed."""
        ...


class Refresher:
    def __init__(self, house: House, operator_key: int, kind: Kind) -> None:
        self._database = house.desk.database
        self._operator_key, self._kind = operator_key, kind
        self._listeners: dict[Listener, None] = {}
        self._causes: dict[int, Cause] = {}
        self._progress: dict[int, Cause] = {}
        self._progress_at = 0.0
        self._watch = house.desk.feed.watch(operator_key, kind.nouns, accepts=self._accepts)
        self._rested_at = 0.0
        self._task = asyncio.create_task(self._run(), name="refresher")

    @property
    def idle(self) -> bool:
        return not self._listeners

    def join(self, listener: Listener) -> None:
        """Every change from now on is heard."""
        self._listeners[listener] = None

    def leave(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    def close(self) -> None:
        self._watch.close()
        self._task.cancel()

    def _accepts(self, change: Change) -> bool:
        key = self._kind.key_of(change)
        if key is None or not any(listener.concerns(key, change) for listener in self._listeners):
            return False
        earlier = self._causes.get(key) or self._progress.pop(key, None)
        nouns, changes = earlier or (frozenset(), 0)
        waiting = self._progress if change.progress and key not in self._causes else self._causes
        waiting[key] = (nouns if change.noun in nouns else nouns | {change.noun}, changes + 1)
        return True

    async def _run(self) -> None:
        while True:
            try:
                await self._serve()
            except asyncio.CancelledError:
                raise
            except Exception:
                _log.exception("what changed could not be read; watchers will read everything again")
                self._distrust()
                await asyncio.sleep(_RETRY_S)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._watch.wait(), _PROGRESS_PACE_S if self._progress else _PROGRESS_EVERY_S)
        await asyncio.sleep(max(0.0, self._rested_at - loop.time()))
        began = loop.time()
        causes, self._causes = self._causes, {}
        if began >= self._progress_at:
            for key in list(self._progress)[:_PROGRESS_MAX]:
                causes[key] = self._progress.pop(key)
            self._progress_at = began + _PROGRESS_PACE_S
        _, gap = self._watch.take()
        if gap:
            self._distrust()
            return
        keys = sorted(causes)
        for at in range(0, len(keys), _READ_MAX):
            self._tell(await self._read(keys[at : at + _READ_MAX], causes))
        for _ in range(_TELLING_STEPS):
            await asyncio.sleep(0)
        rest = (loop.time() - began) * _REST_SHARE
        self._rested_at = loop.time() + min(max(rest, _REST_MIN_S), _REST_MAX_S)

    async def _read(self, keys: list[int], causes: dict[int, Cause]) -> Round:
        found = await self._kind.read(self._database, self._operator_key, keys)
        return Round({key: Fresh(*found.get(key, (None, 0)), *causes[key]) for key in keys}, self._database)

    def _tell(self, round: Round) -> None:
        for listener in list(self._listeners):
            listener.hear(round)

    def _distrust(self) -> None:
        for listener in list(self._listeners):
            listener.distrust()


class Refreshers:
    """The refreshers of this process: made for the first group that listens, closed after the last."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._running: dict[tuple[int, Kind], Refresher] = {}

    def join(self, operator_key: int, kind: Kind, listener: Listener) -> None:
        known = self._running.get((operator_key, kind))
        if known is None:
            known = self._running[operator_key, kind] = Refresher(self._house, operator_key, kind)
        known.join(listener)

    def leave(self, operator_key: int, kind: Kind, listener: Listener) -> None:
        known = self._running.get((operator_key, kind))
        if known is None:
            return
        known.leave(listener)
        if known.idle:
            del self._running[operator_key, kind]
            known.close()
