"""Groups that watch the network's numbers: one aggregate a tick, told only when it differs."""

import asyncio
from contextlib import suppress

from app.domain.overview import NetworkOverview as OverviewValue
from app.queries import overview
from schema.execution import Execution
from schema.overview import NetworkOverview
from schema.subscription.group import Group, Watched
from schema.updates import OverviewPlan


class OverviewGroup(Group):
    def __init__(self, execution: Execution, watched: Watched, plan: OverviewPlan) -> None:
        super().__init__(execution, watched)
        self._plan = plan
        self._last: OverviewValue | None = None

    async def open(self) -> None:
        return None

    def wake(self) -> None:
        return None

    def distrust(self) -> None:
        self._last = None

    def close(self) -> None:
        self._last = None

    async def serve(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._plan.interval_s):
                await self._joined.wait()
        joiners = self.take_joiners()
        house = self._execution.house
        at = house.desk.now()
        found = await overview.network(
            scope=self.watched.scope, database=house.desk.database, filter=self._plan.filter, at=at
        )
        differs, self._last = found != self._last, found
        if not differs and not joiners:
            return
        payload = await self.payload(NetworkOverview.of(found, at))
        if differs:
            self.tell(payload, list(self.members))
        self.tell(payload, [joiner for joiner in joiners if joiner in self.joiners])
        self.admit(joiners)
