"""Groups that watch stations, sessions or commands: a snapshot in pages, then only what changed."""

import asyncio

from app.domain.page import FIRST_MAX, PageRequest
from app.domain.refusal import ErrorCode
from app.feed import Change, Watch
from schema.execution import Execution
from schema.subscription.group import Group, Subscriber, Watched
from schema.subscription.source import Source, Told
from schema.updates import UpdateKind

_COALESCE_S = 0.015  # under load several changes of one station become one; an idle group waits for nothing


class EntityGroup(Group):
    def __init__(self, execution: Execution, watched: Watched, source: Source, interval_s: float) -> None:
        super().__init__(execution, watched)
        self._source = source
        self._interval = max(interval_s, _COALESCE_S)
        self._known: dict[int, str] = {}  # what members believe to match, by key
        self._accepted = 0
        self._watch: Watch | None = None
        self._next_flush = 0.0

    def _concerns(self, change: Change) -> bool:
        concerned = self._source.concerns(change, self._known)
        self._accepted += concerned
        return concerned

    async def open(self) -> None:
        feed = self._execution.house.desk.feed
        scope = self.watched.scope
        self._watch = feed.watch(scope.operator_key, self._source.nouns, accepts=self._concerns)

    def wake(self) -> None:
        if self._watch is not None:
            self._watch.wake()

    def distrust(self) -> None:
        if self._watch is not None:
            self._watch.lose()

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()

    async def serve(self) -> None:
        assert self._watch is not None  # open() came first
        if not self.joiners:
            await self._watch.wait()
        if self.joiners:
            await self._welcome()
            return
        await self._pause()
        if self.joiners:
            return
        accepted, self._accepted = self._accepted, 0
        changes, gap = self._watch.take()
        if gap:
            await self._start_over()
        elif changes:
            await self._flush(changes, max(accepted - len(changes), 0))

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
        """Joiners get the snapshot alone; what changes meanwhile waits in the watch and reaches everybody after it."""
        joiners = self.take_joiners()
        if self._source.pinned is None:
            await self._source.pin()
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

    async def _snapshot(self, whom: list[Subscriber]) -> tuple[list[str], dict[int, str]] | None:
        """Payloads and what they tell of. Too much to watch ends the subscriptions of ``whom``: None."""
        house = self._execution.house
        most = house.settings.snapshot_max
        pages: list[str] = []
        known: dict[int, str] = {}
        request: PageRequest | None = PageRequest(FIRST_MAX)
        while request is not None:
            batch = await self._source.read(request)
            known |= batch.known
            if len(known) > most:
                message = f"More than {most} match. Narrow the filter, or watch networkOverview."
                for subscriber in whom:
                    self.leave(subscriber)
                    subscriber.fail(ErrorCode.FILTER_TOO_BROAD, message)
                return None
            told = Told(UpdateKind.SNAPSHOT, batch.items)
            pages.append(await self.payload(self._source.update(told, house.desk.now())))
            request = batch.next_page
        end = self._source.update(Told(UpdateKind.SNAPSHOT_END), house.desk.now())
        pages.append(await self.payload(end))
        return pages, known

    async def _flush(self, changes: list[Change], coalesced: int) -> None:
        """Reads what changed by the same question as the snapshot; what it no longer answers has left."""
        keys = {key for change in changes if (key := self._source.key_of(change)) is not None}
        self._next_flush = asyncio.get_running_loop().time() + self._interval
        ordered = sorted(keys)
        try:
            for begin in range(0, len(ordered), FIRST_MAX):
                await self._flush_some(ordered[begin : begin + FIRST_MAX], coalesced if begin == 0 else 0)
        except BaseException:
            self.distrust()  # what was taken from the watch is lost
            raise

    async def _flush_some(self, keys: list[int], coalesced: int) -> None:
        batch = await self._source.read(PageRequest(FIRST_MAX), keys)
        left = [self._known.pop(key) for key in keys if key not in batch.known and key in self._known]
        self._known |= batch.known
        if not batch.items and not left:
            return
        told = Told(UpdateKind.CHANGE, batch.items, left, coalesced)
        payload = await self.payload(self._source.update(told, self._execution.house.desk.now()))
        self.tell(payload, list(self.members))
