"""One batch from arrival to commit: lock, read, decide, write, commit. What it returns may be answered.

Named checkpoints mark the awaits at which a process may die; tests kill it there.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import structlog
from psycopg import InterfaceError, OperationalError
from psycopg.errors import PipelineAborted

from app.domain.answer import Answer, NotRegistered, Superseded
from app.domain.event import (
    Arrival,
    CommandAnswered,
    CommandFailed,
    Connected,
    Frame,
    StationEvent,
    TransactionReported,
)
from app.domain.ids import new_uuid
from app.domain.power_event import ChargingNeedsNotified, EvScheduleNotified
from app.domain.station import OcppVersion, Registration
from app.domain.station_state import StationState
from app.domain.trust_event import SigningAsked
from app.feed import Change, Noun
from app.inbox.batch import Batch
from app.inbox.decisions import DECISIONS
from app.inbox.gather import histories_needed, wanted_by
from app.inbox.safe_answers import SAFE_ANSWERS
from app.store.intake import history, quarantine
from app.store.intake.connection import IngestConnection
from app.store.intake.limits import read_bounds
from app.store.intake.read import (
    has_reached,
    lock_stations,
    read_displays,
    read_histories,
    read_state,
    read_tariffs,
    reserve_keys,
    was_committed,
)
from app.store.intake.records import read_records
from app.store.intake.standing import read_standings
from app.store.intake.streams import read_streams
from app.store.intake.terminal import read_tills
from app.store.intake.write import Writes, write_batch

log = structlog.get_logger(__name__)

_LIMIT_EXCEEDED = "54"  # SQLSTATE class: a key too long for its index, a statement too complex
_KEY_BLOCK = 1_000
_KEYS_SPARE = 400  # another lane may take a batch's worth between our reserving and our deciding

_TAKE_NUMBERS = (TransactionReported, SigningAsked, ChargingNeedsNotified, EvScheduleNotified)

# Reserved numbers by their sequence, shared by the lanes of a process so that later rows get larger ones.
Numbers = dict[str, list[int]]


def new_numbers() -> Numbers:
    return {"session_key_seq": [], "transaction_number": [], "duty_key_seq": []}


Checkpoint = Callable[[str], Awaitable[None]]


def is_away(error: BaseException) -> bool:
    """Whether the database failed rather than the data.

    psycopg calls an exceeded limit operational, but the same data would exceed it for ever.
    """
    if isinstance(error, OperationalError):
        return not isinstance(error, PipelineAborted) and not (error.sqlstate or "").startswith(_LIMIT_EXCEEDED)
    return isinstance(error, InterfaceError)


async def pass_by(name: str) -> None:
    """The checkpoint of production: nothing happens."""


@dataclass(slots=True)
class Outcome:
    """``answers`` by the index of their arrival; ``skipped`` waits for a later batch because its station was locked."""

    answers: dict[int, Answer] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    connected: list[int] = field(default_factory=list)


class Committer:
    """Decides batches over one connection at a time; keeps blocks of reserved numbers, which are no facts."""

    def __init__(
        self,
        gateway_id: str,
        *,
        clock: Callable[[], datetime],
        checkpoint: Checkpoint = pass_by,
        numbers: Numbers | None = None,
        code_key: bytes = b"",
        receipt_url: Callable[[UUID], str] | None = None,
    ) -> None:
        self._gateway_id = gateway_id
        self._code_key = code_key
        self._receipt_url = receipt_url
        self._clock = clock
        self._checkpoint = checkpoint
        self._numbers = new_numbers() if numbers is None else numbers
        self._day: date | None = None  # whose leaves are known to exist
        self._new_day: date | None = None  # whose leaves exist if this batch commits
        self._transaction: str | None = None
        self._doubt: tuple[str, Outcome] | None = None

    async def commit(
        self, connection: IngestConnection, arrivals: Sequence[Arrival], frames: Sequence[Frame]
    ) -> Outcome:
        """Decides and commits. Raises only when the database is away; data that fails is quarantined and answered."""
        self._transaction = self._new_day = None
        try:
            return await self._together(connection, arrivals, frames)
        except Exception as error:
            if is_away(error):
                raise
            await connection.rollback()
            log.warning("inbox.batch_isolated", events=len(arrivals), error=repr(error)[:300])
            return await self._one_by_one(connection, arrivals, frames)

    async def _together(
        self, connection: IngestConnection, arrivals: Sequence[Arrival], frames: Sequence[Frame]
    ) -> Outcome:
        outcome = Outcome()
        await self._process(connection, dict(enumerate(arrivals)), outcome, frames)
        await self._checkpoint("before commit")
        await self._commit(connection, outcome)
        await self._checkpoint("after commit")
        return outcome

    async def _commit(self, connection: IngestConnection, outcome: Outcome) -> None:
        """Commits; if the connection breaks in the middle, `settle_doubt` finds out whether it happened."""
        self._doubt = None if self._transaction is None else (self._transaction, outcome)
        await connection.commit()
        self._doubt = None
        self._day = self._new_day or self._day

    async def settle_doubt(self, connection: IngestConnection) -> Outcome | None:
        """After a broken connection: the outcome of the commit that was under way, if it did happen."""
        if self._doubt is None:
            return None
        transaction, outcome = self._doubt
        versions = {change.key: change.version for change in outcome.changes if change.noun is Noun.STATION}
        committed = await was_committed(connection, transaction) and await has_reached(connection, versions)
        await connection.commit()
        self._doubt = None
        return outcome if committed else None

    async def _one_by_one(
        self, connection: IngestConnection, arrivals: Sequence[Arrival], frames: Sequence[Frame]
    ) -> Outcome:
        """Each event under its own savepoint, so that one poisonous event costs nobody else an answer."""
        outcome = Outcome()
        for index, arrival in enumerate(arrivals):
            try:
                async with connection.transaction():
                    await self._process(connection, {index: arrival}, outcome, ())
            except Exception as error:
                if is_away(error):
                    raise
                log.exception("inbox.quarantined", action=arrival.action, station=arrival.station_key)
                await quarantine.add(connection, arrival, repr(error)[:500])
                await self._reserve(connection, [arrival])
                outcome.answers[index] = SAFE_ANSWERS[type(arrival.event)](
                    arrival, self._numbers["transaction_number"].pop()
                )
        if not await self._journal(connection, frames):
            for frame in frames:
                await self._journal(connection, [frame])
        await self._commit(connection, outcome)
        return outcome

    async def _journal(self, connection: IngestConnection, frames: Sequence[Frame]) -> bool:
        """Frames alone, under a savepoint; False when they could not be stored."""
        try:
            async with connection.transaction():
                await self._write(connection, [], Writes(frames=list(frames)))
        except Exception as error:
            if is_away(error):
                raise
            log.exception("inbox.frames_refused", frames=len(frames))
            return False
        return True

    async def _process(
        self,
        connection: IngestConnection,
        arrivals: dict[int, Arrival],
        outcome: Outcome,
        frames: Sequence[Frame],
    ) -> None:
        """Everything but the commit, for the arrivals whose stations could be locked."""
        stations, transaction = await lock_stations(connection, list({a.station_key for a in arrivals.values()}))
        self._transaction = transaction or self._transaction
        outcome.skipped += [index for index, a in arrivals.items() if a.station_key not in stations]
        ours = {index: a for index, a in arrivals.items() if a.station_key in stations}
        await self._read(connection, stations, list(ours.values()))
        await self._checkpoint("before decide")
        batch = Batch(
            self._clock(),
            self._gateway_id,
            stations,
            self._new_id,
            self._numbers["session_key_seq"],
            self._numbers["transaction_number"],
            self._numbers["duty_key_seq"],
            self._code_key,
            self._receipt_url,
        )
        answers = {index: _decide(batch, arrival) for index, arrival in ours.items()}
        batch.writes.frames.extend(frames)
        for frame in frames:
            if frame.problems:
                batch.met(frame.operator_key, frame.station_key, frame.problems, frame.at)
        await self._write(connection, list(stations.values()), batch.writes)
        outcome.answers |= answers
        outcome.changes += batch.changes()
        outcome.connected += batch.connected

    async def _read(
        self, connection: IngestConnection, stations: dict[int, StationState], arrivals: list[Arrival]
    ) -> None:
        if not arrivals:
            return
        wanted = wanted_by(arrivals, stations)
        await self._reserve(connection, arrivals)
        await read_state(connection, stations, wanted)
        if wanted.tokens or any(station.limits_due for station in stations.values()):
            await read_standings(connection, stations.values(), self._clock())
        if wanted.pricing:
            await read_displays(connection, stations, wanted.pricing)
        told = {key for key in wanted.pricing if stations[key].shows_prices}
        if wanted.streams:
            await read_streams(connection, stations, wanted.streams)
        if wanted.tills:
            await read_tills(connection, stations, wanted.tills)
        if wanted.limits:
            await read_bounds(connection, stations, wanted.limits)
        if wanted.hardware or told:
            await read_tariffs(connection, stations, wanted.starting | told, self._clock())
        if wanted.hardware:
            await read_records(connection, stations.values(), wanted.starting)
        needed = histories_needed(arrivals, stations)
        if needed:
            readings = await read_histories(connection, needed)
            for station in stations.values():
                station.readings = {key: readings[key] for key in station.sessions if key in readings}

    async def _reserve(self, connection: IngestConnection, arrivals: list[Arrival]) -> None:
        """At most one new session, one transaction number and three duties an event; most kinds take none."""
        most = 3 * sum(isinstance(arrival.event, _TAKE_NUMBERS) for arrival in arrivals) + 1
        for sequence, numbers in self._numbers.items():
            if len(numbers) < most + _KEYS_SPARE:
                # Taken from the end, smallest first: later rows have larger keys.
                numbers[:0] = reversed(await reserve_keys(connection, sequence, most + _KEY_BLOCK))

    async def _write(self, connection: IngestConnection, stations: list[StationState], writes: Writes) -> None:
        day = self._clock().astimezone(UTC).date()
        if day != self._day:
            await history.ensure_day(connection, day)
            self._new_day = day
        await write_batch(connection, stations, writes, day=day, new_id=self._new_id)

    def _new_id(self) -> UUID:
        return new_uuid(at_ms=int(self._clock().timestamp() * 1000))


# What a superseded connection may still tell us: how a command ended is true whoever carries the news.
_EPOCH_FREE: tuple[type[StationEvent], ...] = (Connected, CommandAnswered, CommandFailed)


def _is_unregistered(station: StationState, arrival: Arrival) -> bool:
    """1.6 says nothing about how to refuse such a station, and is heard; so is what we asked for (2.0.1 B01.FR.10)."""
    heard = arrival.version is OcppVersion.V16 or arrival.action in station.triggered
    return station.registration is not Registration.ACCEPTED and not heard


def _decide(batch: Batch, arrival: Arrival) -> Answer:
    """Events of an older epoch are dropped without an answer: a newer socket owns the station."""
    station = batch.stations[arrival.station_key]
    if arrival.epoch != station.epoch and not isinstance(arrival.event, _EPOCH_FREE):
        return Superseded()
    if arrival.problems:
        station.problems_added += len(arrival.problems)
        batch.touch(station, news=False)
        batch.met(station.operator_key, station.key, arrival.problems, arrival.received_at)
    if arrival.event.needs_registration and _is_unregistered(station, arrival):
        batch.journal(arrival)
        return NotRegistered()
    answer = DECISIONS[type(arrival.event)](batch, station, arrival)
    if station.changed:
        station.last_seen_at = arrival.received_at
    return answer
