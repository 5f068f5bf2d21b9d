"""One station's outbound lane: a bounded priority queue, one CALL in flight, every command ended by an event.

The task exists only while there is something to send, so that an idle station costs none.
"""

import asyncio
import contextlib
import heapq
from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

from app.domain import typed_code
from app.domain.answer import Answer, Proceed, Superseded
from app.domain.command import OutboundCommand
from app.domain.event import CommandAnswered, CommandFailed, CommandSending, StationEvent
from gateway.dialect import Dialect, Inexpressible, Payload
from gateway.limits import CALL_PATIENCE_S, COMMAND_QUEUE, REMEMBERED_CALLS, SILENT_CALLS_BEFORE_CLOSE
from gateway.metrics import COMMANDS
from gateway.rpc import CallError, CallResult, Malformed, write_call
from gateway.schemas import Direction, known_actions, validator
from gateway.secrecy import concealed
from gateway.tolerance import plain

Reply = CallResult | CallError | Malformed


@dataclass(frozen=True, slots=True)
class Lost:
    """The socket ended while we waited."""

    reason: str


class LanePeer(Protocol):
    """What a lane needs of its connection."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def epoch(self) -> int: ...

    def now(self) -> datetime: ...

    async def send_text(self, text: str) -> bool:
        """False when the socket is gone."""
        ...

    async def report(
        self,
        event: StationEvent,
        *,
        message_id: str = "",
        action: str = "",
        frame: str = "",
        outbound: bool = False,
        problems: tuple[str, ...] = (),
    ) -> Answer: ...

    def give_to_successor(self, command: OutboundCommand) -> bool: ...

    def give_up(self, code: int, reason: str) -> None: ...


def message_id_of(command_key: int, epoch: int) -> str:
    """The name of one attempt: the inbox lets the same one go on, and no other socket send the command again."""
    return f"vg-{command_key}-{epoch}"


class Lane:
    __slots__ = (
        "_closed",
        "_given_up",
        "_peer",
        "_pending_id",
        "_queue",
        "_quiet_s",
        "_released",
        "_reply",
        "_sequence",
        "_silent",
        "_taken",
        "task",
    )

    def __init__(self, peer: LanePeer, *, quiet_s: float = 0.0) -> None:
        """``quiet_s``: nothing is sent for so long, unless `release` comes first."""
        self._peer = peer
        self._quiet_s = quiet_s
        self._released = asyncio.Event()
        self._queue: list[tuple[int, int, OutboundCommand]] = []
        self._taken: set[int] = set()  # keys of commands that wait or are under way
        self._sequence = 0
        self._pending_id: str | None = None
        self._reply: asyncio.Future[tuple[Reply | Lost, str]] | None = None
        # Commands whose deadline passed: a charger that answers late still tells the truth.
        self._given_up: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._silent = 0
        self._closed: str | None = None
        self.task: asyncio.Task[None] | None = None

    def add(self, command: OutboundCommand) -> None:
        """Takes a turn by priority, then by arrival. When the queue is full the command fails at its turn, at once.

        Offered again while it waits or is under way, it is the same command: every sweep offers what is not sent yet.
        """
        if command.command_key in self._taken:
            return
        self._taken.add(command.command_key)
        priority = command.body.priority if len(self._queue) < COMMAND_QUEUE else -1
        self._sequence += 1
        heapq.heappush(self._queue, (priority, self._sequence, command))
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._run())

    def close(self, reason: str) -> None:
        """Ends the wait for an answer and every turn not yet taken; `task` then ends by itself."""
        self._closed = reason
        self.release()
        if self._reply is not None and not self._reply.done():
            self._reply.set_result((Lost(reason), ""))

    def release(self) -> None:
        """The station may be asked from now on."""
        self._released.set()

    def answered(self, reply: Reply, message_id: str, frame: str) -> bool:
        """Hands a reply to whoever waits for it; False when nobody does."""
        if message_id != self._pending_id or self._reply is None or self._reply.done():
            return False
        self._reply.set_result((reply, frame))
        return True

    async def answered_late(self, reply: Reply, message_id: str, frame: str) -> bool:
        """Reports the answer to a command already given up on; False when there was none."""
        given_up = self._given_up.pop(message_id, None)
        if given_up is None or isinstance(reply, Malformed):
            return False
        command_key, action = given_up
        self._silent = 0
        await self._conclude(command_key, action, message_id, reply, frame)
        return True

    async def _run(self) -> None:
        await self._keep_quiet()
        while self._queue:
            priority, _, command = heapq.heappop(self._queue)
            try:
                await self._take_turn(command, full=priority < 0)
            finally:
                self._taken.discard(command.command_key)

    async def _take_turn(self, command: OutboundCommand, *, full: bool) -> None:
        if self._closed is not None:
            if not self._peer.give_to_successor(command):
                await self._fail(command, f"connection ended before sending: {self._closed}")
        elif full:
            await self._fail(command, f"{COMMAND_QUEUE} commands already wait for this station")
        else:
            await self._perform(command)

    async def _keep_quiet(self) -> None:
        if self._quiet_s and not self._released.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._quiet_s):
                    await self._released.wait()
        self.release()

    async def _perform(self, command: OutboundCommand) -> None:
        dialect = self._peer.dialect
        if command.deadline <= self._peer.now():
            await self._fail(command, "its deadline passed before its turn")
            return
        try:
            if dialect.version not in command.body.versions:
                raise Inexpressible(f"OCPP {dialect.version.value} has no {type(command.body).__name__}")
            action, payload = dialect.expand(command.body)
        except Inexpressible as reason:
            await self._fail(command, str(reason))
            return
        if (violation := _violation(dialect, action, payload)) is not None:
            await self._fail(command, f"{action} cannot say this: {violation}")
            return
        message_id = message_id_of(command.command_key, self._peer.epoch)
        frame = write_call(message_id, action, payload)
        hidden = concealed(action, payload)
        shown = frame if hidden is None else write_call(message_id, action, hidden)
        shown = typed_code.concealed(shown, set(typed_code.codes_in(asdict(command.body))))
        answer = await self._peer.report(
            CommandSending(command.command_key), message_id=message_id, action=action, frame=shown, outbound=True
        )
        if isinstance(answer, Superseded):
            # A newer socket in another process owns the station; what we would report is no longer heard.
            self._peer.give_up(1008, "replaced by a newer connection")
        elif isinstance(answer, Proceed):
            await self._exchange(command, action, message_id, frame)
        else:
            self._count(action, "withheld")

    async def _exchange(self, command: OutboundCommand, action: str, message_id: str, frame: str) -> None:
        if self._closed is not None:
            await self._fail(command, f"connection ended before sending: {self._closed}", action)
            return
        self._pending_id = message_id
        self._reply = asyncio.get_running_loop().create_future()
        reply: Reply | Lost
        try:
            if not await self._peer.send_text(frame):
                reply, text = Lost("connection ended while sending"), ""
            else:
                left = (command.deadline - self._peer.now()).total_seconds()
                async with asyncio.timeout(max(0.0, min(left, CALL_PATIENCE_S))):
                    reply, text = await self._reply
        except TimeoutError:
            await self._timed_out(command, action, message_id)
            return
        finally:
            self._pending_id = self._reply = None
        if isinstance(reply, Lost | Malformed):
            detail = reply.reason if isinstance(reply, Lost) else f"its answer was unusable: {plain(reply.detail)}"
            await self._fail(command, detail, action, timed_out=True)
            return
        self._silent = 0
        await self._conclude(command.command_key, action, message_id, reply, text)

    async def _timed_out(self, command: OutboundCommand, action: str, message_id: str) -> None:
        self._given_up[message_id] = (command.command_key, action)
        while len(self._given_up) > REMEMBERED_CALLS:
            self._given_up.popitem(last=False)
        self._silent += 1
        deaf = self._silent >= SILENT_CALLS_BEFORE_CLOSE
        await self._fail(
            command,
            "no answer before the deadline",
            action,
            timed_out=True,
            problems=(f"SILENT_TO_CALLS: {self._silent} calls in a row unanswered",) if deaf else (),
        )
        if deaf:
            # Field: stations that talk but answer nothing until they dial again; 1012 asks for exactly that.
            self._peer.give_up(1012, f"{self._silent} calls unanswered, please reconnect")

    async def _conclude(
        self, command_key: int, action: str, message_id: str, reply: CallResult | CallError, frame: str
    ) -> None:
        event, problems = read_reply(self._peer.dialect, command_key, action, reply, frame)
        self._count(action, "accepted" if event.accepted else "refused")
        await self._peer.report(event, message_id=message_id, action=action, frame=frame, problems=problems)

    async def _fail(
        self,
        command: OutboundCommand,
        detail: str,
        action: str = "",
        *,
        timed_out: bool = False,
        problems: tuple[str, ...] = (),
    ) -> None:
        self._count(action, "timed_out" if timed_out else "undeliverable")
        failed = CommandFailed(command.command_key, timed_out=timed_out, detail=detail)
        await self._peer.report(failed, action=action, problems=problems)

    def _count(self, action: str, result: str) -> None:
        COMMANDS.labels(self._peer.dialect.version.value, action or "other", result).inc()


def read_reply(
    dialect: Dialect, command_key: int, action: str, reply: CallResult | CallError, frame: str
) -> tuple[CommandAnswered, tuple[str, ...]]:
    """The event of a reply, and what was odd about it. A CALLERROR is a refusal in the error code's words."""
    if isinstance(reply, CallError):
        return CommandAnswered(command_key, reply.code, False, None, reply.description or None, frame), ()
    problems = reply.problems
    known = action in known_actions(dialect.version)
    if known and not validator(dialect.version, action, Direction.RESPONSE).is_valid(reply.payload):
        problems = (*problems, "the answer violates its schema")
    outcome = dialect.outcome(action, reply.payload)
    raw = _payload_text(frame)
    return (
        CommandAnswered(
            command_key,
            outcome.status or "Unreadable",
            outcome.accepted,
            outcome.reason_code,
            outcome.additional_info,
            raw,
        ),
        problems,
    )


def _payload_text(frame: str) -> str:
    """The payload's JSON text out of a CALLRESULT that was read: everything after its second comma."""
    after_type = frame.find(",") + 1
    start = frame.find(",", frame.find('"', frame.find('"', after_type) + 1)) + 1
    return frame[start : frame.rfind("]")].strip() or "{}"


def _violation(dialect: Dialect, action: str, payload: Payload) -> str | None:
    """Where a request of ours breaks its schema; None when it may be sent."""
    if action not in known_actions(dialect.version):
        return None  # a vendor's own: there is no schema to break
    check = validator(dialect.version, action, Direction.REQUEST)
    if check.is_valid(payload):
        return None
    error = next(check.iter_errors(payload))
    where = "/".join(str(part) for part in error.instance_path)
    return f"{where or 'payload'}: {error.kind.name}"
