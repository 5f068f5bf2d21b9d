"""One Voltgraph process: the core and the doors its role has, started in order and stopped in the reverse."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from app.domain.command import OutboundCommand
from app.domain.ids import new_uuid
from app.domain.terminal import receipt_address
from app.feed import Feed
from app.feed.relay import Local, Relay, RemoteStations
from app.inbox import Inbox
from app.inbox.committer import Checkpoint, pass_by
from app.jobs.backfill import run_backfill
from app.jobs.disputes import run_disputes
from app.jobs.duties import do_duty
from app.jobs.payouts import run_balances
from app.jobs.reconcile import run_reconciliations
from app.jobs.sweeps import Retention, Sweeper
from app.jobs.tools import Tools
from app.jobs.worker import DutyWorker
from app.main.charge_page import charge_page
from app.main.document_files import DocumentDoor
from app.main.documents import trusted_documents
from app.main.files import FileDoor
from app.main.live import LIVE_PAGE, LiveOperator
from app.main.mail import open_messenger
from app.main.payments import Payments, open_payments
from app.main.receipt_page import ReceiptDoor
from app.main.scan_page import ScanDoor
from app.main.settings import Address, RunRole, Settings, installation_secret
from app.main.tls import charger_tls
from app.operations import payment_events
from app.operations.desk import Desk
from app.pki import BuiltInPki, PkiSettings
from app.pki.revocation import ResponderPolicy
from app.ports.gateway import Stations
from app.ports.messenger import Messenger
from app.store.database import Database
from gateway.server import OcppServer

if TYPE_CHECKING:
    from schema.api import Api

log = structlog.get_logger(__name__)

_SHUTDOWN_S = 5
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """libpq URLs of the two roles that serve."""

    app: str
    ingest: str


def utc_now() -> datetime:
    return datetime.now(UTC)


class _LocalStations:
    """The gateway of this process, known only after the inbox that it needs; others are asked when it has no socket."""

    def __init__(self, elsewhere: Stations) -> None:
        self.gateway: OcppServer | None = None
        self._elsewhere = elsewhere

    def send(self, command: OutboundCommand) -> bool:
        here = self.gateway is not None and self.gateway.send(command)
        return here or self._elsewhere.send(command)

    def close(self, station_key: int, *, reason: str) -> bool:
        here = self.gateway is not None and self.gateway.close(station_key, reason=reason)
        return here or self._elsewhere.close(station_key, reason=reason)

    def held(self) -> list[tuple[int, int]]:
        return [] if self.gateway is None else self.gateway.held()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(slots=True)
class Process:
    """A running process. Build it with `start`, end it with `stop`."""

    settings: Settings
    urls: DatabaseUrls
    role: RunRole = RunRole.ALL
    clock: Callable[[], datetime] = utc_now
    checkpoint: Checkpoint = pass_by
    live_operators: tuple[LiveOperator, ...] = ()
    simulate_payments: bool = False
    feed: Feed = field(default_factory=Feed)
    gateway: OcppServer | None = None
    inbox: Inbox | None = None
    http_port: int = 0
    _gateway_id: str = ""
    _relay: Relay | None = None
    _pki: BuiltInPki | None = None
    _sweeper: Sweeper | None = None
    _worker: DutyWorker | None = None
    payments: Payments | None = None
    _messenger: Messenger | None = None
    _database: Database | None = None
    _desk: Desk | None = None
    _api: "Api | None" = None
    _http: _Server | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        """Opens the doors once the core stands. Raises what the database or the sockets raise."""
        self._gateway_id = str(new_uuid(at_ms=int(self.clock().timestamp() * 1000)))
        if self.settings.redis_url:
            self._relay = Relay(self.settings.redis_url, self.feed, local=Local(self._dispatch, self._close_here))
            await self._relay.start()
        stations = _LocalStations(RemoteStations(self._relay))
        await self._start_core(stations)
        if self.role.has_gateway and self.inbox is not None:
            address = self.settings.ocpp_address()
            assert self._pki is not None
            tls = charger_tls(self.settings, own_root_pem=self._pki.authority.root_pem)
            self.gateway = OcppServer(self.inbox, address.host, address.port, self._gateway_id, tls)
            await self.gateway.start()
            stations.gateway = self.gateway
        if self.role.has_api:
            await self._start_api(stations)
        _calm_garbage_collector()

    async def _start_core(self, stations: Stations) -> None:
        ingest = self.urls.ingest
        self._messenger = open_messenger(self.settings, simulate=self.simulate_payments)
        self.payments = await open_payments(self.settings, simulate=self.simulate_payments)
        self._pki = BuiltInPki(_pki_settings(self.settings))
        if self.role.has_gateway:
            self.inbox = Inbox(
                ingest,
                self.feed,
                gateway_id=self._gateway_id,
                clock=self.clock,
                checkpoint=self.checkpoint,
                pki=self._pki,
                code_key=installation_secret(self.settings),
                receipt_url=lambda uuid: receipt_address(installation_secret(self.settings), self._files_url(), uuid),
            )
            await self.inbox.start()
        if self.role.has_worker:
            self._desk = self._make_desk(stations)
            nightly = run_reconciliations(ingest, self._desk)
            self._tasks.append(asyncio.create_task(nightly, name="reconciliations"))
            if self.payments is not None:
                missed = run_backfill(ingest, self.payments.cashier, self.clock)
                self._tasks.append(asyncio.create_task(missed, name="backfill"))
                paid_out = run_balances(ingest, self.payments.cashier, self._desk)
                self._tasks.append(asyncio.create_task(paid_out, name="payouts"))
                disputed = run_disputes(ingest, self.payments.cashier, self._desk)
                self._tasks.append(asyncio.create_task(disputed, name="disputes"))
            self._worker = DutyWorker(ingest, self._do_duty)
            await self._worker.open()
            self._tasks.append(asyncio.create_task(self._worker.run(), name="duties"))
        if self.role.has_gateway or self.role.has_worker:
            self._sweeper = Sweeper(
                ingest,
                self.feed,
                gateway_id=self._gateway_id,
                name=f"{socket.gethostname()} {self.role}",
                clock=self.clock,
                stations=stations if self.role.has_gateway else None,
                worker=self._worker,
                retention=Retention(frame_days=self.settings.journal_days),
            )
            await self._sweeper.prepare(sole_server=self.settings.embedded)
            self._tasks.append(asyncio.create_task(self._sweeper.run(), name="sweeps"))

    def _make_desk(self, stations: Stations) -> Desk:
        """What a worker does people's deeds with: starts and stops of sessions paid by card, messages, papers."""
        self._database = self._database or Database(self.urls.app)
        return Desk(
            self._database,
            self.feed,
            stations,
            self.clock,
            self.settings.connect_url(self.ocpp_port),
            self._files_url(),
            takes_payments=self.payments is not None,
        )

    async def _do_duty(self, key: int) -> bool:
        cashier = None if self.payments is None else self.payments.cashier
        tools = Tools(self.clock, self._pki, cashier, self._desk, self._messenger, installation_secret(self.settings))
        return await do_duty(self.urls.ingest, self.feed, key, tools, checkpoint=self.checkpoint)

    async def _start_api(self, stations: Stations) -> None:
        # A gateway process never pays for the GraphQL libraries.
        from schema.api import build_api
        from schema.settings import ApiSettings

        address = self.settings.http_address()
        listener = _listen(address.host, address.port)
        self.http_port = listener.getsockname()[1]
        self._database = self._database or Database(self.urls.app)
        self._api = build_api(
            database=self._database,
            feed=self.feed,
            stations=stations,
            settings=ApiSettings(
                secret=installation_secret(self.settings),
                ocpp_url=self.settings.connect_url(self.ocpp_port),
                files_url=self.settings.files_url(self.http_port),
                allowed_origins=self.settings.allowed_origins,
                takes_payments=self.payments is not None,
                sends_messages=self._messenger is not None,
                trusted=trusted_documents(self.settings),
                trusted_only=frozenset(self.settings.trusted_only),
            ),
            clock=self.clock,
            hurry=self._hurry,
            knows_reader=None if self.payments is None else self.payments.knows_reader,
        )
        config = uvicorn.Config(
            self._starlette(),
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=262_144,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        self._http = _Server(config)
        self._tasks.append(asyncio.create_task(self._http.serve(sockets=[listener]), name="http"))
        while not self._http.started:  # uvicorn tells nobody
            await asyncio.sleep(0.01)

    def _files_url(self) -> str:
        return self.settings.files_url(self.http_port or self.settings.http_address().port)

    @property
    def ocpp_port(self) -> int:
        return self.settings.ocpp_address().port if self.gateway is None else self.gateway.port

    def _starlette(self) -> Starlette:
        assert self._api is not None
        assert self._database is not None
        routes: list[BaseRoute] = [
            Route("/", _live_page),
            Route("/live-operators", self._live_operators),
            Route("/healthz", self._health),
            Route("/metrics", _metrics),
            *FileDoor(self.settings.data / "files", self._database, self.clock, self._api.identify).routes(),
            *DocumentDoor(installation_secret(self.settings), self._database, self.clock).routes(),
            *ReceiptDoor(installation_secret(self.settings), self._files_url(), self._database, self.clock).routes(),
            *ScanDoor.of(self._api.house.desk).routes(),
            *charge_page(simulated=self.payments is not None and self.payments.double is not None),
            *self._webhooks(),
            Mount("/", self._api),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    def _webhooks(self) -> list[BaseRoute]:
        """The payment provider's address, only where its signatures can be checked."""
        assert self._api is not None
        if not self.settings.stripe_webhook_secrets or self.payments is None:
            return []
        keep = partial(payment_events.keep, desk=self._api.house.desk)
        return [self.payments.webhooks(self.settings, lambda event: keep(event=event), self.clock)]

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        assert self._api is not None
        await self._api.startup()
        yield
        await self._api.shutdown()

    async def _live_operators(self, request: Request) -> Response:
        """Who the live page may watch without asking: the demo's operators, by tokens that only read.

        Only to a browser on this machine that asked for it by this machine's name; others give a token of their own.
        """
        here = request.client is not None and request.client.host in _THIS_MACHINE
        if not here or request.url.hostname not in _THIS_MACHINE:
            return JSONResponse([])
        return JSONResponse([{"name": operator.name, "token": operator.token} for operator in self.live_operators])

    async def _health(self, request: Request) -> Response:
        ready = self.inbox is None or self.inbox.available
        return JSONResponse({"ready": ready, "role": self.role.value}, status_code=200 if ready else 503)

    def _dispatch(self, station_key: int) -> None:
        if self._sweeper is not None:
            self._tasks.append(asyncio.create_task(self._sweeper.dispatch_soon(), name="dispatch"))
            self._tasks = [task for task in self._tasks if not task.done()]

    def _hurry(self) -> None:
        """A hold was asked for, or the provider sent word of one: a driver waits."""
        if self._sweeper is not None and self._worker is not None:
            self._tasks.append(asyncio.create_task(self._sweeper.hurry(), name="hurry"))
            self._tasks = [task for task in self._tasks if not task.done()]

    def _close_here(self, station_key: int, reason: str) -> None:
        if self.gateway is not None:
            self.gateway.close(station_key, reason=reason)

    async def stop(self) -> None:
        """Chargers first, so that their last words are written; then people; then the core."""
        if self.gateway is not None:
            await self.gateway.stop()
        if self._http is not None:
            self._http.should_exit = True
        for task in self._tasks:
            if task.get_name() == "http":
                await asyncio.gather(task, return_exceptions=True)
            else:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._worker is not None:
            await self._worker.close()
        if self.inbox is not None:
            await self.inbox.stop()
        if self._sweeper is not None:
            await self._sweeper.close()
        if self._relay is not None:
            await self._relay.stop()
        if self._database is not None:
            await self._database.close()
        if self.payments is not None:
            await self.payments.close()
        if self._pki is not None:
            await self._pki.close()


def _pki_settings(settings: Settings) -> PkiSettings:
    policy = ResponderPolicy(frozenset(settings.pki_private_hosts), settings.pki_verify)
    return PkiSettings(settings.data / "pki", settings.pki_provisioning_url, policy)


# Frames and events die young and make no cycles; the default of 700 would walk ten thousand live connections for them.
_GC_THRESHOLDS = (20_000, 20, 50)


def _calm_garbage_collector() -> None:
    """What is loaded stays loaded; looking at it again cost a tenth of the server's time under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"{host}:{port} cannot be used ({error.strerror}). Give another: --http HOST:PORT") from error
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def check_free(*addresses: Address) -> None:
    """Before much is done for a server that could not listen. Raises `PortTaken`."""
    for address in addresses:
        if address.port:
            _listen(address.host, address.port).close()


class PortTaken(Exception):
    """The address is in use or not ours; the message says what to do."""


async def _live_page(request: Request) -> Response:
    return FileResponse(LIVE_PAGE, media_type="text/html", headers={"Cache-Control": "no-cache"})


async def _metrics(request: Request) -> Response:
    return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)
