"""Open connections keep their rights only while they hold: expired, revoked or changed ones are closed.

A commit in this installation wakes the check at once; one statement every few seconds asks for all that are open.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from app.domain.scope import CallerKind, Scope
from app.feed import Change, Noun, Watch
from app.queries.access import living, still_holds
from schema.context import House

_log = structlog.get_logger()
EXPIRED, REVOKED = 4401, 4403


@dataclass(frozen=True, slots=True, eq=False)
class Guarded:
    """An open connection: its caller, and how to end it with a close code and a reason."""

    scope: Scope
    end: Callable[[int, str], None]


class RightsKeeper:
    def __init__(self, house: House) -> None:
        self._house = house
        self._open: dict[Guarded, None] = {}
        self._watches: dict[int, Watch] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="rights keeper")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for watch in self._watches.values():
            watch.close()
        self._watches.clear()

    def guard(self, guarded: Guarded) -> None:
        self._open[guarded] = None
        operator = guarded.scope.operator_key
        if operator not in self._watches:
            feed = self._house.desk.feed
            self._watches[operator] = feed.watch(operator, (Noun.ACCESS,), accepts=self._hear)
        self._wake.set()

    def release(self, guarded: Guarded) -> None:
        self._open.pop(guarded, None)
        operator = guarded.scope.operator_key
        if operator in self._watches and all(one.scope.operator_key != operator for one in self._open):
            self._watches.pop(operator).close()

    def _hear(self, change: Change) -> bool:
        self._wake.set()
        return False  # that something changed is all there is to know

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._house.settings.rights_every_s):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.check()
            except Exception:
                _log.exception("rights could not be checked; next try soon")
                await asyncio.sleep(self._house.settings.rights_every_s)

    async def check(self) -> None:
        """Ends every connection whose rights have ended or changed."""
        now = self._house.desk.now()
        for guarded in list(self._open):
            if guarded.scope.expires_at is not None and guarded.scope.expires_at <= now:
                self._end(guarded, EXPIRED, "Your token has expired.")
        callers = [one for one in self._open if one.scope.kind is not CallerKind.SYSTEM]
        if not callers:
            return
        found = await living(database=self._house.desk.database, proofs={one.scope.proof for one in callers})
        for guarded in callers:
            if guarded in self._open and not still_holds(guarded.scope, found.get(guarded.scope.proof)):
                self._end(guarded, REVOKED, "Your rights have changed.")

    def _end(self, guarded: Guarded, code: int, reason: str) -> None:
        self.release(guarded)
        guarded.end(code, reason)
