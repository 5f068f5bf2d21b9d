"""The inbox: what has arrived from all sockets is decided in groups, committed, then answered.

An idle system answers at once; a busy one batches by itself, because events gather while a commit is under way.
While the database is away nobody is answered: what arrived waits, in order, and is tried again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from app.domain.answer import Answer, ConnectedAnswer, HeartbeatAnswer, Superseded
from app.domain.event import Arrival, Frame, HeartbeatSent
from app.domain.handshake import Admission, Handshake, Rejection
from app.feed import Feed
from app.inbox.admission import AdmissionDesk
from app.inbox.committer import Checkpoint, Committer, Outcome, is_away, new_numbers, pass_by
from app.inbox.consult import ASK, consulted
from app.inbox.waiting_frames import WaitingFrames
from app.ports.pki import Pki
from app.store.intake.connection import IngestConnection, connect

log = structlog.get_logger(__name__)

LANES = 2  # one decides while the other's commit is under way; more would only split the batches
BATCH_MAX = 400  # past it a larger batch saves little and makes the first in it wait
FRAMES_MAX = 2_000
FRAME_LINGER_S = 0.2  # frames without an event wait this long for company
LAST_SEEN_EVERY_S = 60.0
STOP_PATIENCE_S = 5.0  # past it a supervisor would kill us; unanswered chargers send again
_RETRY_FIRST_S = 0.1
_RETRY_LAST_S = 2.0
_LOCKED_RETRY_S = 0.005

COMMITTED = Counter("voltgraph_inbox_events_total", "Station events committed")
BATCH_SIZE = Histogram("voltgraph_inbox_batch_size", "Events a commit", buckets=(1, 3, 10, 30, 100, 200, 400))

_Pending = tuple[Arrival, asyncio.Future[Answer]]


@dataclass(slots=True)
class _Lane:
    """One batch in the making: while the database works on it, another lane decides the next.

    A station whose row one lane holds is skipped by the other, so lanes never work on one station at once.
    """

    committer: Committer
    connection: IngestConnection | None = None

    async def connected(self, ingest_url: str) -> IngestConnection:
        if self.connection is None or self.connection.closed:
            self.connection = await connect(ingest_url)
        return self.connection

    async def disconnect(self) -> None:
        if self.connection is not None:
            connection, self.connection = self.connection, None
            await connection.close()


class Inbox:
    """Implements `app.ports.gateway.Intake`."""

    def __init__(
        self,
        ingest_url: str,
        feed: Feed,
        *,
        gateway_id: str,
        clock: Callable[[], datetime],
        checkpoint: Checkpoint = pass_by,
        pki: Pki | None = None,
        code_key: bytes = b"",
        receipt_url: Callable[[UUID], str] | None = None,
    ) -> None:
        """``code_key``: what digests of typed codes are made with; the same in all processes of an installation.

        ``receipt_url``: where the receipt of a payment at a station's terminal will be; None: none is promised.
        """
        self._ingest_url = ingest_url
        self._pki = pki
        self._feed = feed
        self._clock = clock
        numbers = new_numbers()
        self._lanes = [
            _Lane(
                Committer(
                    gateway_id,
                    clock=clock,
                    checkpoint=checkpoint,
                    numbers=numbers,
                    code_key=code_key,
                    receipt_url=receipt_url,
                )
            )
            for _ in range(LANES)
        ]
        self._checkpoint = checkpoint
        self._desk = AdmissionDesk(ingest_url)
        self._pending: list[_Pending] = []
        self._frames = WaitingFrames()
        self._wake = asyncio.Event()
        self._available = asyncio.Event()
        self._epochs: dict[int, int] = {}
        self._seen: dict[int, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Connects, or raises `psycopg.OperationalError` when the database cannot be reached at the start."""
        for lane in self._lanes:
            lane.connection = await connect(self._ingest_url)
        self._available.set()
        self._tasks = [asyncio.create_task(self._run(lane), name="inbox") for lane in self._lanes]
        await self._desk.start()

    async def stop(self) -> None:
        """Commits and answers what has arrived, then closes; a database that is away is not waited for without end."""
        self._stopping = True
        self._wake.set()
        late = set(self._tasks)
        while late:
            _, late = await asyncio.wait(late, timeout=STOP_PATIENCE_S)
            if late and not self.available:  # also when it went away only now
                log.error("inbox.stopped_unwritten", events=len(self._pending))
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)
                break
        await self._desk.stop()
        for lane in self._lanes:
            await lane.disconnect()

    async def admit(self, handshake: Handshake) -> Admission | Rejection:
        return await self._desk.admit(handshake)

    def turned_away(self, handshake: Handshake, times: int) -> None:
        self._desk.turned_away(handshake, times)

    async def receive(self, arrival: Arrival) -> Answer:
        if type(arrival.event) is HeartbeatSent:
            return await self._heartbeat(arrival)
        if self._pki is not None and type(arrival.event) in ASK:
            arrival = await consulted(self._pki, arrival)
        return await self._enqueue(arrival)

    def record(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self._frames.add(frame)
        self._wake.set()

    @property
    def available(self) -> bool:
        """Whether the database answers."""
        return self._available.is_set()

    def _enqueue(self, arrival: Arrival) -> asyncio.Future[Answer]:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending.append((arrival, future))
        self._wake.set()
        return future

    async def _heartbeat(self, arrival: Arrival) -> Answer:
        """Answered without a commit, but not while the database is away; last-seen is written once a minute."""
        await self._available.wait()
        if arrival.epoch < self._epochs.get(arrival.station_key, 0):
            return Superseded()
        now = arrival.received_at.timestamp()
        if now - self._seen.get(arrival.station_key, 0.0) >= LAST_SEEN_EVERY_S:
            self._seen[arrival.station_key] = now
            self._enqueue(arrival._replace(problems=()))  # its frame, below, brings them
        self._frames.add(
            Frame(
                arrival.station_key,
                arrival.operator_key,
                arrival.received_at,
                True,
                arrival.message_id,
                arrival.action,
                arrival.frame,
                arrival.problems,
            )
        )
        self._wake.set()
        return HeartbeatAnswer(arrival.received_at)

    async def _run(self, lane: "_Lane") -> None:
        while True:
            if not self._pending and not self._frames:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
                if not self._pending and not self._frames:
                    continue
            if not self._pending and not self._stopping:
                await self._linger()
            batch, self._pending = self._pending[:BATCH_MAX], self._pending[BATCH_MAX:]
            frames = self._frames.take(FRAMES_MAX)
            if batch or frames:
                self._finish(batch, await self._commit(lane, [arrival for arrival, _ in batch], frames))
            await asyncio.sleep(_LOCKED_RETRY_S if self._all_locked(batch) else 0)
            if batch:
                await self._checkpoint("after answer")

    async def _linger(self) -> None:
        """Frames alone can wait a little; an event cannot."""
        deadline = asyncio.get_running_loop().time() + FRAME_LINGER_S
        while not self._pending and not self._stopping:
            self._wake.clear()
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                return
            try:
                await asyncio.wait_for(self._wake.wait(), remaining)
            except TimeoutError:
                return

    def _all_locked(self, batch: list[_Pending]) -> bool:
        return bool(batch) and not any(future.done() for _, future in batch)

    async def _commit(self, lane: "_Lane", arrivals: list[Arrival], frames: Sequence[Frame]) -> Outcome:
        """Tries until the database has taken it. Nobody is answered meanwhile."""
        pause = _RETRY_FIRST_S
        while True:
            try:
                connection = await lane.connected(self._ingest_url)
                outcome = await lane.committer.settle_doubt(connection)
                if outcome is None:
                    outcome = await lane.committer.commit(connection, arrivals, frames)
                self._available.set()
                return outcome
            except Exception as error:
                # Whatever it is, this loop must live: everyone waits for it.
                if not is_away(error):
                    log.exception("inbox.commit_failed", events=len(arrivals))
                elif self._available.is_set():
                    log.error("inbox.database_away", error=str(error)[:200])
                self._available.clear()
                await lane.disconnect()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _RETRY_LAST_S)

    def _finish(self, batch: list[_Pending], outcome: Outcome) -> None:
        """Answers what is durable; what was locked by another writer goes to the front again."""
        for index, answer in outcome.answers.items():
            arrival, future = batch[index]
            if isinstance(answer, ConnectedAnswer):
                self._epochs[arrival.station_key] = answer.epoch
            if not future.done():
                future.set_result(answer)
        if outcome.skipped:
            self._pending = [batch[index] for index in sorted(outcome.skipped)] + self._pending
        if outcome.changes:
            self._feed.publish(outcome.changes)
        COMMITTED.inc(len(outcome.answers))
        BATCH_SIZE.observe(len(batch))
