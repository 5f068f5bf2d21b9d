"""The chargers' front door: one URL for every OCPP version on a port of its own.

Judging a handshake is the core's; this module reads the request, keeps the limits and carries the verdict out.
"""

import asyncio
import contextlib
import logging
import ssl as tls
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from app.domain.command import OutboundCommand
from app.domain.event import Connected
from app.domain.handshake import HTTP_STATUS, Admission, AttemptResult, Handshake, Rejection, spoken
from app.domain.station import OcppVersion
from app.ports.gateway import Intake
from gateway import limits
from gateway.connection import StationConnection
from gateway.dialect import Dialect
from gateway.handshake import (
    TokenBucket,
    basic_credentials,
    client_certificate,
    identity_of,
    other_identities,
    shown_path,
)
from gateway.liveness import Liveness
from gateway.metrics import HANDSHAKES
from gateway.ocpp2 import OCPP21, OCPP201
from gateway.ocpp16 import OCPP16
from gateway.registry import Registry
from gateway.socket import Socket
from gateway.turned_away import TurnedAway

_log = structlog.get_logger("voltgraph.gateway")

DIALECTS: dict[OcppVersion, Dialect] = {dialect.version: dialect for dialect in (OCPP16, OCPP201, OCPP21)}

# 1002: the peer broke the protocol by offering nothing we speak. OCPP-J 1.6 §3.3 wants the handshake completed first.
CLOSE_NO_SUBPROTOCOL = (1002, "no common OCPP version: offer ocpp1.6, ocpp2.0.1 or ocpp2.1")
CLOSE_RESTART = (1012, "service restart")


_FORGOTTEN = Request("", Headers())


class ChargerSocket(ServerConnection):
    """A connection that remembers its admission and when it last heard a byte."""

    admission: Admission | None = None
    heard_at: float = 0.0

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        super().data_received(data)


def _quiet_logger() -> logging.Logger:
    """Scanners and broken chargers are counted, not reported with a stack trace each."""
    logger = logging.getLogger("voltgraph.gateway.websockets")
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    return logger


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OcppServer:
    """Serves OCPP-J on ``host:port`` (0: any free port) and is the core's `app.ports.gateway.Stations`."""

    def __init__(
        self,
        intake: Intake,
        host: str,
        port: int,
        gateway_id: str,
        ssl: tls.SSLContext | None = None,
        *,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._intake = intake
        self._host = host
        self._port = port
        self._gateway_id = gateway_id
        self._ssl = ssl
        self._now = now
        self._registry: Registry[StationConnection] = Registry()
        self._bucket = TokenBucket(limits.HANDSHAKE_BURST, limits.HANDSHAKES_PER_SECOND)
        self._turned_away = TurnedAway(intake)
        self._turning: asyncio.Task[None] | None = None
        self._server: Server | None = None
        self._sweep: asyncio.Task[None] | None = None

    # -- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._server = await serve(
            self._handle,
            self._host,
            self._port,
            ssl=self._ssl,
            create_connection=ChargerSocket,
            process_request=self._process_request,
            select_subprotocol=_select_subprotocol,
            compression=None,
            # OCPP 2.x wants RFC 7692; without a shared context it costs no memory between messages.
            extensions=[
                ServerPerMessageDeflateFactory(
                    server_no_context_takeover=True,
                    client_no_context_takeover=True,
                    server_max_window_bits=12,
                    compress_settings={"memLevel": 4},
                )
            ],
            open_timeout=limits.OPEN_TIMEOUT_S,
            close_timeout=limits.CLOSE_TIMEOUT_S,
            ping_interval=None,
            max_size=limits.MAX_FRAME_BYTES,
            max_queue=limits.READ_AHEAD_FRAMES,
            server_header=None,
            logger=_quiet_logger(),
            backlog=limits.LISTEN_BACKLOG,
        )
        self._sweep = asyncio.create_task(Liveness(self._registry).run())
        self._turning = asyncio.create_task(self._turned_away.run())

    async def drain(self) -> None:
        """Stops accepting, asks everyone to reconnect (1012) slice by slice, waits until every end is reported."""
        if self._server is None:
            return
        self._server.close(close_connections=False)
        everyone = list(self._server.connections)
        for first in range(0, len(everyone), limits.DRAIN_BATCH):
            await asyncio.gather(
                *(socket.close(*CLOSE_RESTART) for socket in everyone[first : first + limits.DRAIN_BATCH]),
                return_exceptions=True,
            )
            await asyncio.sleep(limits.DRAIN_PAUSE_S if first + limits.DRAIN_BATCH < len(everyone) else 0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.DRAIN_TIMEOUT_S):
                await self._server.wait_closed()

    async def stop(self) -> None:
        """`drain`, then forgets everything; idempotent."""
        await self.drain()
        tasks = [task for task in (self._sweep, self._turning) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._turned_away.tell()
        self._server = self._sweep = self._turning = None

    @property
    def port(self) -> int:
        """The port in use. Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the server is not started")
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """How many stations this process speaks for."""
        return len(self._registry)

    # -- app.ports.gateway.Stations -----------------------------------------------------------------------------------

    def send(self, command: OutboundCommand) -> bool:
        connection = self._registry.get(command.station_key)
        if connection is None:
            return False
        connection.send(command)
        return True

    def close(self, station_key: int, *, reason: str) -> bool:
        connection = self._registry.get(station_key)
        if connection is None:
            return False
        # A close frame carries at most 123 bytes of reason.
        connection.give_up(1008, reason.encode("ascii", "replace")[:120].decode())
        return True

    def held(self) -> list[tuple[int, int]]:
        return [(connection.station_key, connection.epoch) for connection in self._registry]

    # -- one socket ---------------------------------------------------------------------------------------------------

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        socket = cast(ChargerSocket, connection)
        if not any("websocket" in value.lower() for value in request.headers.get_all("Upgrade")):
            HANDSHAKES.labels("NOT_WEBSOCKET").inc()
            return None  # websockets answers 426 by itself
        if not self._bucket.take():
            self._turned_away.count(self._read_handshake(socket, request, judged=False))
            return _refusal(socket, Rejection(AttemptResult.TOO_MANY_ATTEMPTS, limits.RETRY_AFTER_S))
        try:
            verdict = await self._intake.admit(self._read_handshake(socket, request))
        except Exception:
            _log.exception("admission failed")
            verdict = Rejection(AttemptResult.NOT_READY, limits.RETRY_AFTER_S)
        if isinstance(verdict, Rejection):
            return _refusal(socket, verdict)
        socket.admission = verdict
        result = AttemptResult.ACCEPTED if verdict.subprotocol else AttemptResult.NO_COMMON_SUBPROTOCOL
        HANDSHAKES.labels(result.value).inc()
        return None

    def _read_handshake(self, socket: ChargerSocket, request: Request, *, judged: bool = True) -> Handshake:
        """What nobody will judge is read without its password and certificate."""
        credentials = basic_credentials(request.headers.get_all("Authorization")) if judged else None
        return Handshake(
            at=self._now(),
            path=shown_path(request.path),
            identity=identity_of(request.path),
            other_identities=other_identities(request.path),
            remote_address=_address(socket),
            offered_subprotocols=_offered(request.headers),
            username=credentials.username if credentials else None,
            password=credentials.password if credentials else None,
            secure=self._ssl is not None,
            certificate=client_certificate(socket.transport.get_extra_info("ssl_object")) if judged else None,
        )

    async def _handle(self, connection: ServerConnection) -> None:
        socket = cast(ChargerSocket, connection)
        admission = socket.admission
        if admission is None or admission.subprotocol is None:
            await socket.close(*CLOSE_NO_SUBPROTOCOL)
            return
        if self._registry.get(admission.station_key) is not None and await _is_probe(socket):
            return
        station = StationConnection(
            cast(Socket, socket),
            admission,
            DIALECTS[spoken(admission.subprotocol, admission.allowances)],
            intake=self._intake,
            registry=self._registry,
            now=self._now,
        )
        # Neither is read any more (websockets only asks whether there was a request); ten thousand are tens of MB.
        socket.request, socket.response = _FORGOTTEN, None
        with contextlib.suppress(ConnectionClosed):
            await station.serve(
                Connected(
                    gateway_id=self._gateway_id,
                    subprotocol=admission.negotiated,
                    security_profile=admission.security_profile,
                    remote_address=_address(socket),
                )
            )


async def _is_probe(socket: ChargerSocket) -> bool:
    """Whether a second socket of a station was only tried: it closed again without a word.

    Stations try ciphers and protocol versions that way, and go on speaking on the socket they have.
    """
    opened_at = socket.heard_at
    for _ in range(limits.PROBE_LOOKS):
        if socket.state is not State.OPEN:
            return True
        if socket.heard_at > opened_at:
            return False
        await asyncio.sleep(limits.PROBE_LOOK_EVERY_S)
    return socket.state is not State.OPEN


def _refusal(socket: ChargerSocket, rejection: Rejection) -> Response:
    HANDSHAKES.labels(rejection.result.value).inc()
    response = socket.respond(HTTP_STATUS[rejection.result], f"{rejection.result.value}\n")
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="voltgraph"'
    if rejection.retry_after_s is not None:
        response.headers["Retry-After"] = str(rejection.retry_after_s)
    return response


def _select_subprotocol(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The admitted version in the station's own spelling; None completes the handshake without a subprotocol."""
    admission = cast(ChargerSocket, connection).admission
    if admission is None or admission.subprotocol is None:
        return None
    chosen = admission.negotiated
    return next((name for name in offered if name.strip().lower() == chosen), None)


def _offered(headers: Headers) -> tuple[str, ...]:
    names = ",".join(headers.get_all("Sec-WebSocket-Protocol")).split(",")
    return tuple(name.strip()[:64] for name in names[:16] if name.strip())


def _address(socket: ServerConnection) -> str:
    try:
        peer = socket.remote_address
    except OSError:
        return ""
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""
