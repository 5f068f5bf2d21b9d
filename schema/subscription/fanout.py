"""All groups of this process: finds or makes the one that a subscription belongs to, and ends those without members."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Hashable

from graphql import ExecutionResult, FieldNode, GraphQLError, visit
from graphql import subscribe as plan_stream
from graphql.language import Visitor

from schema.context import Context
from schema.definition import GRAPHQL
from schema.documents import Document
from schema.execution import Execution, Request
from schema.subscription.entities import EntityGroup
from schema.subscription.group import Group, Subscriber, Watched
from schema.subscription.overviews import OverviewGroup
from schema.subscription.refresher import Refreshers
from schema.subscription.source import CommandSource, SessionSource, Source, StationSource
from schema.updates import CommandPlan, OverviewPlan, Plan, SessionPlan, StationPlan

_PLANS = (StationPlan, SessionPlan, CommandPlan, OverviewPlan)


class _SessionFinder(Visitor):
    found = False

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.found = self.found or node.name.value == "session"


def shows_sessions(document: Document) -> bool:
    """Whether a document about stations shows the sessions at them."""
    finder = _SessionFinder()
    assert document.tree is not None
    visit(document.tree, finder)
    return finder.found


class Fanout:
    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._groups: dict[Hashable, Group] = {}
        self._refreshers = Refreshers(execution.house)

    @property
    def group_count(self) -> int:
        return len(self._groups)

    async def plan(self, document: Document, request: Request, context: Context) -> Plan | tuple[GraphQLError, ...]:
        """What a subscription wants to watch, its arguments coerced by the schema itself; or why not."""
        assert document.tree is not None
        planned = plan_stream(
            GRAPHQL,
            document.tree,
            context_value=context,
            variable_values=request.variables,
            operation_name=request.operation_name,
            hide_suggestions=context.caller is None,
        )
        stream = await planned if inspect.isawaitable(planned) else planned
        if isinstance(stream, ExecutionResult):
            return tuple(stream.errors or ())
        await _exhaust(stream)
        plan = context.plan[-1]
        assert isinstance(plan, _PLANS)
        return plan

    def join(self, plan: Plan, watched: Watched, subscriber: Subscriber) -> Group:
        """The subscriber hears a snapshot soon. Synchronous: nobody can come between finding and joining."""
        identity = watched.identity
        group = self._groups.get(identity)
        if group is None or group.task is None or group.task.done():
            group = self._groups[identity] = self._make(plan, watched)
            group.task = asyncio.create_task(group.run(), name="subscription group")
        group.join(subscriber)
        return group

    def leave(self, group: Group, subscriber: Subscriber) -> None:
        group.leave(subscriber)
        if group.empty and self._groups.get(group.watched.identity) is group:
            del self._groups[group.watched.identity]
            if group.task is not None:
                group.task.cancel()

    def _make(self, plan: Plan, watched: Watched) -> Group:
        scope, database = watched.scope, self._execution.house.desk.database
        source: Source
        if isinstance(plan, OverviewPlan):
            return OverviewGroup(self._execution, watched, plan)
        if isinstance(plan, StationPlan):
            source = StationSource(scope, database, plan, with_sessions=shows_sessions(watched.document))
        elif isinstance(plan, SessionPlan):
            source = SessionSource(scope, database, plan)
        else:
            source = CommandSource(scope, database, plan)
        return EntityGroup(self._execution, watched, self._refreshers, source, plan.interval_s)

    async def close(self) -> None:
        tasks = [group.task for group in self._groups.values() if group.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._groups.clear()


async def _exhaust(stream: AsyncIterator[object]) -> None:
    async for _ in stream:
        continue
