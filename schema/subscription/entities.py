"""Groups that watch stations, sessions or commands: a snapshot in pages, then only what changed."""

import asyncio
from functools import partial
from typing import NamedTuple

from app.domain.page import FIRST_MAX, PageRequest
from app.domain.refusal import ErrorCode
from app.feed import Change
from schema.execution import Execution
from schema.subscription.group import Group, Subscriber, Watched
from schema.subscription.refresher import Fresh, Refreshers, Round
from schema.subscription.source import Row, Source, Told
from schema.updates import UpdateKind


class Known(NamedTuple):
    """What members believe of a row: that it matches, and how far it has come."""

    id: str
    version: int


class EntityGroup(Group):
    def __init__(
        self, execution: Execution, watched: Watched, refreshers: Refreshers, source: Source, interval_s: float
    ) -> None:
        super().__init__(execution, watched)
        self._refreshers, self._source, self._interval = refreshers, source, interval_s
        self._known: dict[int, Known] = {}
        self._news: dict[int, Fresh] = {}  # the newest of every row that may have to be told
        self._round: Round | None = None  # the last that had news for us
        self._heard = asyncio.Event()
        self._reading = self._gap = False
        self._next_flush = 0.0

    # What the refresher asks and says --------------------------------------------------------------------------------

    def concerns(self, key: int, change: Change) -> bool:
        """A row we know, or may just be reading, must be looked at even when it has moved out of sight."""
        if key in self._known or self._reading:
            return change.noun in self._source.nouns
        return self._source.concerns(key, change)

    def hear(self, round: Round) -> None:
        nouns, known = self._source.nouns, self._known
        for key, fresh in round.rows.items():
            if nouns.isdisjoint(fresh.nouns):
                continue
            if self._reading or key in known or self._source.matches(fresh):
                self._news[key] = fresh
                self._round = round
                self._heard.set()

    def distrust(self) -> None:
        self._gap = True
        self._heard.set()

    # What every group does -------------------------------------------------------------------------------------------

    async def open(self) -> None:
        self._refreshers.join(self.watched.scope.operator_key, self._source.kind, self)

    def wake(self) -> None:
        self._heard.set()

    def close(self) -> None:
        self._refreshers.leave(self.watched.scope.operator_key, self._source.kind, self)

    async def serve(self) -> None:
        if not self.joiners:
            await self._heard.wait()
        if self.joiners:
            await self._welcome()
            return
        await self._pause()
        if self.joiners:
            return
        self._heard.clear()
        if self._gap:
            await self._start_over()
        elif self._news:
            await self._flush()

    async def _pause(self) -> None:
        """Until the next change may be told; somebody who joins does not have to wait for it."""
        remaining = self._next_flush - asyncio.get_running_loop().time()
        if remaining > 0:
            try:
                async with asyncio.timeout(remaining):
                    await self._joined.wait()
            except TimeoutError:
                return

    async def _welcome(self) -> None:
        """Joiners get the snapshot alone; what changes meanwhile waits and reaches everybody after it."""
        joiners = self.take_joiners()
        snapshot = await self._snapshot(joiners)
        if snapshot is None:
            return
        pages, known = snapshot
        self._known = known if not self.members else self._known | known
        for page in pages:
            self.tell(page, [joiner for joiner in joiners if joiner in self.joiners])
        self.admit(joiners)

    async def _start_over(self) -> None:
        """Something may have been missed: everybody gets a fresh snapshot and drops what is not repeated."""
        everybody = [*self.members, *self.take_joiners()]
        self._gap = False
        self._news.clear()
        try:
            snapshot = await self._snapshot(everybody)
        except BaseException:
            self.distrust()
            raise
        if snapshot is None:
            return
        pages, self._known = snapshot
        for page in pages:
            self.tell(page, [one for one in everybody if one in self.members or one in self.joiners])
        self.admit(everybody)

    async def _snapshot(self, whom: list[Subscriber]) -> tuple[list[str], dict[int, Known]] | None:
        """Payloads and what they tell of. Too much to watch ends the subscriptions of ``whom``: None."""
        house = self._execution.house
        pages: list[str] = []
        known: dict[int, Known] = {}
        request: PageRequest | None = PageRequest(FIRST_MAX)
        self._reading = True
        try:
            await self._source.open()
            while request is not None:
                batch = await self._source.read(request)
                known |= self._known_of(batch.items)
                if len(known) > house.settings.snapshot_max:
                    self._refuse(whom, house.settings.snapshot_max)
                    return None
                told = Told(UpdateKind.SNAPSHOT, batch.items)
                pages.append(await self.payload(self._source.update(told, house.desk.now())))
                request = batch.next_page
            end = self._source.update(Told(UpdateKind.SNAPSHOT_END), house.desk.now())
            pages.append(await self.payload(end))
        finally:
            self._reading = False
        return pages, known

    def _known_of(self, items: tuple[Row, ...]) -> dict[int, Known]:
        return {item.key: Known(self._source.id_of(item.uuid), item.version) for item in items}

    def _refuse(self, whom: list[Subscriber], most: int) -> None:
        for subscriber in whom:
            self.leave(subscriber)
            message = f"More than {most} match. Narrow the filter, or watch networkOverview."
            subscriber.fail(ErrorCode.FILTER_TOO_BROAD, message)

    async def _flush(self) -> None:
        """Tells what changed; what matches no longer, or is out of these members' sight, has left."""
        news, self._news = self._news, {}
        loaders = None if self._round is None else partial(self._round.loaders, self.watched.scope)
        self._next_flush = asyncio.get_running_loop().time() + self._interval
        told = [Told(UpdateKind.CHANGE, *part) for part in self._sifted(news)]
        try:
            for update in told:
                payload = await self.payload(self._source.update(update, self._execution.house.desk.now()), loaders)
                self.tell(payload, list(self.members))
        except BaseException:
            self.distrust()  # what was taken from the news is lost
            raise

    def _sifted(self, news: dict[int, Fresh]) -> list[tuple[list[Row], list[str], int]]:
        """Items, ids that left and changes merged, in parts of a page's size. Older news than was told is dropped."""
        parts: list[tuple[list[Row], list[str], int]] = []
        items: list[Row] = []
        left: list[str] = []
        merged = 0
        for key, fresh in news.items():
            known = self._known.get(key)
            if fresh.value is not None and known is not None and fresh.value.version < known.version:
                continue
            if self._source.matches(fresh):
                items.append(fresh.value)
                self._known[key] = Known(self._source.id_of(fresh.value.uuid), fresh.value.version)
            elif known is not None:
                left.append(self._known.pop(key).id)
            else:
                continue
            merged += fresh.changes - 1
            if len(items) + len(left) == FIRST_MAX:
                parts.append((items, left, merged))
                items, left, merged = [], [], 0
        return [*parts, (items, left, merged)] if items or left else parts
