"""The tables of what stations report of themselves, as SQLAlchemy sees them."""

from sqlalchemy import Boolean, Double, Integer
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE

from app.store.tables import _FLAG, _INT, _JSON, _KEY, _MOMENT, _TEXT, _table

_OWNED = (_KEY, "key operator_key station_key")
_NAMES = (_TEXT, "component component_instance variable instance")
_NUMBERS = (Integer(), "evse connector")

variable = _table(
    "variable",
    _OWNED,
    _NAMES,
    _NUMBERS,
    (_TEXT, "attribute value pending_value mutability data_type unit values_list"),
    (Double(), "min_limit max_limit"),
    (_INT, "max_elements"),
    (_FLAG, "supports_monitoring persistent constant"),
    (_MOMENT, "pending_since reported_at"),
)
variable_change = _table("variable_change", _OWNED, _NAMES, _NUMBERS, (_TEXT, "attribute value"), (_MOMENT, "at"))
station_report = _table(
    "station_report",
    _OWNED,
    (_TEXT, "kind answer"),
    (_INT, "request_id last_seq_no"),
    (Boolean(), "restarts"),
    (INT4MULTIRANGE(), "seen"),
    (_JSON, "texts"),
    (_MOMENT, "asked_at generated_at last_part_at"),
)
monitor = _table(
    "monitor",
    _OWNED,
    _NAMES,
    _NUMBERS,
    (_INT, "monitor_id severity"),
    (_TEXT, "type kind"),
    (Double(), "value"),
    (_FLAG, "transaction"),
    (_MOMENT, "reported_at"),
)
station_event = _table(
    "station_event",
    _OWNED,
    _NAMES,
    _NUMBERS,
    (_INT, "event_id severity cause monitor_id"),
    (_TEXT, "trigger kind actual_value transaction_id tech_code tech_info"),
    (_FLAG, "cleared"),
    (_MOMENT, "occurred_at received_at"),
)
event_stream = _table(
    "event_stream",
    _OWNED,
    (_INT, "stream_id monitor_id interval_s max_values pending"),
    (_FLAG, "opened"),
    (_MOMENT, "opened_at closed_at last_at"),
)
stream_value = _table("stream_value", _OWNED, (_INT, "stream_id"), (_TEXT, "value"), (_MOMENT, "at"))
display_message = _table(
    "display_message",
    _OWNED,
    (_INT, "message_id evse"),
    (_TEXT, "priority format content language state transaction_id display"),
    (_JSON, "extra"),
    (_MOMENT, "starts_at ends_at reported_at"),
)
