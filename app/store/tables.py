"""The tables as SQLAlchemy sees them, registered with SQLModel's metadata; a test compares them with the database."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TIMESTAMP, TypeEngine
from sqlmodel import SQLModel

_MOMENT = TIMESTAMP(timezone=True)
_KEY, _INT, _SMALL, _TEXT, _FLAG, _BYTES = BigInteger(), Integer(), SmallInteger(), Text(), Boolean(), LargeBinary()
_UUID, _JSON, _KEYS, _TEXTS, _INTS = Uuid(), JSONB(), ARRAY(BigInteger), ARRAY(Text), ARRAY(Integer)


def _columns(kind: TypeEngine[Any], names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names.split()]


def _table(name: str, *groups: tuple[TypeEngine[Any], str]) -> Table:
    # The migrations own constraints and defaults; here only names and types matter.
    return Table(name, SQLModel.metadata, *(column for kind, names in groups for column in _columns(kind, names)))


operator = _table(
    "operator",
    (_KEY, "key version"),
    (_UUID, "id"),
    (_TEXT, "name country_code party_id currency"),
    (_MOMENT, "created_at"),
)
location = _table(
    "location",
    (_KEY, "key operator_key version"),
    (_UUID, "id"),
    (_TEXT, "name address postal_code city country time_zone help_phone search_text"),
    (Double(), "latitude longitude"),
    (_FLAG, "published"),
    (_MOMENT, "created_at"),
)
member = _table(
    "member",
    (_KEY, "key operator_key version"),
    (_UUID, "id"),
    (_TEXT, "email password_hash role"),
    (_BYTES, "invitation_digest"),
    (_KEYS, "location_keys"),
    (_INT, "session_epoch"),
    (_MOMENT, "invitation_expires_at revoked_at created_at"),
)
api_token = _table(
    "api_token",
    (_KEY, "key operator_key version"),
    (_UUID, "id"),
    (_TEXT, "name created_by"),
    (_BYTES, "secret_digest"),
    (_TEXTS, "scopes"),
    (_KEYS, "location_keys"),
    (_MOMENT, "created_at expires_at revoked_at last_used_at"),
)
idempotency = _table(
    "idempotency",
    (_KEY, "operator_key"),
    (_TEXT, "caller key mutation subject_kind"),
    (_BYTES, "input_digest"),
    (_UUID, "subject_id"),
    (_MOMENT, "created_at"),
)
gateway_process = _table("gateway_process", (_UUID, "id"), (_TEXT, "name"), (_MOMENT, "started_at lease_until"))
station = _table(
    "station",
    (_KEY, "key operator_key location_key epoch problems version"),
    (_UUID, "id gateway_id"),
    (_TEXT, "identity search_text name lifecycle registration vendor model serial_number firmware_version boot_reason"),
    (_TEXT, "ocpp_version status subprotocol remote_address close_reason"),
    (_SMALL, "security_profile_floor security_profile"),
    (_BYTES, "credential_salt credential_digest"),
    (_MOMENT, "booted_at connected_at disconnected_at last_seen_at created_at"),
)
evse = _table(
    "evse",
    (_KEY, "key operator_key station_key version"),
    (_UUID, "id"),
    (_INT, "number"),
    (_TEXT, "evse_id physical_reference charging_state"),
    (_FLAG, "operative"),
    (_MOMENT, "status_since"),
)
connector = _table(
    "connector",
    (_KEY, "key operator_key station_key evse_key max_power_w"),
    (_UUID, "id"),
    (_INT, "evse_number number max_voltage_v max_current_a"),
    (_TEXT, "standard format power_type status error_code vendor_error_code"),
    (_MOMENT, "status_since"),
)
token = _table(
    "token",
    (_KEY, "key operator_key version"),
    (_UUID, "id"),
    (_TEXT, "uid type ocpp_type visual_number contract_id group_id blocked_reason search_text"),
    (_FLAG, "valid"),
    (_MOMENT, "valid_from valid_until last_used_at created_at"),
)
tariff = _table(
    "tariff",
    (_KEY, "key operator_key hold_amount_minor version"),
    (_UUID, "id"),
    (_TEXT, "code state currency"),
    (_INT, "version_number"),
    (_FLAG, "tax_included"),
    (_JSON, "elements"),
    (_MOMENT, "valid_from created_at"),
)
tariff_assignment = _table(
    "tariff_assignment",
    (_KEY, "key operator_key location_key evse_key"),
    (_TEXT, "code token_group_id"),
    (_MOMENT, "valid_from created_at"),
)
session = _table(
    "session",
    (_KEY, "key operator_key location_key station_key evse_key token_key energy_wh power_w"),
    (_KEY, "meter_segment_first_wh meter_last_wh meter_settled_wh tariff_key cost_minor settled_energy_wh version"),
    (_UUID, "id"),
    (_INT, "evse_number connector_number remote_start_id ended_seq_no started_seq_no"),
    (_SMALL, "soc_percent"),
    (_TEXT, "status origin transaction_id start_identity stop_identity token_uid charging_state stop_reason currency"),
    (_JSON, "steps"),
    (_TEXTS, "flags"),
    (
        _MOMENT,
        "created_at began_at start_deadline started_at ended_at settled_at meter_first_at meter_last_at meter_register_at",
    ),
)
command = _table(
    "command",
    (_KEY, "key operator_key station_key evse_key session_key version"),
    (_UUID, "id gateway_id"),
    (
        _TEXT,
        "action status effect answer_status answer_reason_code answer_additional_info answer_raw requested_by reason",
    ),
    (_TEXT, "message_id failure"),
    (_FLAG, "answer_accepted"),
    (_JSON, "body"),
    (_MOMENT, "created_at deadline queue_until effect_deadline sent_at answered_at"),
)
audit_entry = _table(
    "audit_entry",
    (_KEY, "key operator_key"),
    (_TEXT, "actor action subject_kind reason"),
    (_UUID, "subject_id"),
    (_JSON, "before after"),
    (_MOMENT, "at"),
)
connection_attempt = _table(
    "connection_attempt",
    (_KEY, "key operator_key station_key"),
    (_TEXT, "path identity remote_address result hint"),
    (_TEXTS, "offered_subprotocols"),
    (_MOMENT, "at"),
)
reading = _table(
    "reading",
    (Date(), "received_day"),
    (_KEY, "operator_key session_key station_key energy_wh power_w"),
    (_INT, "evse_number"),
    (_INTS, "current_ma voltage_mv"),
    (_SMALL, "soc_percent"),
    (_TEXT, "context"),
    (_FLAG, "suspect"),
    (_MOMENT, "at received_at"),
)
frame = _table(
    "frame",
    (Date(), "received_day"),
    (_KEY, "key operator_key station_key session_key command_key"),
    (_TEXT, "message_id action raw"),
    (_TEXTS, "problems"),
    (_INT, "took_ms"),
    (_FLAG, "inbound"),
    (_MOMENT, "at"),
)
authorisation = _table(
    "authorisation",
    (Date(), "received_day"),
    (_KEY, "key operator_key location_key station_key token_key"),
    (_TEXT, "presented_uid decision rule source"),
    (_INT, "took_ms"),
    (_MOMENT, "at"),
)
event_log = _table(
    "event_log",
    (Date(), "received_day"),
    (_KEY, "key operator_key location_key"),
    (_TEXT, "type subject_kind"),
    (_UUID, "subject_id"),
    (_JSON, "data"),
    (_MOMENT, "occurred_at received_at"),
)
