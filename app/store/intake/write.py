"""What a batch decided, written in bulk: keyed changes as one JSON parameter a table, histories by COPY into the day's leaf.

Whoever changes what hangs off a station holds its row lock; the station's version is raised here, once a batch.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from app.domain.event import Frame
from app.domain.meter import Reading
from app.domain.session import Session
from app.domain.station_state import CommandState, StationState
from app.store.intake.connection import IngestConnection
from app.store.intake.kept import KEPT
from app.store.intake.session_row import INSERT, PROGRESS, UPDATE, progress_json, session_json

_TOUCH = """UPDATE station s SET version = x.version, last_seen_at = x.last_seen_at, problems = s.problems + x.problems
FROM json_to_recordset(%s::json) AS x(key bigint, version bigint, last_seen_at timestamptz, problems bigint)
WHERE s.key = x.key"""

# The columns a connection, its end, a boot or the station's own status may set; the caller names them.
LINK_COLUMNS = frozenset(
    [
        "epoch",
        "gateway_id",
        "connected_at",
        "disconnected_at",
        "subprotocol",
        "security_profile",
        "remote_address",
        "close_reason",
        "ocpp_version",
        "vendor",
        "model",
        "serial_number",
        "firmware_version",
        "boot_reason",
        "booted_at",
        "status",
    ]
)

_EVSES = """UPDATE evse e SET charging_state = x.charging_state, status_since = x.status_since, operative = x.operative,
    version = e.version + 1
FROM json_to_recordset(%s::json) AS x(key bigint, charging_state text, status_since timestamptz, operative boolean)
WHERE e.key = x.key"""

_NEW_EVSE = """INSERT INTO evse (id, operator_key, station_key, number) VALUES (%s, %s, %s, %s) RETURNING key"""

# A connector the station has shown us and nobody described: its nameplate is for the operator to fill in.
_NEW_CONNECTOR = """INSERT INTO connector (id, operator_key, station_key, evse_key, evse_number, number, standard, format,
    power_type, max_power_w, max_voltage_v, max_current_a)
VALUES (%s, %s, %s, %s, %s, %s, 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', 0, 0, 0) RETURNING key"""

_CONNECTORS = """UPDATE connector c SET status = x.status, status_since = x.status_since, error_code = x.error_code,
    vendor_error_code = x.vendor_error_code
FROM json_to_recordset(%s::json) AS x(key bigint, status text, status_since timestamptz, error_code text,
    vendor_error_code text)
WHERE c.key = x.key"""

_COMMANDS = """UPDATE command c SET status = x.status, effect = x.effect, sent_at = x.sent_at, answered_at = x.answered_at,
    answer_status = x.answer_status, answer_accepted = x.answer_accepted, answer_reason_code = x.answer_reason_code,
    answer_additional_info = x.answer_additional_info, answer_raw = x.answer_raw, message_id = x.message_id,
    gateway_id = coalesce(x.gateway_id, c.gateway_id), failure = x.failure,
    effect_deadline = coalesce(x.effect_deadline, c.effect_deadline), version = x.version
FROM json_to_recordset(%s::json) AS x(key bigint, status text, effect text, sent_at timestamptz, answered_at timestamptz,
    answer_status text, answer_accepted boolean, answer_reason_code text, answer_additional_info text, answer_raw text,
    message_id text, gateway_id uuid, failure text, effect_deadline timestamptz, version bigint)
WHERE c.key = x.key"""

_TOKENS = """UPDATE token t SET last_used_at = x.at, version = t.version + 1
FROM json_to_recordset(%s::json) AS x(key bigint, at timestamptz)
WHERE t.key = x.key AND (t.last_used_at IS NULL OR t.last_used_at < x.at)"""

_RENAMED = """UPDATE session s SET transaction_id = x.name FROM json_to_recordset(%s::json) AS x(key bigint, name text)
WHERE s.key = x.key"""

_DUTIES = """INSERT INTO duty (key, id, operator_key, kind, station_key, session_key, due_at)
SELECT * FROM json_to_recordset(%s::json)
AS x(key bigint, id uuid, operator_key bigint, kind text, station_key bigint, session_key bigint, due_at timestamptz)
ON CONFLICT (kind, session_key) WHERE session_key IS NOT NULL DO NOTHING"""

# What a prepaid account pays, in the commit that settles the session; a card that was held has paid already.
_CHARGES = """INSERT INTO account_entry (operator_key, account_key, kind, amount_minor, session_key, created_by, created_at)
SELECT a.operator_key, a.key, 'CHARGE', -x.cost_minor, x.session_key, 'voltgraph', x.settled_at
FROM json_to_recordset(%s::json) AS x(session_key bigint, account_key bigint, cost_minor bigint, settled_at timestamptz)
JOIN account a ON a.key = x.account_key AND a.prepaid
WHERE NOT EXISTS (SELECT FROM hold h WHERE h.session_key = x.session_key)
ORDER BY a.key, x.session_key
ON CONFLICT (session_key) WHERE kind = 'CHARGE' DO NOTHING"""

_EVENTS = """INSERT INTO {leaf} (received_day, operator_key, location_key, type, subject_kind, subject_id, occurred_at,
    received_at, data)
SELECT * FROM json_to_recordset(%s::json) AS x(received_day date, operator_key bigint, location_key bigint, type text,
    subject_kind text, subject_id uuid, occurred_at timestamptz, received_at timestamptz, data jsonb)"""

_AUTHORISATIONS = """INSERT INTO {leaf} (received_day, operator_key, location_key, station_key, token_key, at, presented_uid,
    decision, rule, source, took_ms)
SELECT * FROM json_to_recordset(%s::json) AS x(received_day date, operator_key bigint, location_key bigint,
    station_key bigint, token_key bigint, at timestamptz, presented_uid text, decision text, rule text, source text,
    took_ms integer)"""

_COPY_FRAMES = """COPY {leaf} (received_day, operator_key, station_key, session_key, command_key, at, inbound, message_id,
    action, raw, problems, took_ms) FROM STDIN"""
_COPY_READINGS = """COPY {leaf} (received_day, operator_key, session_key, station_key, evse_number, at, received_at, energy_wh,
    power_w, current_ma, voltage_mv, soc_percent, context, suspect) FROM STDIN"""


@dataclass(slots=True)
class ReadingRow:
    operator_key: int
    station_key: int
    session_key: int | None
    evse_number: int | None
    received_at: datetime
    reading: Reading


@dataclass(slots=True)
class Writes:
    """Everything one batch writes besides the station rows themselves."""

    renamed_sessions: dict[int, str] = field(default_factory=dict)  # their ids are free before another takes them
    new_sessions: dict[int, Session] = field(default_factory=dict)
    changed_sessions: dict[int, Session] = field(default_factory=dict)
    progressed_sessions: dict[int, Session] = field(default_factory=dict)  # only the meter moved
    commands: dict[int, CommandState] = field(default_factory=dict)
    readings: list[ReadingRow] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    authorisations: list[dict[str, object]] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)
    duties: list[dict[str, object]] = field(default_factory=list)
    tokens_used: dict[int, datetime] = field(default_factory=dict)
    kept: dict[str, dict[Hashable, dict[str, object]]] = field(default_factory=dict)  # by table, by business key


async def write_batch(
    connection: IngestConnection, stations: Iterable[StationState], writes: Writes, *, day: date, new_id: Any
) -> None:
    """Writes a decided batch; the caller commits. ``new_id()`` makes UUIDs for hardware the stations have just shown."""
    changed = [station for station in stations if station.changed]
    for station in changed:
        await _insert_shown_hardware(connection, station, new_id)
    leaf = day.strftime("_%Y%m%d")
    async with connection.pipeline():
        for statement, rows in _keyed_changes(changed, writes):
            if rows:
                await _run(connection, statement, rows)
        for station in changed:
            if station.link_changed:
                await _set_link(connection, station)
        if writes.authorisations:
            await _run(
                connection, _AUTHORISATIONS.format(leaf=f"authorisation{leaf}"), _dated(writes.authorisations, day)
            )
        if writes.events:
            await _run(connection, _EVENTS.format(leaf=f"event_log{leaf}"), _dated(writes.events, day))
    if writes.readings:
        await _copy(connection, _COPY_READINGS.format(leaf=f"reading{leaf}"), _reading_lines(writes.readings, day))
    if writes.frames:
        await _copy(connection, _COPY_FRAMES.format(leaf=f"frame{leaf}"), _frame_lines(writes.frames, day))


def _keyed_changes(changed: list[StationState], writes: Writes) -> list[tuple[str, list[dict[str, object]]]]:
    return [
        (
            _TOUCH,
            [
                {"key": s.key, "version": s.version, "last_seen_at": s.last_seen_at, "problems": s.problems_added}
                for s in changed
            ],
        ),
        (
            _EVSES,
            [
                {
                    "key": evse.key,
                    "charging_state": evse.charging_state,
                    "status_since": evse.status_since,
                    "operative": evse.operative,
                }
                for station in changed
                for evse in station.evses.values()
                if evse.changed
            ],
        ),
        (
            _CONNECTORS,
            [
                {
                    "key": connector.key,
                    "status": connector.status,
                    "status_since": connector.status_since,
                    "error_code": connector.error_code,
                    "vendor_error_code": connector.vendor_error_code,
                }
                for station in changed
                for connector in station.connectors.values()
                if connector.changed
            ],
        ),
        (_RENAMED, [{"key": key, "name": name} for key, name in writes.renamed_sessions.items()]),
        (INSERT, [session_json(session) for session in writes.new_sessions.values()]),
        (UPDATE, [session_json(session) for session in writes.changed_sessions.values()]),
        (PROGRESS, [progress_json(session) for session in writes.progressed_sessions.values()]),
        (_CHARGES, _charges((*writes.new_sessions.values(), *writes.changed_sessions.values()))),
        (_COMMANDS, [_command_json(command) for command in writes.commands.values()]),
        (_TOKENS, [{"key": key, "at": writes.tokens_used[key]} for key in sorted(writes.tokens_used)]),
        (_DUTIES, writes.duties),
        *((statement, list(writes.kept.get(table, {}).values())) for table, statement in KEPT.items()),
    ]


def _charges(sessions: Iterable[Session]) -> list[dict[str, object]]:
    """Of sessions whose bill is written; a bill that was charged before is charged once."""
    return [
        {
            "session_key": session.key,
            "account_key": session.account_key,
            "cost_minor": session.cost_minor,
            "settled_at": session.settled_at,
        }
        for session in sessions
        if session.settled_at is not None and session.account_key is not None and session.cost_minor
    ]


def _command_json(command: CommandState) -> dict[str, object]:
    return {
        "key": command.key,
        "status": command.status,
        "effect": command.effect,
        "sent_at": command.sent_at,
        "answered_at": command.answered_at,
        "answer_status": command.answer_status,
        "answer_accepted": command.answer_accepted,
        "answer_reason_code": command.answer_reason_code,
        "answer_additional_info": command.answer_additional_info,
        "answer_raw": command.answer_raw,
        "message_id": command.message_id,
        "gateway_id": command.gateway_id,
        "failure": command.failure,
        "effect_deadline": command.effect_deadline,
        "version": command.version,
    }


async def _run(connection: IngestConnection, statement: str, rows: list[dict[str, object]]) -> None:
    await connection.execute(statement, (orjson.dumps(rows).decode(),))


async def _set_link(connection: IngestConnection, station: StationState) -> None:
    names = sorted(station.link)
    assert LINK_COLUMNS.issuperset(names)
    assignments = ", ".join(f"{name} = %s" for name in names)
    values = [*(station.link[name] for name in names), station.key]
    await connection.execute(f"UPDATE station SET {assignments} WHERE key = %s", values)  # noqa: S608


async def _insert_shown_hardware(connection: IngestConnection, station: StationState, new_id: Any) -> None:
    for evse in station.evses.values():
        if evse.key is None:
            evse.key = await _insert(connection, _NEW_EVSE, (new_id(), station.operator_key, station.key, evse.number))
    for connector in station.connectors.values():
        if connector.key is None:
            evse_key = station.evses[connector.evse_number].key
            row = (new_id(), station.operator_key, station.key, evse_key, connector.evse_number, connector.number)
            connector.key = await _insert(connection, _NEW_CONNECTOR, row)


async def _insert(connection: IngestConnection, statement: str, row: tuple[UUID | int | None, ...]) -> int:
    found = await (await connection.execute(statement, row)).fetchone()
    assert found is not None
    return int(found[0])


def _dated(rows: list[dict[str, object]], day: date) -> list[dict[str, object]]:
    for row in rows:
        row["received_day"] = day
    return rows


async def _copy(connection: IngestConnection, statement: str, block: str) -> None:
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        await copy.write(block.encode("utf-8", "replace"))


def _escaped(text: str) -> str:
    """COPY's text format: only these four characters mean anything, and NUL cannot be stored at all."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\r" in text or "\t" in text:
        text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return text


def _array(texts: tuple[str, ...]) -> str:
    inner = ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return _escaped("{" + inner + "}")


def _numbers(values: tuple[int | None, ...] | None) -> str:
    if values is None:
        return "\\N"
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def _frame_lines(frames: list[Frame], day: date) -> str:
    null = "\\N"
    return "".join(
        [
            f"{day}\t{f.operator_key}\t{f.station_key}\t{null if f.session_key is None else f.session_key}\t"
            f"{null if f.command_key is None else f.command_key}\t{f.at.isoformat()}\t{'t' if f.inbound else 'f'}\t"
            f"{_escaped(f.message_id)}\t{_escaped(f.action)}\t{_escaped(f.raw)}\t"
            f"{_array(f.problems) if f.problems else null}\t{null if f.took_ms is None else f.took_ms}\n"
            for f in frames
        ]
    )


def _reading_lines(readings: list[ReadingRow], day: date) -> str:
    null = "\\N"
    lines = []
    for row in readings:
        value = row.reading
        lines.append(
            f"{day}\t{row.operator_key}\t{null if row.session_key is None else row.session_key}\t{row.station_key}\t"
            f"{null if row.evse_number is None else row.evse_number}\t{value.at.isoformat()}\t"
            f"{row.received_at.isoformat()}\t{null if value.energy_wh is None else value.energy_wh}\t"
            f"{null if value.power_w is None else value.power_w}\t{_numbers(value.current_ma)}\t"
            f"{_numbers(value.voltage_mv)}\t{null if value.soc_percent is None else value.soc_percent}\t"
            f"{_escaped(value.context)}\t{'t' if value.suspect else 'f'}\n"
        )
    return "".join(lines)
