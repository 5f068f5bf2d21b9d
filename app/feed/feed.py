"""The dispatcher: an index from (operator, noun) to watchers, each with one bounded set of changed keys.

A watcher that does not look keeps one entry a key, the newest; past `DIRTY_MAX` keys it keeps only "read all again".
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from app.feed.change import Change, Noun

DIRTY_MAX = 5_000  # more than any snapshot may hold: beyond it a fresh read costs less than the list


class Watch:
    """One watcher's changed keys since it last looked."""

    __slots__ = ("_changed", "_feed", "_topics", "_wake", "accepts", "gap")

    def __init__(
        self, feed: "Feed", topics: Sequence[tuple[int, Noun]], accepts: Callable[[Change], bool] | None
    ) -> None:
        self._feed = feed
        self._topics = tuple(topics)
        self._changed: dict[tuple[Noun, int], Change] = {}
        self._wake = asyncio.Event()
        self.accepts = accepts
        self.gap = False

    def offer(self, change: Change) -> None:
        """Remembers a change, unless the watcher has said that it cannot concern it."""
        if self.accepts is not None and not self.accepts(change):
            return
        if len(self._changed) >= DIRTY_MAX:
            self.lose()
            return
        self._changed[change.noun, change.key] = change
        if not change.progress:
            self._wake.set()

    def lose(self) -> None:
        """Something may have been missed: the watcher must read everything again."""
        self._changed.clear()
        self.gap = True
        self._wake.set()

    async def wait(self) -> None:
        """Returns when there is something to take."""
        await self._wake.wait()

    def wake(self) -> None:
        """Makes `wait` return without a change."""
        self._wake.set()

    def take(self) -> tuple[list[Change], bool]:
        """What changed since the last take (newest of each key), and whether a gap makes the list useless."""
        changed, gap = list(self._changed.values()), self.gap
        self._changed.clear()
        self.gap = False
        self._wake.clear()
        return changed, gap

    def close(self) -> None:
        self._feed.forget(self, self._topics)


class Feed:
    """All watchers of this process."""

    def __init__(self) -> None:
        self._watchers: dict[tuple[int, Noun], set[Watch]] = defaultdict(set)
        self._relays: list[Callable[[Sequence[Change]], None]] = []

    def watch(
        self, operator_key: int, nouns: Iterable[Noun], *, accepts: Callable[[Change], bool] | None = None
    ) -> Watch:
        """Registers a watcher; read the snapshot after this, so that no change falls between."""
        topics = [(operator_key, noun) for noun in nouns]
        watch = Watch(self, topics, accepts)
        for topic in topics:
            self._watchers[topic].add(watch)
        return watch

    def forget(self, watch: Watch, topics: Iterable[tuple[int, Noun]]) -> None:
        for topic in topics:
            watchers = self._watchers.get(topic)
            if watchers is not None:
                watchers.discard(watch)
                if not watchers:
                    del self._watchers[topic]

    def publish(self, changes: Sequence[Change]) -> None:
        """Tells this process's watchers, and other processes through the relays. Call it after the commit."""
        self.deliver(changes)
        for relay in self._relays:
            relay(changes)

    def deliver(self, changes: Iterable[Change]) -> None:
        """Tells this process's watchers only."""
        for change in changes:
            for watch in self._watchers.get((change.operator_key, change.noun), ()):
                watch.offer(change)

    def lose(self) -> None:
        """A relay lost messages: every watcher reads again."""
        for watchers in self._watchers.values():
            for watch in watchers:
                watch.lose()

    def add_relay(self, relay: Callable[[Sequence[Change]], None]) -> None:
        self._relays.append(relay)

    @property
    def watcher_count(self) -> int:
        return len({watch for watchers in self._watchers.values() for watch in watchers})
