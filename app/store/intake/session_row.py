"""A session between its row and its value: one list of columns for reading, inserting and updating."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from app.domain.meter import MeterState
from app.domain.session import Session, SessionOrigin, SessionStatus, StepMark, StepState
from app.domain.station import ChargingState

READ_COLUMNS = """key, id, operator_key, location_key, station_key, evse_key, evse_number, connector_number, status, origin,
transaction_id, start_identity, stop_identity, remote_start_id, token_key, token_uid, created_at, start_deadline, started_at,
ended_at, settled_at, charging_state, stop_reason, meter_first_at, meter_last_at, meter_register_at, meter_segment_first_wh,
meter_last_wh, meter_settled_wh, power_w, soc_percent, seen_seq_nos::text, started_seq_no, ended_seq_no, steps, flags,
tariff_key, currency, cost_minor, version, quote_key, reserved_at, driver_key, account_key, cost_centre_key"""

# What never changes after the insert, or never by the inbox; everything else is written by every update.
_FIXED = ("key", "id", "operator_key", "location_key", "station_key", "created_at")
_CHANGING: tuple[tuple[str, str], ...] = (
    ("evse_key", "bigint"),
    ("evse_number", "integer"),
    ("connector_number", "integer"),
    ("status", "text"),
    ("origin", "text"),
    ("transaction_id", "text"),
    ("start_identity", "text"),
    ("stop_identity", "text"),
    ("remote_start_id", "integer"),
    ("token_key", "bigint"),
    ("token_uid", "text"),
    ("start_deadline", "timestamptz"),
    ("started_at", "timestamptz"),
    ("ended_at", "timestamptz"),
    ("settled_at", "timestamptz"),
    ("charging_state", "text"),
    ("stop_reason", "text"),
    ("energy_wh", "bigint"),
    ("power_w", "bigint"),
    ("soc_percent", "smallint"),
    ("meter_first_at", "timestamptz"),
    ("meter_last_at", "timestamptz"),
    ("meter_register_at", "timestamptz"),
    ("meter_segment_first_wh", "bigint"),
    ("meter_last_wh", "bigint"),
    ("meter_settled_wh", "bigint"),
    ("seen_seq_nos", "int4multirange"),
    ("started_seq_no", "integer"),
    ("ended_seq_no", "integer"),
    ("steps", "jsonb"),
    ("flags", "text[]"),
    ("tariff_key", "bigint"),
    ("currency", "text"),
    ("cost_minor", "bigint"),
    ("version", "bigint"),
    ("driver_key", "bigint"),
    ("account_key", "bigint"),
    ("cost_centre_key", "bigint"),
)
_FIXED_TYPES = {"key": "bigint", "id": "uuid", "created_at": "timestamptz"}
_names = [name for name, _ in _CHANGING]
_recordset = ", ".join(f"{name} {kind}" for name, kind in _CHANGING)
_fixed_recordset = ", ".join(f"{name} {_FIXED_TYPES.get(name, 'bigint')}" for name in _FIXED)

# What a reading moves; the rest of the row stays as it is.
_PROGRESS = [
    "charging_state",
    "energy_wh",
    "power_w",
    "soc_percent",
    "meter_first_at",
    "meter_last_at",
    "meter_register_at",
    "meter_segment_first_wh",
    "meter_last_wh",
    "meter_settled_wh",
    "seen_seq_nos",
    "flags",
    "version",
]
_progress_recordset = ", ".join(f"{name} {kind}" for name, kind in _CHANGING if name in _PROGRESS)

# Only the column lists above are spliced in.
INSERT = f"""INSERT INTO session ({", ".join(_FIXED)}, {", ".join(_names)})
SELECT {", ".join(_FIXED)}, {", ".join(_names)} FROM json_to_recordset(%s::json) AS x({_fixed_recordset}, {_recordset})"""  # noqa: S608
UPDATE = f"""UPDATE session s SET {", ".join(f"{name} = x.{name}" for name in _names)}
FROM json_to_recordset(%s::json) AS x(key bigint, {_recordset}) WHERE s.key = x.key"""  # noqa: S608

PROGRESS = f"""UPDATE session s SET {", ".join(f"{name} = x.{name}" for name in _PROGRESS)}
FROM json_to_recordset(%s::json) AS x(key bigint, {_progress_recordset}) WHERE s.key = x.key"""  # noqa: S608


def session_from_row(row: tuple[Any, ...]) -> Session:
    """The value behind a row of `READ_COLUMNS`."""
    values = (
        *row[:8],
        SessionStatus(row[8]),
        SessionOrigin(row[9]),
        *row[10:21],
        None if row[21] is None else ChargingState(row[21]),
        row[22],
        MeterState(row[23], row[24], row[25], row[26], row[27], row[28], row[29], row[30]),
        parse_ranges(row[31]),
        row[32],
        row[33],
        {
            name: _mark(mark["state"], mark.get("at"), mark.get("deadline"), mark.get("code"), mark.get("message"))
            for name, mark in row[34].items()
        },
        tuple(row[35]),
        *row[36:],
    )
    return Session(*values)


def progress_json(session: Session) -> dict[str, object]:
    """What `PROGRESS` writes."""
    meter = session.meter
    return {
        "key": session.key,
        "charging_state": session.charging_state,
        "energy_wh": meter.energy_wh,
        "power_w": meter.power_w,
        "soc_percent": meter.soc_percent,
        "meter_first_at": meter.first_at,
        "meter_last_at": meter.last_at,
        "meter_register_at": meter.register_at,
        "meter_segment_first_wh": meter.segment_first_wh,
        "meter_last_wh": meter.last_wh,
        "meter_settled_wh": meter.settled_wh,
        "seen_seq_nos": format_ranges(session.seen_seq_nos),
        "flags": session.flags,
        "version": session.version,
    }


def session_json(session: Session) -> dict[str, object]:
    """The row behind a value, for `INSERT` and `UPDATE`; orjson writes times and ids."""
    meter = session.meter
    return {
        "key": session.key,
        "id": session.uuid,
        "operator_key": session.operator_key,
        "location_key": session.location_key,
        "station_key": session.station_key,
        "created_at": session.created_at,
        "origin": session.origin,
        "evse_key": session.evse_key,
        "evse_number": session.evse_number,
        "connector_number": session.connector_number,
        "status": session.status,
        "transaction_id": session.transaction_id,
        "start_identity": session.start_identity,
        "stop_identity": session.stop_identity,
        "remote_start_id": session.remote_start_id,
        "token_key": session.token_key,
        "token_uid": session.token_uid,
        "start_deadline": session.start_deadline,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "settled_at": session.settled_at,
        "charging_state": session.charging_state,
        "stop_reason": session.stop_reason,
        "energy_wh": meter.energy_wh,
        "power_w": meter.power_w,
        "soc_percent": meter.soc_percent,
        "meter_first_at": meter.first_at,
        "meter_last_at": meter.last_at,
        "meter_register_at": meter.register_at,
        "meter_segment_first_wh": meter.segment_first_wh,
        "meter_last_wh": meter.last_wh,
        "meter_settled_wh": meter.settled_wh,
        "seen_seq_nos": format_ranges(session.seen_seq_nos),
        "started_seq_no": session.started_seq_no,
        "ended_seq_no": session.ended_seq_no,
        "steps": session.steps,
        "flags": session.flags,
        "tariff_key": session.tariff_key,
        "currency": session.currency,
        "cost_minor": session.cost_minor,
        "version": session.version,
        "driver_key": session.driver_key,
        "account_key": session.account_key,
        "cost_centre_key": session.cost_centre_key,
    }


_STEP_STATES = {state.value: state for state in StepState}


@lru_cache(20_000)
def _mark(state: str, at: str | None, deadline: str | None, code: str | None, message: str | None) -> StepMark:
    """A mark is read again with every later message of its session, and never changes."""
    return StepMark(
        _STEP_STATES[state],
        None if at is None else datetime.fromisoformat(at),
        None if deadline is None else datetime.fromisoformat(deadline),
        code,
        message,
    )


def parse_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """``{[0,5),[7,9)}`` as ``((0, 5), (7, 9))``; PostgreSQL always writes half-open, sorted, merged."""
    if text == "{}":
        return ()
    parts = text[2:-2].split("),[")
    return tuple((int(low), int(high)) for low, _, high in (part.partition(",") for part in parts))


def format_ranges(ranges: tuple[tuple[int, int], ...]) -> str:
    """The text that `parse_ranges` reads."""
    return "{" + ",".join(f"[{low},{high})" for low, high in ranges) + "}"
