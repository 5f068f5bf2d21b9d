"""A charging station: what happens at its plugs, and what it does about it. Knows no OCPP version.

People act on it (`plug_in`, `tap`, `unplug`), the network acts on it (`go_offline`, `come_back`) and the backend does
(commands, through its dialect). Transaction messages go through the link's outbox; everything else is said at once or
not at all.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from simulator.again import AGAIN
from simulator.battery import Battery
from simulator.bookings import Bookings
from simulator.chance import chance
from simulator.clock import Clock
from simulator.device import DeviceModel
from simulator.dialect2 import Voice2, Voice21
from simulator.dialect16 import Voice16
from simulator.holdings import Holdings
from simulator.link import CallRefused, Link, LinkDown
from simulator.position import Position, Transaction
from simulator.settings import Settings
from simulator.spec import StationSpec
from simulator.voice import Json, Said, Voice

_VOICES: dict[str, Callable[[], Voice]] = {"1.6": Voice16, "2.0.1": Voice2, "2.1": Voice21}
_BOOT_RETRY_S = 10
_REBOOT_STORY_S = 20.0
# Lets the answer to a command leave before its consequences do.
_AFTER_ANSWER_S = 0.02
_FLUSH_S = 2.0


class Station:
    """One simulated station. ``run`` keeps it connected; the other methods are what the world does to it."""

    def __init__(self, spec: StationSpec, url: str, clock: Clock, seed: str) -> None:
        self.spec = spec
        self.clock = clock
        self.settings = Settings(
            evses=spec.evses,
            meter_interval_s=spec.meter_interval_s,
            connection_timeout_s=spec.connection_timeout_s,
        )
        self._chance = chance(seed, spec.identity, "station")
        self.positions = {
            number: Position(number, spec.max_power_w, spec.phases, float(self._chance.randrange(10_000, 5_000_000)))
            for number in range(1, spec.evses + 1)
        }
        self.device = DeviceModel(spec, self.settings, clock.now)
        self.operative = True
        self.holdings = Holdings()
        self.bookings = Bookings(self.positions, clock, self._spawn, self._soon, self.show, self._reservation_over)
        self.remote_start_waits: Callable[[Position], None] | None = None
        self.voice = _VOICES[spec.version]()
        link_chance = chance(seed, spec.identity, "link")
        self.link = Link(url, spec, clock, link_chance, hello=self._hello, obey=self._obey)
        self._booted = False
        self._boot_reason = "PowerUp"
        self._told: dict[int, str] = {}
        self._reset_when_idle = False
        self._new_interval = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Lives until cancelled."""
        self._spawn(self._heartbeats())
        if self.spec.manners.boots_every_s:
            self._spawn(self._boot_for_ever(self.spec.manners.boots_every_s))
        try:
            await self.link.run()
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait_until(self, condition: Callable[["Station"], bool], *, within: float = 20.0) -> None:
        """Returns once a condition holds. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not condition(self):  # noqa: ASYNC110 - any state may be asked for, nothing announces it
                await asyncio.sleep(0.01)

    async def _hello(self) -> None:
        """BootNotification after a start, statuses after every connect; a mere reconnect does not boot (1.6 §5.4)."""
        while not self._booted:
            answer = await self.link.call(*self.voice.boot(self.spec, self._boot_reason))
            interval = int(answer.get("interval") or 0)
            self._booted = answer.get("status") == "Accepted"
            if self._booted:
                self._beat_every(interval)
                self._told.clear()
            else:
                await asyncio.sleep(interval or _BOOT_RETRY_S)
        if not self._told:
            overall = self.voice.station_status(operative=self.operative, at=self.clock.now())
            if overall is not None:
                await self.link.call(*overall)
        for position in self.positions.values():
            await self.show(position)

    def _beat_every(self, interval_s: int) -> None:
        """Takes the backend's heartbeat interval; 0 leaves the choice to the station."""
        heartbeat = self.settings.by_key("HeartbeatInterval")
        if heartbeat is not None and interval_s > 0:
            heartbeat.value = str(interval_s)
            self._new_interval.set()

    async def _heartbeats(self) -> None:
        while True:
            self._new_interval.clear()
            try:
                async with asyncio.timeout(max(1, self.settings.whole("HeartbeatInterval"))):
                    await self._new_interval.wait()
            except TimeoutError:
                await self.say(("Heartbeat", {}))

    async def _boot_for_ever(self, every_s: float) -> None:
        while True:
            await self.clock.sleep(every_s)
            await self.say(self.voice.boot(self.spec, self._boot_reason))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _soon(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def later() -> None:
            await asyncio.sleep(_AFTER_ANSWER_S)
            await work()

        self._spawn(later())

    # -- saying -------------------------------------------------------------------------------------------------------

    async def say(self, said: Said) -> Json | None:
        """Says something while connected; None when nobody heard it."""
        if not self.link.online:
            return None
        try:
            return await self.link.call(*said)
        except (LinkDown, CallRefused, TimeoutError):
            return None

    async def show(self, position: Position, *, again: bool = False) -> None:
        """Reports a connector's status when it has changed, or ``again`` when asked to."""
        word = self.voice.status_word(position)
        if self._told.get(position.number) == word and not again:
            return
        with contextlib.suppress(LinkDown, CallRefused, TimeoutError):
            self._told[position.number] = word
            await self.link.call(*self.voice.status(position, self.clock.now()))
            return
        self._told.pop(position.number, None)  # not heard: told again after the next connect

    # -- people -------------------------------------------------------------------------------------------------------

    async def plug_in(self, evse: int, battery: Battery | None = None) -> None:
        """A car arrives and its cable is plugged in; a waiting card or remote start begins to charge it."""
        position = self.positions[evse]
        if position.plugged:
            raise ValueError(f"EVSE {evse} already has a car")
        position.battery = battery or Battery(60_000.0, 0.3, float(self.spec.max_power_w))
        position.ended = False
        if position.authorised is not None and position.operative:
            self._begin(position, "CablePluggedIn")
        await self.show(position)

    async def tap(self, evse: int, uid: str) -> bool:
        """A card is held to the reader: starts, or stops what the same card started. False: refused."""
        position = self.positions[evse]
        if position.transaction is not None:
            if position.transaction.token != uid:
                return False
            self._finish(position, "Local")
            await self.show(position)
            return True
        if not position.operative or not position.open_to(uid) or not await self._authorise(uid):
            return False
        position.authorised = uid
        position.remote_start_id = None
        if position.plugged:
            self._begin(position, "Authorized")
        else:
            self._spawn(self._forget(position))
        await self.show(position)
        return True

    async def unplug(self, evse: int) -> None:
        """The cable is pulled; a running transaction ends with it."""
        position = self.positions[evse]
        if position.transaction is not None:
            self._finish(position, "EVDisconnected")
        position.battery = None
        position.ended = False
        await self.show(position)

    def go_offline(self) -> None:
        self.link.go_offline()

    def come_back(self) -> None:
        self.link.come_back()

    async def _authorise(self, uid: str) -> bool:
        answer = await self.say(self.voice.authorize(uid))
        if answer is not None:
            return self.voice.token_accepted(answer)
        setting = self.settings.by_key("LocalAuthorizeOffline")
        return setting is not None and setting.value == "true" and uid in self.spec.tokens

    async def _forget(self, position: Position) -> None:
        """Nobody plugged in within ConnectionTimeOut: the authorisation lapses."""
        waiting = (position.authorised, position.remote_start_id)
        await self.clock.sleep(self.settings.whole("ConnectionTimeOut"))
        if position.transaction is None and (position.authorised, position.remote_start_id) == waiting:
            position.authorised = position.remote_start_id = None
            await self.show(position)

    # -- transactions -------------------------------------------------------------------------------------------------

    def _begin(self, position: Position, trigger: str) -> None:
        now = self.clock.now()
        transaction = Transaction(
            key=str(uuid4()),  # never drawn from the seed: a station that lives twice must not name two things alike
            token=position.authorised or "",
            started_at=now,
            remote_start_id=position.remote_start_id,
            reservation=position.take_reservation(),
        )
        position.transaction = transaction
        position.authorised = position.remote_start_id = None
        position.ended = False
        position.measured_at = now
        sample = position.sample(now, "Transaction.Begin")
        self.link.enqueue(
            self.voice.started(position, transaction, sample, trigger),
            partial(self._start_answered, position, transaction),
        )
        self._change_state(position, transaction, "Charging")
        self._spawn(self._charge(position, transaction))

    def _start_answered(self, position: Position, transaction: Transaction, answer: Json) -> None:
        self.voice.learn(transaction, answer)
        setting = self.settings.by_key("StopTransactionOnInvalidId")
        if not self.voice.token_accepted(answer) and setting is not None and setting.value == "true":
            if position.transaction is transaction:
                self._finish(position, "DeAuthorized")
            self._spawn(self.show(position))

    def _change_state(self, position: Position, transaction: Transaction, state: str) -> None:
        sample = position.sample(self.clock.now(), "Sample.Periodic")
        transaction.state = state
        self.report(position, transaction, self.voice.updated(position, transaction, sample, "ChargingStateChanged"))

    def report(self, position: Position, transaction: Transaction, build: Callable[[bool], Said] | None) -> None:
        if build is not None:
            self.link.enqueue(build, lambda answer: None)

    async def _charge(self, position: Position, transaction: Transaction) -> None:
        """Reads the meter at its interval until the transaction ends; tells when the car is full."""
        while True:
            interval = self.settings.whole("MeterValueSampleInterval")
            await asyncio.sleep(interval or 1)
            if transaction.stopped:
                return
            sample = position.sample(self.clock.now(), "Sample.Periodic")
            if interval:
                build = self.voice.updated(position, transaction, sample, "MeterValuePeriodic")
                self.report(position, transaction, build)
            if transaction.state == "Charging" and position.battery is not None and position.battery.full:
                self._change_state(position, transaction, "SuspendedEV")
                await self.show(position)

    def _finish(self, position: Position, reason: str) -> None:
        transaction = position.transaction
        if transaction is None:
            return
        sample = position.sample(self.clock.now(), "Transaction.End")
        transaction.stopped = True
        self.holdings.forget_transaction((transaction.key, transaction.backend_id))
        transaction.state = "Idle" if reason == "EVDisconnected" else "EVConnected"
        self.link.enqueue(self.voice.ended(position, transaction, sample, reason), lambda answer: None)
        position.transaction = None
        position.ended = True
        position.sessions += 1
        if position.pending_inoperative:
            position.pending_inoperative = False
            position.operative = False
        if self._reset_when_idle and not self._busy():
            self._reset_when_idle = False
            self._spawn(self._reboot("ScheduledReset"))

    def lost_power(self, position: Position) -> None:
        """What was charging when the power went is over; its end waits until the station is online."""
        self._finish(position, "PowerLoss")
        position.ended = False

    def _busy(self) -> bool:
        return any(position.transaction is not None for position in self.positions.values())

    # -- commands (simulator.voice.Obedient) ---------------------------------------------------------------------------

    def _obey(self, action: str, payload: Json) -> Json | str:
        before = self.settings.whole("HeartbeatInterval")
        answer = self.voice.obey(self, action, payload)
        if self.settings.whole("HeartbeatInterval") != before:
            self._new_interval.set()
        return answer

    @property
    def unsent(self) -> int:
        return self.link.waiting

    def tell(self, said: list[Said]) -> None:
        async def one_by_one() -> None:
            for message in said:
                await self.say(message)

        if said:
            self._soon(one_by_one)

    def remote_start(self, evse: int | None, uid: str, remote_start_id: int | None) -> bool:
        chosen = (
            [self.positions.get(evse)] if evse else sorted(self.positions.values(), key=lambda one: not one.plugged)
        )
        position = next((one for one in chosen if one is not None and one.free_for(uid)), None)
        if position is None:
            return False
        position.authorised, position.remote_start_id = uid, remote_start_id

        async def begin() -> None:
            if position.plugged and position.authorised is not None:
                self._begin(position, "RemoteStart")
            elif position.authorised is not None:
                self._spawn(self._forget(position))
                if self.remote_start_waits is not None:
                    self.remote_start_waits(position)
            await self.show(position)

        self._soon(begin)
        return True

    def now(self) -> datetime:
        return self.clock.now()

    async def _reservation_over(self, number: int) -> None:
        over = self.voice.reservation_over(number)
        if over is not None:
            await self.say(over)

    def remote_stop(self, position: Position) -> None:
        self._stop_soon(position, "Remote")

    def _stop_soon(self, position: Position, reason: str) -> None:
        transaction = position.transaction

        async def stop() -> None:
            if transaction is not None and position.transaction is transaction:
                self._finish(position, reason)
            await self.show(position)

        self._soon(stop)

    def unlock(self, position: Position) -> None:
        self._stop_soon(position, "UnlockCommand")

    def reset(self, *, when_idle: bool, stop_reason: str) -> bool:
        if when_idle and self._busy():
            self._reset_when_idle = True
            return False
        self._soon(partial(self._reboot, "RemoteReset", stop_reason))
        return True

    async def _reboot(self, boot_reason: str, stop_reason: str = "HardReset") -> None:
        for position in self.positions.values():
            self._finish(position, stop_reason)
        with contextlib.suppress(TimeoutError):
            await self.wait_until(lambda station: station.link.waiting == 0, within=_FLUSH_S)
        self.go_offline()
        self._booted = False
        self._boot_reason = boot_reason
        await self.clock.sleep(_REBOOT_STORY_S)
        self.come_back()

    def set_availability(self, evse: int | None, *, operative: bool) -> bool:
        affected = [self.positions[evse]] if evse is not None else list(self.positions.values())
        if evse is None:
            self.operative = operative
        scheduled = False
        for position in affected:
            if not operative and position.transaction is not None:
                position.pending_inoperative = scheduled = True
            else:
                position.operative, position.pending_inoperative = operative, False
                self._soon(partial(self.show, position))
        return not scheduled

    def repeat(self, message: str, evse: int | None) -> bool:
        """Says a message again because the backend asked for it; False for one that nobody knows."""
        say_again = AGAIN.get(message)
        if say_again is None:
            return False
        positions = [self.positions[evse]] if evse is not None else list(self.positions.values())
        self._soon(partial(say_again, self, positions))
        return True
