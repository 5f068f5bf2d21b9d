"""The sweeps: leases, deadlines, queued commands, due duties and the histories' days, each on its own beat."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from psycopg import InterfaceError, OperationalError

from app.feed import Change, Feed, Noun
from app.jobs.local_lists import LocalLists
from app.jobs.worker import DutyWorker
from app.ports.gateway import Stations
from app.store.intake import duties, history, reservations, sweeps
from app.store.intake.admission import forget_attempts
from app.store.intake.connection import IngestConnection, connect
from app.store.intake.forgetting import forget_guests, forget_keys, forget_payments, forget_quotes

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=15)
EFFECT_PATIENCE = timedelta(seconds=120)
ABANDONED_AFTER = timedelta(minutes=10)  # a station that kept an end back sends it within its retry intervals
_DAYS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each history is kept, in days; the journal also by size, because frames are large."""

    frame_days: int = 7
    frame_bytes: int = 20_000_000_000
    reading_days: int = 90
    authorisation_days: int = 90
    event_log_days: int = 90
    attempt_days: int = 30
    quote_days: int = 1
    idempotency_days: int = 90
    payment_days: int = 60  # longer than the provider keeps its messages (30 days) and its keys (a day)

    def days(self, name: str) -> int:
        return {
            "frame": self.frame_days,
            "reading": self.reading_days,
            "authorisation": self.authorisation_days,
            "event_log": self.event_log_days,
        }[name]


class Sweeper:
    """Runs the sweeps of one process over one connection; a database that is away is waited for."""

    def __init__(
        self,
        ingest_url: str,
        feed: Feed,
        *,
        gateway_id: str,
        name: str,
        clock: Callable[[], datetime],
        stations: Stations | None = None,
        worker: DutyWorker | None = None,
        retention: Retention | None = None,
    ) -> None:
        self._ingest_url = ingest_url
        self._feed = feed
        self._gateway_id = gateway_id
        self._name = name
        self._clock = clock
        self._stations = stations
        self._worker = worker
        self._retention = retention or Retention()
        self._connection: IngestConnection | None = None
        self._was_away = False
        self._patient_until: datetime | None = None
        self._turn = asyncio.Lock()
        self.local_lists = LocalLists()

    def beats(self) -> tuple[tuple[float, Callable[[IngestConnection], Awaitable[None]]], ...]:
        """Every sweep with its seconds between runs."""
        return (
            (2.0, self.dispatch),
            (4.0, self.renew),
            (2.0, self.deadlines),
            (5.0, self.leases),
            (15.0, self.claims),
            (10.0, self.reservations),
            (30.0, self.abandoned),
            (5.0, self.stays),
            (2.0, self.holds),
            (2.0, self.wake_duties),
            (2.0, self.lists),
            (600.0, self.days),
        )

    async def prepare(self, *, sole_server: bool) -> None:
        """Before the doors open: today's and tomorrow's leaves exist, our lease stands, dead processes' are over."""
        connection = await self._connected()
        if sole_server:
            await sweeps.end_other_leases(connection, gateway_id=self._gateway_id, at=self._clock())
        await self.renew(connection)
        await self.days(connection)
        await self.leases(connection)

    async def run(self) -> None:
        """Until cancelled."""
        due = dict.fromkeys(range(len(self.beats())), 0.0)
        loop = asyncio.get_running_loop()
        while True:
            for index, (every, sweep) in enumerate(self.beats()):
                if loop.time() >= due[index]:
                    due[index] = loop.time() + every
                    await self._guarded(sweep)
            await asyncio.sleep(0.5)

    async def _guarded(self, sweep: Callable[[IngestConnection], Awaitable[None]]) -> None:
        try:
            async with self._turn:
                await sweep(await self._connected())
        except (OperationalError, InterfaceError) as error:
            log.warning("sweep.database_away", sweep=sweep.__name__, error=str(error)[:200])
            self._connection, self._was_away = None, True
        except Exception:
            log.exception("sweep.failed", sweep=sweep.__name__)

    async def close(self) -> None:
        """Ends the lease: this process's stations are offline from now on. Unreachable, the lease ends by itself."""
        try:
            connection = await self._connected()
            await sweeps.end_lease(connection, gateway_id=self._gateway_id, at=self._clock())
            await connection.close()
        except (OperationalError, InterfaceError) as error:
            log.warning("sweep.lease_not_ended", error=str(error)[:200])

    async def _connected(self) -> IngestConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._ingest_url, autocommit=True)
        return self._connection

    async def renew(self, connection: IngestConnection) -> None:
        until = self._clock() + LEASE
        await sweeps.renew_lease(connection, gateway_id=self._gateway_id, name=self._name, until=until)

    async def dispatch(self, connection: IngestConnection) -> None:
        """Offers queued commands to the sockets this process holds; the inbox lets each be sent only once."""
        if self._stations is None:
            return
        for command in await sweeps.queued_commands(connection, gateway_id=self._gateway_id, at=self._clock()):
            self._stations.send(command)

    async def dispatch_soon(self) -> None:
        """Another process has queued a command for one of our sockets."""
        await self._guarded(self.dispatch)

    async def hurry(self) -> None:
        """Somebody waits for a duty that has just become due."""
        await self._guarded(self.wake_duties)

    async def deadlines(self, connection: IngestConnection) -> None:
        self._tell(await sweeps.pass_deadlines(connection, at=self._clock(), effect_patience=EFFECT_PATIENCE))

    async def abandoned(self, connection: IngestConnection) -> None:
        at = self._clock()
        self._tell(await sweeps.close_abandoned(connection, at=at, free_since=at - ABANDONED_AFTER))

    async def stays(self, connection: IngestConnection) -> None:
        self._tell(await sweeps.end_stays(connection, at=self._clock()))

    async def reservations(self, connection: IngestConnection) -> None:
        await reservations.owe_bills(connection, at=self._clock())

    async def leases(self, connection: IngestConnection) -> None:
        """Whoever let a lease lapse is dead, unless nobody could renew: after an outage everybody gets the time to."""
        await self.renew(connection)
        if self._was_away:
            self._was_away, self._patient_until = False, self._clock() + LEASE
        if self._patient_until is not None and self._clock() < self._patient_until:
            return
        self._tell(await sweeps.pass_leases(connection, at=self._clock(), effect_patience=EFFECT_PATIENCE))

    async def claims(self, connection: IngestConnection) -> None:
        """A process that stood still and goes on speaks for its surviving sockets again."""
        held = [] if self._stations is None else self._stations.held()
        if held:
            self._tell(await sweeps.claim_stations(connection, held, gateway_id=self._gateway_id, at=self._clock()))

    async def holds(self, connection: IngestConnection) -> None:
        await duties.wake_changed_holds(connection, at=self._clock())

    async def lists(self, connection: IngestConnection) -> None:
        """Stations whose sockets this process holds get what has changed on their local lists."""
        if self._stations is not None:
            at = self._clock()
            self._feed.publish(await self.local_lists.keep_in_step(connection, gateway_id=self._gateway_id, at=at))

    async def wake_duties(self, connection: IngestConnection) -> None:
        if self._worker is None:
            return
        for key in await duties.due_duties(connection, at=self._clock()):
            await self._worker.wake(key)

    async def days(self, connection: IngestConnection) -> None:
        """Leaves ahead of midnight; whole days dropped by age, and the journal's oldest also by size."""
        today = self._clock().astimezone(UTC).date()
        for ahead in range(_DAYS_AHEAD):
            await history.ensure_day(connection, today + timedelta(days=ahead))
        await forget_attempts(connection, self._clock() - timedelta(days=self._retention.attempt_days))
        await forget_quotes(connection, self._clock() - timedelta(days=self._retention.quote_days))
        await forget_keys(connection, self._clock() - timedelta(days=self._retention.idempotency_days))
        await forget_payments(connection, self._clock() - timedelta(days=self._retention.payment_days))
        await forget_guests(connection, self._clock())
        for name in history.HISTORIES:
            oldest = today - timedelta(days=self._retention.days(name))
            await history.drop_before(connection, name, oldest)
        keep = self._retention.frame_days
        while keep > 1 and await history.bytes_of(connection, "frame") > self._retention.frame_bytes:
            keep -= 1
            await history.drop_before(connection, "frame", today - timedelta(days=keep))

    def _tell(self, swept: list[sweeps.Swept]) -> None:
        self._feed.publish(
            [
                Change(Noun(row.noun), row.operator_key, row.key, row.version, row.location_key, row.station_key)
                for row in swept
            ]
        )
