"""A session's timeline: its steps, the commands about it and the frames that told of it, in one order."""

from datetime import datetime

from sqlalchemy import UUID, ColumnElement, Row, String, cast, false, func, literal, null, select, true, union_all
from sqlalchemy.dialects.postgresql import TIMESTAMP, array
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.session import StepName
from app.domain.timeline import TimelineEntry, TimelineKind
from app.store.keyset import Order, read_page
from app.store.tables import command, frame, session
from app.store.within import allowed

# Entries of one moment stand in the order of their kinds; within a kind by key.
_RANK = {TimelineKind.COMMAND: 0, TimelineKind.FRAME: 1, TimelineKind.STEP: 2}
_KEYS_A_KIND = 2**50


def _place(kind: TimelineKind, key: ColumnElement[int]) -> ColumnElement[int]:
    return key + literal(_RANK[kind] * _KEYS_A_KIND)


def _in_order(step: ColumnElement[str]) -> ColumnElement[int]:
    """Several steps are often reached by one message: they stand in the order in which they are due."""
    return func.array_position(array([literal(name.value) for name in StepName]), step)


async def of_session(connection: AsyncConnection, scope: Scope, key: int, request: PageRequest) -> Page[TimelineEntry]:
    """Oldest first. Frames only with journal:read, commands only with commands:read as their own lists want it."""
    mine = select(session.c.key).where(session.c.key == key, allowed(scope, session.c.location_key))
    marks = func.jsonb_each(session.c.steps).table_valued("key", "value", name="mark").render_derived()
    said = marks.c.value.op("->>")
    parts = [
        select(
            cast(said("at"), TIMESTAMP(timezone=True)).label("at"),
            _place(TimelineKind.STEP, _in_order(marks.c.key)).label("key"),
            literal(TimelineKind.STEP.value).label("kind"),
            cast(marks.c.key, String).label("title"),
            said("state").label("state"),
            said("message").label("detail"),
            cast(null(), UUID).label("command_id"),
        )
        .select_from(session)
        .join(marks, true())
        .where(session.c.key.in_(mine), said("at").is_not(None)),
        select(
            command.c.created_at,
            _place(TimelineKind.COMMAND, command.c.key),
            literal(TimelineKind.COMMAND.value),
            command.c.action,
            command.c.status,
            command.c.answer_status,
            command.c.id,
        ).where(command.c.session_key.in_(mine), true() if scope.may(Permission.COMMANDS_READ) else false()),
    ]
    if scope.may(Permission.JOURNAL_READ):
        asked_by = select(command.c.id).where(command.c.key == frame.c.command_key).scalar_subquery()
        parts.append(
            select(
                frame.c.at,
                _place(TimelineKind.FRAME, frame.c.key),
                literal(TimelineKind.FRAME.value),
                frame.c.action,
                cast(frame.c.inbound, String),
                func.array_to_string(frame.c.problems, "; "),
                asked_by if scope.may(Permission.COMMANDS_READ) else cast(null(), UUID),
            ).where(frame.c.session_key.in_(mine))
        )
    entries = union_all(*parts).subquery("entry")
    order = Order(entries.c.key, entries.c.at, descending=False)
    return await read_page(connection, select(entries), order, request, _entry)


def _entry(row: Row[tuple[datetime, int]]) -> TimelineEntry:
    kind = TimelineKind(row.kind)
    state = row.state
    if kind is TimelineKind.FRAME:
        state = "FROM_STATION" if row.state == "true" else "TO_STATION"
    return TimelineEntry(row.at, kind, row.title, state, row.detail or None, row.command_id)
