"""A session told in order, for whoever must answer "I paid and nothing happened"."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.domain import timeline as values
from app.domain.ids import Prefix
from app.domain.timeline import TimelineKind
from app.queries import timeline
from schema import ids
from schema.context import Info
from schema.field import resolved
from schema.page import After, Connection, connection


@strawberry.type(description="One thing that happened to a session.")
class TimelineEntry:
    at: datetime = strawberry.field(description="When.")
    kind: TimelineKind = strawberry.field(description="What it is.")
    title: str = strawberry.field(description="The step's name, or OCPP's or our name of the action.")
    state: str = strawberry.field(description="The step's or the command's, or FROM_STATION, TO_STATION of a frame.")
    detail: str | None = strawberry.field(
        description="Why a step failed, what the charger answered, or what a frame had wrong."
    )

    command_id: strawberry.ID | None = strawberry.field(
        description="The command it belongs to, to be asked for by `node`; null without commands:read."
    )

    @classmethod
    def of(cls, value: values.TimelineEntry) -> "TimelineEntry":
        command = None if value.command_id is None else ids.shown(Prefix.COMMAND, value.command_id)
        return cls(
            at=value.at,
            kind=value.kind,
            title=value.title,
            state=value.state,
            detail=value.detail,
            command_id=command,
        )


@strawberry.type(description="A session's story.")
class SessionTimelineFields:
    value: strawberry.Private[Any]

    @resolved("Steps, commands and, with journal:read, frames in one order, oldest first.")
    async def timeline(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 200.")] = 100,
        after: After = None,
    ) -> Connection[TimelineEntry]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"timeline:{key}",
            first=first,
            after=after,
            read=lambda page: timeline.of_session(
                scope=context.scope, database=context.database, session_key=key, page=page
            ),
            show=TimelineEntry.of,
        )
