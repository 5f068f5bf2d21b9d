"""The tables of what stations report of themselves, as SQLAlchemy sees them."""

from sqlalchemy import Boolean, Double, Integer
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE

from app.store.tables import FLAG, INT, KEY, MOMENT, OBJECT, TEXT, make_table

_OWNED = (KEY, "key operator_key station_key")
_NAMES = (TEXT, "component component_instance variable instance")
_NUMBERS = (Integer(), "evse connector")

variable = make_table(
    "variable",
    _OWNED,
    _NAMES,
    _NUMBERS,
    (TEXT, "attribute value pending_value mutability data_type unit values_list"),
    (Double(), "min_limit max_limit"),
    (INT, "max_elements"),
    (FLAG, "supports_monitoring persistent constant"),
    (MOMENT, "pending_since reported_at"),
)
variable_change = make_table("variable_change", _OWNED, _NAMES, _NUMBERS, (TEXT, "attribute value"), (MOMENT, "at"))
station_report = make_table(
    "station_report",
    _OWNED,
    (TEXT, "kind answer"),
    (INT, "request_id last_seq_no"),
    (Boolean(), "restarts"),
    (INT4MULTIRANGE(), "seen"),
    (OBJECT, "texts"),
    (MOMENT, "asked_at generated_at last_part_at"),
)
monitor = make_table(
    "monitor",
    _OWNED,
    _NAMES,
    _NUMBERS,
    (INT, "monitor_id severity"),
    (TEXT, "type kind"),
    (Double(), "value"),
    (FLAG, "transaction"),
    (MOMENT, "reported_at"),
)
station_event = make_table(
    "station_event",
    _OWNED,
    _NAMES,
    _NUMBERS,
    (INT, "event_id severity cause monitor_id"),
    (TEXT, "trigger kind actual_value transaction_id tech_code tech_info"),
    (FLAG, "cleared"),
    (MOMENT, "occurred_at received_at"),
)
event_stream = make_table(
    "event_stream",
    _OWNED,
    (INT, "stream_id monitor_id interval_s max_values pending growing"),
    (FLAG, "opened"),
    (MOMENT, "opened_at closed_at last_at adjusted_at"),
)
stream_value = make_table("stream_value", _OWNED, (INT, "stream_id"), (TEXT, "value"), (MOMENT, "at"))
display_message = make_table(
    "display_message",
    _OWNED,
    (INT, "message_id evse"),
    (TEXT, "priority format content language state transaction_id display"),
    (OBJECT, "extra"),
    (MOMENT, "starts_at ends_at reported_at"),
)
