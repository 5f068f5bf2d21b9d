"""One station's socket: reads frames, has each decided by the core, answers after the commit.

An inbound CALL is awaited in the read loop. That is the back-pressure: a station has one CALL in flight, and while the
database is away its next frames stay in the socket.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import uuid4

import structlog
from websockets.exceptions import ConnectionClosed

from app.domain.answer import Acknowledged, Answer, ConnectedAnswer, NotRegistered, Superseded
from app.domain.command import OutboundCommand
from app.domain.device_event import ResultRefused
from app.domain.event import Arrival, Booted, Connected, Disconnected, Frame, StationEvent
from app.domain.handshake import Admission
from app.domain.station import OcppVersion
from app.ports.gateway import Intake
from gateway.allowances import Allowances, count
from gateway.dialect import Dialect
from gateway.lane import Lane
from gateway.limits import SEND_TIMEOUT_S
from gateway.metrics import CONNECTIONS, FRAMES_REFUSED, RESULTS_UNSOLICITED, calls
from gateway.registry import Registry
from gateway.rpc import Call, CallError, CallResult, Fault, Malformed, Send, read, write_error, write_result
from gateway.schemas import Direction, validator
from gateway.socket import Socket
from gateway.tolerance import Problems, journal_text, plain, repair, too_deep
from gateway.understanding import understood

_log = structlog.get_logger("voltgraph.gateway")

# A replaced socket must not dial again at once: two chargers with one identity would replace each other for ever.
# 1008 says "your doing"; 1000 or 1012 would invite an immediate return.
CLOSE_REPLACED = (1008, "replaced by a newer connection")
CLOSE_OTHER_STATION = (1008, "the client certificate is named after another serial number")
CLOSE_BUG = (1011, "internal error")


class StationConnection:
    """Serves one admitted socket until it ends."""

    __slots__ = (
        "_admission",
        "_closing",
        "_intake",
        "_lane",
        "_now",
        "_registry",
        "allowances",
        "busy",
        "dialect",
        "epoch",
        "pinged_at",
        "pong",
        "ponged",
        "socket",
    )

    def __init__(
        self,
        socket: Socket,
        admission: Admission,
        dialect: Dialect,
        *,
        intake: Intake,
        registry: "Registry[StationConnection]",
        now: Callable[[], datetime],
    ) -> None:
        self.socket = socket
        self.dialect = dialect
        self.epoch = 0
        self.busy = False
        self.ponged = False
        self.pinged_at = 0.0
        self.pong: asyncio.Future[float] | None = None
        self.allowances = Allowances(admission)
        self._admission = admission
        self._intake = intake
        self._registry = registry
        self._now = now
        self._lane: Lane | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def station_key(self) -> int:
        return self._admission.station_key

    def now(self) -> datetime:
        return self._now()

    async def serve(self, connected: Connected) -> None:
        """Runs from the handshake to `Disconnected`."""
        answer = await self._receive(connected, problems=self.allowances.let_in_with(self.dialect.version))
        if not isinstance(answer, ConnectedAnswer):
            await self.socket.close(*(CLOSE_REPLACED if isinstance(answer, Superseded) else CLOSE_BUG))
            return
        self.epoch = answer.epoch
        loser = self._registry.enter(self)
        if loser is not None:
            loser.give_up(*CLOSE_REPLACED)
        gauge = CONNECTIONS.labels(self.dialect.version.value)
        gauge.inc()
        try:
            await self._read()
        finally:
            gauge.dec()
            self._registry.leave(self)
            await self._end()

    async def _read(self) -> None:
        try:
            while True:
                raw = await self.socket.recv(decode=False)
                self.busy = True
                try:
                    await self._frame(raw if isinstance(raw, bytes) else raw.encode())
                except ConnectionClosed:
                    raise
                except Exception:
                    _log.exception("frame not handled", station=self._admission.identity)
                finally:
                    self.busy = False
        except ConnectionClosed:
            return

    async def _end(self) -> None:
        reason = f"{self.socket.close_code or 1006} {self.socket.close_reason or ''}".strip()[:200]
        reason = "".join(character if character.isprintable() else "\ufffd" for character in reason)
        if self._lane is not None:
            self._lane.close(reason)
            if self._lane.task is not None:
                await self._lane.task
        await self._receive(Disconnected(reason))

    # -- from the station ---------------------------------------------------------------------------------------------

    async def _frame(self, raw: bytes) -> None:
        frame = read(raw, self.dialect.version, mend=self.allowances.mend)
        match frame:
            case Call():
                await self._call(frame, raw)
            case CallResult() | CallError() if not (isinstance(frame, CallError) and frame.about_result):
                await self._reply(frame, frame.message_id, raw)
            case Malformed() if frame.answers is not None:
                await self._reply(frame, frame.answers, raw)
            case Malformed():
                await self._refuse(raw, frame.reply_id, frame.action, frame.fault, frame.detail)
            case Send():
                await self._send(frame, raw)
            case CallError():
                # 2.1: our answer was of no use to the station. Written down and flagged, never answered.
                about = ResultRefused(frame.code, frame.description)
                await self._receive(about, message_id=frame.message_id, frame=journal_text(raw), problems=(frame.code,))

    async def _call(self, call: Call, raw: bytes) -> None:
        started = asyncio.get_running_loop().time()
        at = self._now()
        action = call.action
        version = self.dialect.version
        problems = self.allowances.problems(call.problems)
        try:
            event = understood(call, self.dialect, self.allowances, at, problems)
        except Exception as error:
            event = (Fault.INTERNAL, self._bug(error, action))
        if isinstance(event, tuple):
            await self._refuse(raw, call.reply_id, action, *event, problems)
            return
        other = self._is_other_station(event)
        if other:
            problems.note("its client certificate is named after another serial number")
        if problems:
            count(version, problems)
        arrival = Arrival(
            self._admission.station_key,
            self._admission.operator_key,
            self.epoch,
            version,
            at,
            event,
            call.message_id,
            action,
            journal_text(raw),
            False,
            tuple(problems),
        )
        try:
            answer = await self._intake.receive(arrival)
            if isinstance(answer, Superseded):
                self.give_up(*CLOSE_REPLACED)
                return
            if isinstance(answer, NotRegistered):
                text = write_error(version, call.reply_id, Fault.SECURITY, "boot is not accepted yet")
                result = "refused"
            else:
                text = write_result(call.reply_id, self.dialect.answers[action](answer))
                result = "answered"
        except Exception as error:
            text = write_error(version, call.reply_id, Fault.INTERNAL, self._bug(error, action))
            result = "failed"
        calls(version.value, action, result).inc()
        await self.send_text(text)
        if type(event) is Booted:
            self.allowances.learn(event)
            if self._lane is not None:
                self._lane.release()
        if other:
            self.give_up(*CLOSE_OTHER_STATION)
        took_ms = round((asyncio.get_running_loop().time() - started) * 1000)
        self._journal_outbound(text, call.message_id, action, took_ms)

    def _is_other_station(self, event: StationEvent) -> bool:
        """2.x checks at the boot whose certificate it was (B01.FR.11, B01.FR.12); 1.6 has no such rule."""
        named = self._admission.serial_number
        if named is None or type(event) is not Booted or self.dialect.version is OcppVersion.V16:
            return False
        return event.serial_number != named

    async def _send(self, send: Send, raw: bytes) -> None:
        """2.1's unconfirmed messages (Part 4 §4.2.5): decided like a call, so that nothing is lost, and never answered.

        What cannot be used is journalled with the reason: nobody waits for a refusal.
        """
        action, problems = send.action, Problems(send.problems)
        translate = self.dialect.sends.get(action)
        if translate is None or send.payload is None or too_deep(send.payload):
            self._journal_inbound(raw, send.message_id, action, (*problems, "not served"))
            return
        try:
            schema = validator(self.dialect.version, action, Direction.SEND)
            if not schema.is_valid(send.payload):
                repair(send.payload, schema, problems, salvage=True)
            event = translate(send.payload, self._now(), problems)
        except Exception as error:
            self._journal_inbound(raw, send.message_id, action, (self._bug(error, action),))
            return
        answer = await self._receive(
            event, message_id=send.message_id, action=action, frame=journal_text(raw), problems=tuple(problems)
        )
        calls(self.dialect.version.value, action, "taken").inc()
        if isinstance(answer, Superseded):
            self.give_up(*CLOSE_REPLACED)

    def _bug(self, error: Exception, action: str) -> str:
        """Logs our own mistake under a reference that the station hears."""
        reference = uuid4().hex[:12]
        _log.error("bug", reference=reference, action=action, station=self._admission.identity, exc_info=error)
        return f"internal error, reference {reference}"

    async def _refuse(
        self,
        raw: bytes,
        reply_id: str | int | None,
        action: str,
        fault: Fault,
        detail: str,
        problems: Iterable[str] = (),
    ) -> None:
        """Journals a frame that is not decided, and answers it unless it cannot be answered."""
        version = self.dialect.version
        FRAMES_REFUSED.labels(version.value, fault.value).inc()
        said: tuple[str, ...] = (f"{fault.value}: {plain(detail)}", *problems)
        if plain(detail) != detail:
            said = (*said, detail)
        self._journal_inbound(raw, "" if reply_id is None else str(reply_id), action, said)
        if reply_id is None:
            return
        calls(version.value, action if action in self.dialect.inbound else "other", "refused").inc()
        text = write_error(version, reply_id, fault, plain(detail))
        await self.send_text(text)
        self._journal_outbound(text, str(reply_id), action, None)

    async def _reply(self, reply: CallResult | CallError | Malformed, message_id: str, raw: bytes) -> None:
        frame = journal_text(raw)
        lane = self._lane
        if lane is not None and (
            lane.answered(reply, message_id, frame) or await lane.answered_late(reply, message_id, frame)
        ):
            return
        RESULTS_UNSOLICITED.labels(self.dialect.version.value).inc()
        self._journal_inbound(raw, message_id, "", ("STRAY_ANSWER: answers nothing we asked",))

    # -- to the station -----------------------------------------------------------------------------------------------

    def send(self, command: OutboundCommand) -> None:
        if self._lane is None:
            self._lane = Lane(self, quiet_s=self.allowances.quiet_s)
        self._lane.add(command)

    async def send_text(self, text: str) -> bool:
        """Writes one frame; False when the socket is gone. A peer that stopped reading is cut off."""
        try:
            if self.socket.transport.get_write_buffer_size() == 0:
                await self.socket.send(text)
            else:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self.socket.send(text)
        except TimeoutError:
            self.socket.transport.abort()
            return False
        except ConnectionClosed:
            return False
        return True

    def give_up(self, code: int, reason: str) -> None:
        """Ends the connection without waiting for it; the read loop then reports `Disconnected`."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self.socket.close(code, reason))

    def give_to_successor(self, command: OutboundCommand) -> bool:
        """Moves an unsent command to the newer connection of the same station in this process, if there is one."""
        successor = self._registry.get(self.station_key)
        if successor is None or successor is self:
            return False
        successor.send(command)
        return True

    # -- to the core --------------------------------------------------------------------------------------------------

    async def report(
        self,
        event: StationEvent,
        *,
        message_id: str = "",
        action: str = "",
        frame: str = "",
        outbound: bool = False,
        problems: tuple[str, ...] = (),
    ) -> Answer:
        """An event of the outbound lane. `Acknowledged` when the core broke its promise not to raise.

        The outcome of a command outlives its socket: it is told in the newest epoch this process knows.
        """
        newest = self._registry.get(self.station_key)
        epoch = self.epoch if newest is None or outbound else max(self.epoch, newest.epoch)
        return await self._receive(
            event, message_id=message_id, action=action, frame=frame, outbound=outbound, problems=problems, epoch=epoch
        )

    async def _receive(
        self,
        event: StationEvent,
        *,
        message_id: str = "",
        action: str = "",
        frame: str = "",
        outbound: bool = False,
        problems: tuple[str, ...] = (),
        epoch: int | None = None,
    ) -> Answer:
        count(self.dialect.version, problems)
        arrival = Arrival(
            self._admission.station_key,
            self._admission.operator_key,
            self.epoch if epoch is None else epoch,
            self.dialect.version,
            self._now(),
            event,
            message_id,
            action,
            frame,
            outbound,
            problems,
        )
        try:
            return await self._intake.receive(arrival)
        except Exception as error:
            self._bug(error, type(event).__name__)
            return Acknowledged()

    def _journal_inbound(self, raw: bytes, message_id: str, action: str, problems: tuple[str, ...]) -> None:
        self._journal(journal_text(raw), message_id, action, inbound=True, problems=problems)

    def _journal_outbound(self, text: str, message_id: str, action: str, took_ms: int | None) -> None:
        self._journal(text, message_id, action, inbound=False, took_ms=took_ms)

    def _journal(
        self,
        text: str,
        message_id: str,
        action: str,
        *,
        inbound: bool,
        problems: tuple[str, ...] = (),
        took_ms: int | None = None,
    ) -> None:
        count(self.dialect.version, problems)
        who = self._admission
        frame = Frame(
            who.station_key, who.operator_key, self._now(), inbound, message_id, action, text, problems, took_ms
        )
        self._intake.record((frame,))
