"""What a station reported of itself, as fields of the station and as questions about all of them."""

from typing import Annotated

import strawberry

from app.domain import device as values
from app.domain import station as stations
from app.domain.device import ReportKind
from app.queries import device
from schema.context import Info
from schema.device_model import Monitor, StationReport, Variable, VariableChange
from schema.display_message import DisplayMessage
from schema.field import resolved
from schema.page import After, Connection, First, connection
from schema.scalars import Long
from schema.station_event import EventStream, StationEvent, StationEventFilter, StreamValue

_Component = Annotated[str | None, strawberry.argument(description="Of this component, however it is written.")]
_Variable = Annotated[str | None, strawberry.argument(description="This variable, however it is written.")]


@strawberry.type(description="What a station reported of itself.")
class DeviceFields:
    value: strawberry.Private[stations.ChargingStation]

    @resolved("Its device model as far as it told us; 1.6 keys without a 2.0.1 name are of component Configuration.")
    async def variables(
        self,
        info: Info,
        *,
        component: _Component = None,
        variable: _Variable = None,
        first: First = 100,
        after: After = None,
    ) -> Connection[Variable]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"variables:{key}:{component!r}:{variable!r}",
            first=first,
            after=after,
            read=lambda page: device.variables(
                scope=context.scope,
                database=context.database,
                station_key=key,
                component=component,
                name=variable,
                page=page,
            ),
            show=Variable.of,
        )

    @resolved("Values its variables took, newest first.")
    async def variable_history(
        self,
        info: Info,
        *,
        component: _Component = None,
        variable: _Variable = None,
        first: First = 100,
        after: After = None,
    ) -> Connection[VariableChange]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"variableHistory:{key}:{component!r}:{variable!r}",
            first=first,
            after=after,
            read=lambda page: device.changes(
                scope=context.scope,
                database=context.database,
                station_key=key,
                component=component,
                name=variable,
                page=page,
            ),
            show=VariableChange.of,
        )

    @resolved("Reports it was asked for or sent by itself, newest first.")
    async def reports(
        self,
        info: Info,
        *,
        kind: Annotated[ReportKind | None, strawberry.argument(description="Of this kind only.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[StationReport]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"reports:{key}:{kind}",
            first=first,
            after=after,
            read=lambda page: device.reports(
                scope=context.scope, database=context.database, station_key=key, kind=kind, page=page
            ),
            show=StationReport.of,
        )

    @resolved("What it watches.")
    async def monitors(self, info: Info, first: First = 50, after: After = None) -> Connection[Monitor]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"monitors:{key}",
            first=first,
            after=after,
            read=lambda page: device.monitors(
                scope=context.scope, database=context.database, station_key=key, page=page
            ),
            show=Monitor.of,
        )

    @resolved("Its streams of events (2.1).")
    async def event_streams(self, info: Info, first: First = 20, after: After = None) -> Connection[EventStream]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"eventStreams:{key}",
            first=first,
            after=after,
            read=lambda page: device.streams(
                scope=context.scope, database=context.database, station_key=key, page=page
            ),
            show=EventStream.of,
        )

    @resolved("What its streams of events sent, newest first (2.1).")
    async def stream_values(
        self,
        info: Info,
        *,
        stream_id: Annotated[int | None, strawberry.argument(description="Of this stream only.")] = None,
        first: First = 100,
        after: After = None,
    ) -> Connection[StreamValue]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"streamValues:{key}:{stream_id}",
            first=first,
            after=after,
            read=lambda page: device.stream_values(
                scope=context.scope, database=context.database, station_key=key, stream_id=stream_id, page=page
            ),
            show=StreamValue.of,
        )

    @resolved("Messages it holds for its displays.")
    async def display_messages(self, info: Info, first: First = 20, after: After = None) -> Connection[DisplayMessage]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"displayMessages:{key}",
            first=first,
            after=after,
            read=lambda page: device.messages(
                scope=context.scope, database=context.database, station_key=key, page=page
            ),
            show=DisplayMessage.of,
        )

    @resolved(
        "What was odd in its messages so far, answers of ours it could not use among it; see frames(onlyProblems)."
    )
    async def problems(self, info: Info) -> Long:
        context = info.context
        return Long(await device.problems(scope=context.scope, database=context.database, station_key=self.value.key))


@strawberry.type(description="What clients ask about devices.")
class DeviceQuery:
    @resolved("What stations noticed, newest first. Needs network:read.")
    async def station_events(
        self,
        info: Info,
        filter: Annotated[StationEventFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[StationEvent]:
        context = info.context
        wanted = values.StationEventFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"stationEvents:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: device.events(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=StationEvent.of,
        )
