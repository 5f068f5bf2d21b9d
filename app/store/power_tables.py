"""The tables of what stations hold for us, as SQLAlchemy sees them."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TIMESTAMP

from app.store.tables import make_table

_KEY, _INT, _TEXT, _FLAG, _JSON = BigInteger(), Integer(), Text(), Boolean(), JSONB()
_MOMENT, _OWNED = TIMESTAMP(timezone=True), "key operator_key station_key"

charging_profile = make_table(
    "charging_profile",
    (_KEY, _OWNED),
    (_TEXT, "source purpose transaction_id"),
    (_INT, "profile_id evse_number stack_level doubted_by"),
    (_JSON, "profile dynamic"),
    (Uuid(), "command_id"),
    (_MOMENT, "set_at reported_at"),
)
charging_limit = make_table(
    "charging_limit",
    (_KEY, _OWNED),
    (_INT, "evse_number"),
    (_TEXT, "source"),
    (_FLAG, "is_grid_critical is_local_generation"),
    (_JSON, "schedules"),
    (_MOMENT, "notified_at"),
)
session_power = make_table(
    "session_power",
    (_KEY, "session_key operator_key station_key running_cost_minor target_energy_wh target_cost_minor"),
    (_INT, "target_soc_percent target_duration_s"),
    (_JSON, "needs ev_schedule limit_told limit_said"),
    (_MOMENT, "needs_at ev_schedule_at priority_at plan_wanted_at planned_at"),
    (_INT, "max_schedule_tuples selected_schedule_id plan_refusals"),
    (_FLAG, "tolerance_accepted priority"),
    (ARRAY(Text), "allowed_transfer"),
    (_TEXT, "tariff_id"),
)
station_cost = make_table(
    "station_cost", (_KEY, "session_key operator_key station_key"), (_JSON, "details"), (_MOMENT, "said_at")
)
local_list = make_table(
    "local_list",
    (_KEY, "station_key operator_key"),
    (_INT, "list_version max_entries max_message"),
    (_JSON, "entries"),
    (_FLAG, "in_step"),
    (_TEXT, "last_status"),
    (_MOMENT, "sent_at checked_at"),
)
station_tariff = make_table(
    "station_tariff",
    (_KEY, _OWNED),
    (_TEXT, "tariff_id kind transaction_id"),
    (_INT, "evse_number"),
    (_JSON, "tariff"),
    (_MOMENT, "set_at reported_at"),
)
der_control = make_table(
    "der_control",
    (_KEY, _OWNED),
    (_TEXT, "control_id control_type"),
    (_FLAG, "is_default is_superseded started"),
    (_JSON, "control"),
    (_MOMENT, "started_at set_at reported_at"),
    (_INT, "doubted_by"),
)
der_alarm = make_table("der_alarm", (_KEY, _OWNED), (_TEXT, "control_type fault info"), (_MOMENT, "since ended_at"))
settlement = make_table(
    "settlement",
    (_KEY, _OWNED),
    (_TEXT, "psp_ref status transaction_id info receipt_id receipt_url vat_number currency problem"),
    (_KEY, "session_key amount_minor written_off_minor"),
    (Uuid(), "id"),
    (Numeric(), "amount"),
    (_JSON, "vat_company"),
    (_MOMENT, "settled_at"),
)
vat_check = make_table(
    "vat_check",
    (_KEY, _OWNED),
    (_TEXT, "vat_number"),
    (_INT, "evse_number"),
    (_FLAG, "plausible"),
    (_MOMENT, "checked_at"),
)
battery_swap = make_table(
    "battery_swap",
    (_KEY, _OWNED),
    (_INT, "request_id"),
    (_TEXT, "event token_uid"),
    (_JSON, "batteries"),
    (_MOMENT, "at"),
)
