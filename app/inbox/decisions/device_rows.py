"""Rows of what stations report of themselves, merged within a batch where several messages speak of one thing."""

from dataclasses import asdict
from datetime import datetime

from app.domain.device import (
    DisplayedMessage,
    ReportedMonitor,
    ReportedVariable,
    ReportKind,
    identity,
    is_secret,
)
from app.domain.station_state import StationState
from app.inbox.batch import Batch

Row = dict[str, object]
_WORD_MAX = 50


def _owned(station: StationState) -> Row:
    return {"operator_key": station.operator_key, "station_key": station.key}


def keep_variable(
    batch: Batch, station: StationState, reported: ReportedVariable, at: datetime, *, pending_value: str | None = None
) -> None:
    """What is not said keeps its value, whichever message says it first. A secret's value is never kept."""
    if not reported.place.component or not reported.place.variable:
        return
    columns = reported.place.columns()
    said = {name: value for name, value in asdict(reported).items() if name != "place"}
    row = _owned(station) | columns | said | {"attribute": reported.attribute[:_WORD_MAX], "reported_at": at}
    row |= {"pending_value": pending_value, "pending_since": None if pending_value is None else at}
    if is_secret(reported.place.variable):
        row |= {"value": None, "pending_value": None}
    key = (station.key, reported.attribute, *identity(columns))
    before = batch.writes.kept.get("variable", {}).get(key, {})
    batch.keep(
        "variable", key, before | {name: value for name, value in row.items() if value is not None or not before}
    )


def keep_monitor(batch: Batch, station: StationState, reported: ReportedMonitor, at: datetime) -> None:
    row = {
        "monitor_id": reported.monitor_id,
        "type": reported.type[:_WORD_MAX],
        "value": reported.value,
        "severity": reported.severity,
        "transaction": reported.transaction,
        "kind": reported.kind[:_WORD_MAX],
        "reported_at": at,
        "gone": False,
    }
    row = _owned(station) | reported.place.columns() | row
    batch.keep("monitor", (station.key, reported.monitor_id), row)


def forget_monitor(batch: Batch, station: StationState, monitor_id: int) -> None:
    """It is cleared, or was never there."""
    batch.keep("monitor", (station.key, monitor_id), _owned(station) | {"monitor_id": monitor_id, "gone": True})


def keep_message(batch: Batch, station: StationState, message: DisplayedMessage, at: datetime) -> None:
    row = asdict(message) | {"extra": [list(more) for more in message.extra], "reported_at": at, "gone": False}
    batch.keep("display_message", (station.key, message.message_id), _owned(station) | row)


def forget_message(batch: Batch, station: StationState, message_id: int) -> None:
    batch.keep("display_message", (station.key, message_id), _owned(station) | {"message_id": message_id, "gone": True})


def keep_stream(batch: Batch, station: StationState, stream_id: int, **said: object) -> None:
    """``said`` names columns; what is not said keeps its value."""
    key = (station.key, stream_id)
    before = batch.writes.kept.get("event_stream", {}).get(key, {})
    row = _owned(station) | {"stream_id": stream_id} | before | said
    batch.keep("event_stream", key, row)


def keep_asked(
    batch: Batch, station: StationState, kind: ReportKind, request_id: int, *, asked_at: datetime, answer: str
) -> None:
    """Somebody asked for a report; its parts may have overtaken the answer."""
    _keep_report(batch, station, kind, request_id, {"asked_at": asked_at, "answer": answer[:_WORD_MAX]})


def keep_part(
    batch: Batch,
    station: StationState,
    kind: ReportKind,
    request_id: int,
    *,
    at: datetime,
    seq_no: int | None,
    last: bool,
    generated_at: datetime | None = None,
    text: str | None = None,
) -> None:
    """A part has come. Number 0 begins anew; parts without numbers are counted as one, which the last completes."""
    restarts = seq_no == 0 or (seq_no is None and not last)
    number = 0 if seq_no is None and last else seq_no
    said: Row = {"last_part_at": at, "generated_at": generated_at, "restarts": restarts}
    said["seen"] = "{}" if number is None else f"{{[{number},{number + 1})}}"
    said["last_seq_no"] = number if last else None
    said["texts"] = {} if text is None else {str(number): text}
    _keep_report(batch, station, kind, request_id, said)


def _keep_report(batch: Batch, station: StationState, kind: ReportKind, request_id: int, said: Row) -> None:
    key = (station.key, kind.value, request_id)
    row: Row = _owned(station) | {"kind": kind.value, "request_id": request_id, "restarts": False} | _NOTHING_YET
    before = batch.writes.kept.get("station_report", {}).get(key)
    if before is not None and said.get("restarts"):
        row |= {name: before[name] for name in ("asked_at", "answer")}
    elif before is not None:
        joined = {
            "seen": _joined(str(before["seen"]), str(said.get("seen", "{}"))),
            "texts": _texts(before["texts"]) | _texts(said.get("texts")),
            "last_seq_no": before["last_seq_no"] if said.get("last_seq_no") is None else said["last_seq_no"],
            "restarts": before["restarts"],
        }
        row, said = before, said | joined
    batch.keep("station_report", key, row | said)


_NOTHING_YET: Row = {"seen": "{}", "texts": {}, "asked_at": None, "answer": None, "last_seq_no": None}


def _texts(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _joined(left: str, right: str) -> str:
    """Two multiranges as one text; PostgreSQL merges what touches."""
    inner = [text.strip("{}") for text in (left, right)]
    return "{" + ",".join(text for text in inner if text) + "}"
