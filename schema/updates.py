"""What watchers see: snapshot pages, SNAPSHOT_END, then changes. The resolvers here only say what is to be watched;
`schema.subscription` executes the document once for everybody who watches the same with the same rights."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar, cast

import strawberry

from app.domain import filter as values
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission
from schema.command import Command
from schema.context import Info
from schema.enums import described
from schema.field import subscription
from schema.filter import CommandFilter, SessionFilter, StationFilter
from schema.overview import NetworkOverview
from schema.session import Session
from schema.station import ChargingStation

T = TypeVar("T")
_INTERVAL_MAX_MS = 60_000
_TICK_MAX_S = 3_600


class UpdateKind(StrEnum):
    SNAPSHOT = "SNAPSHOT"
    SNAPSHOT_END = "SNAPSHOT_END"
    CHANGE = "CHANGE"


described(
    UpdateKind,
    "What an update is. Snapshot pages may come again after a loss; at their end drop what was not repeated.",
    "A page of what matches.",
    "The snapshot is complete.",
    "What changed since.",
)

_LEFT = "Ids that match no longer, are gone, or are not yours any more."
_COALESCED = "How many changes were merged into this update beyond the first."


@strawberry.type(description="An update of the stations you watch.")
class StationUpdates:
    kind: UpdateKind = strawberry.field(description="What it is.")
    stations: list[ChargingStation] = strawberry.field(description="New state; drop what is older by version.")
    left_ids: list[strawberry.ID] = strawberry.field(description=_LEFT)
    coalesced: int = strawberry.field(description=_COALESCED)
    at: datetime = strawberry.field(description="When it was read.")


@strawberry.type(description="An update of the sessions you watch.")
class SessionUpdates:
    kind: UpdateKind = strawberry.field(description="What it is.")
    sessions: list[Session] = strawberry.field(description="New state; drop what is older by version.")
    left_ids: list[strawberry.ID] = strawberry.field(description=_LEFT)
    coalesced: int = strawberry.field(description=_COALESCED)
    at: datetime = strawberry.field(description="When it was read.")


@strawberry.type(description="An update of the commands you watch.")
class CommandUpdates:
    kind: UpdateKind = strawberry.field(description="What it is.")
    commands: list[Command] = strawberry.field(description="New state; drop what is older by version.")
    left_ids: list[strawberry.ID] = strawberry.field(description=_LEFT)
    coalesced: int = strawberry.field(description=_COALESCED)
    at: datetime = strawberry.field(description="When it was read.")


class _Nothing:
    """A source of no events: whoever planned a subscription makes them elsewhere."""

    def __aiter__(self) -> "_Nothing":
        return self

    async def __anext__(self) -> object:
        raise StopAsyncIteration


def nothing() -> AsyncGenerator[T, None]:
    return cast(AsyncGenerator[T, None], _Nothing())


@dataclass(frozen=True, slots=True)
class StationPlan:
    filter: values.StationFilter
    interval_s: float


@dataclass(frozen=True, slots=True)
class SessionPlan:
    filter: values.SessionFilter
    interval_s: float


@dataclass(frozen=True, slots=True)
class CommandPlan:
    filter: values.CommandFilter
    interval_s: float


@dataclass(frozen=True, slots=True)
class OverviewPlan:
    filter: values.StationFilter
    interval_s: float


Plan = StationPlan | SessionPlan | CommandPlan | OverviewPlan


def _invalid(message: str, *path: str) -> Refused:
    return Refused(Refusal(ErrorCode.INVALID_INPUT, message, path))


def _interval(milliseconds: int) -> float:
    if not 0 <= milliseconds <= _INTERVAL_MAX_MS:
        raise _invalid(f"minIntervalMs lies between 0 and {_INTERVAL_MAX_MS}.", "minIntervalMs")
    return milliseconds / 1000


def _watchable(filter: StationFilter | None) -> values.StationFilter:
    wanted = values.StationFilter() if filter is None else filter.value()
    if wanted.text is not None:
        raise _invalid("Text cannot be watched. Look the stations up, then watch them by ids.", "filter", "text")
    return wanted


MinInterval = Annotated[int, strawberry.argument(description="At most one change in so many ms, 0 to 60000.")]


@strawberry.type(description="What clients watch. Equal documents with equal variables and rights share one execution.")
class Subscription:
    @subscription("Stations with their EVSEs and connectors. Needs network:read.")
    def station_updates(
        self,
        info: Info,
        filter: Annotated[StationFilter, strawberry.argument(description="Which; without text.")],
        min_interval_ms: MinInterval = 0,
    ) -> AsyncGenerator[StationUpdates, None]:
        info.context.scope.require(Permission.NETWORK_READ)
        info.context.plan.append(StationPlan(_watchable(filter), _interval(min_interval_ms)))
        return nothing()

    @subscription("Sessions. Needs sessions:read.")
    def session_updates(
        self,
        info: Info,
        filter: Annotated[SessionFilter, strawberry.argument(description="Which.")],
        min_interval_ms: MinInterval = 0,
    ) -> AsyncGenerator[SessionUpdates, None]:
        info.context.scope.require(Permission.SESSIONS_READ)
        info.context.plan.append(SessionPlan(filter.value(), _interval(min_interval_ms)))
        return nothing()

    @subscription("Commands. Needs commands:read.")
    def command_updates(
        self,
        info: Info,
        filter: Annotated[CommandFilter, strawberry.argument(description="Which.")],
    ) -> AsyncGenerator[CommandUpdates, None]:
        info.context.scope.require(Permission.COMMANDS_READ)
        info.context.plan.append(CommandPlan(filter.value(), 0.0))
        return nothing()

    @subscription("The network's numbers: at once, then whenever they differ. Needs network:read and sessions:read.")
    def network_overview(
        self,
        info: Info,
        filter: Annotated[StationFilter | None, strawberry.argument(description="Of which stations.")] = None,
        every_seconds: Annotated[int, strawberry.argument(description="How often to count, 1 to 3600.")] = 2,
    ) -> AsyncGenerator[NetworkOverview, None]:
        info.context.scope.require(Permission.NETWORK_READ)
        info.context.scope.require(Permission.SESSIONS_READ)
        if not 1 <= every_seconds <= _TICK_MAX_S:
            raise _invalid(f"everySeconds lies between 1 and {_TICK_MAX_S}.", "everySeconds")
        info.context.plan.append(OverviewPlan(_watchable(filter), float(every_seconds)))
        return nothing()
