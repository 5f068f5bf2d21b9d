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

MOMENT = TIMESTAMP(timezone=True)
KEY, INT, SMALL, TEXT, FLAG, BYTES = BigInteger(), Integer(), SmallInteger(), Text(), Boolean(), LargeBinary()
UUID, OBJECT, KEYS, TEXTS, INTS = Uuid(), JSONB(), ARRAY(BigInteger), ARRAY(Text), ARRAY(Integer)


def _columns(kind: TypeEngine[Any], names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names.split()]


def make_table(name: str, *groups: tuple[TypeEngine[Any], str]) -> Table:
    # The migrations own constraints and defaults; here only names and types matter.
    return Table(name, SQLModel.metadata, *(column for kind, names in groups for column in _columns(kind, names)))


operator = make_table(
    "operator",
    (KEY, "key version"),
    (UUID, "id"),
    (TEXT, "name country_code party_id currency"),
    (TEXTS, "certificate_organizations"),
    (FLAG, "driver_sign_up"),
    (MOMENT, "created_at"),
)
location = make_table(
    "location",
    (KEY, "key operator_key version"),
    (UUID, "id"),
    (TEXT, "name address postal_code city country time_zone help_phone search_text"),
    (TEXTS, "facilities"),
    (OBJECT, "opening_times accessibility"),
    (Double(), "latitude longitude"),
    (FLAG, "published"),
    (MOMENT, "created_at"),
)
member = make_table(
    "member",
    (KEY, "key operator_key version"),
    (UUID, "id"),
    (TEXT, "email password_hash role"),
    (BYTES, "invitation_digest"),
    (KEYS, "location_keys"),
    (INT, "session_epoch"),
    (MOMENT, "invitation_expires_at revoked_at created_at"),
)
api_token = make_table(
    "api_token",
    (KEY, "key operator_key version"),
    (UUID, "id"),
    (TEXT, "name created_by"),
    (BYTES, "secret_digest"),
    (TEXTS, "scopes"),
    (KEYS, "location_keys"),
    (MOMENT, "created_at expires_at revoked_at last_used_at"),
)
member_session = make_table(
    "member_session",
    (KEY, "key operator_key member_key"),
    (UUID, "id"),
    (INT, "turn"),
    (MOMENT, "created_at expires_at ended_at"),
)
idempotency = make_table(
    "idempotency",
    (KEY, "operator_key"),
    (TEXT, "caller key mutation subject_kind"),
    (BYTES, "input_digest"),
    (UUID, "subject_id"),
    (MOMENT, "created_at"),
)
gateway_process = make_table("gateway_process", (UUID, "id"), (TEXT, "name"), (MOMENT, "started_at lease_until"))
station = make_table(
    "station",
    (KEY, "key operator_key location_key epoch problems version"),
    (UUID, "id gateway_id"),
    (TEXT, "identity search_text name lifecycle registration vendor model serial_number firmware_version boot_reason"),
    (TEXT, "ocpp_version status subprotocol remote_address close_reason"),
    (SMALL, "security_profile_floor security_profile security_profile_asked"),
    (BYTES, "credential_salt credential_digest credential_next_salt credential_next_digest"),
    (FLAG, "accepts_no_authorization accepts_direct_payment limits_due"),
    (MOMENT, "booted_at connected_at disconnected_at last_seen_at created_at"),
)
evse = make_table(
    "evse",
    (KEY, "key operator_key station_key version"),
    (UUID, "id"),
    (INT, "number"),
    (TEXT, "evse_id physical_reference charging_state meter_public_key"),
    (FLAG, "operative"),
    (MOMENT, "status_since"),
)
connector = make_table(
    "connector",
    (KEY, "key operator_key station_key evse_key max_power_w"),
    (UUID, "id"),
    (INT, "evse_number number max_voltage_v max_current_a"),
    (TEXT, "standard format power_type status error_code vendor_error_code"),
    (MOMENT, "status_since"),
)
token = make_table(
    "token",
    (KEY, "key operator_key driver_key account_key version"),
    (UUID, "id"),
    (TEXT, "uid type ocpp_type visual_number contract_id group_id blocked_reason search_text"),
    (TEXTS, "aliases allowed_energy_transfer"),
    (FLAG, "valid"),
    (MOMENT, "valid_from valid_until last_used_at created_at"),
)
token_name = make_table("token_name", (KEY, "operator_key token_key"), (TEXT, "name"))
tariff = make_table(
    "tariff",
    (KEY, "key operator_key hold_amount_minor version voucher_key"),
    (UUID, "id"),
    (TEXT, "code state currency"),
    (INT, "version_number"),
    (FLAG, "tax_included"),
    (OBJECT, "elements min_price max_price holidays discount"),
    (MOMENT, "valid_from retired_at created_at"),
)
tariff_assignment = make_table(
    "tariff_assignment",
    (KEY, "key operator_key location_key evse_key"),
    (UUID, "id"),
    (TEXT, "code token_group_id"),
    (MOMENT, "valid_from valid_until created_at"),
)
session = make_table(
    "session",
    (KEY, "key operator_key location_key station_key evse_key token_key energy_wh power_w"),
    (KEY, "driver_key account_key cost_centre_key"),
    (
        KEY,
        "meter_segment_first_wh meter_last_wh meter_settled_wh tariff_key quote_key cost_minor settled_energy_wh version",
    ),
    (UUID, "id"),
    (INT, "evse_number connector_number remote_start_id ended_seq_no started_seq_no"),
    (SMALL, "soc_percent"),
    (TEXT, "status origin transaction_id start_identity stop_identity token_uid charging_state stop_reason currency"),
    (OBJECT, "steps"),
    (TEXTS, "flags"),
    (
        MOMENT,
        "created_at reserved_at began_at start_deadline started_at ended_at settled_at meter_first_at meter_last_at meter_register_at",
    ),
)
command = make_table(
    "command",
    (KEY, "key operator_key station_key evse_key session_key version"),
    (UUID, "id gateway_id"),
    (
        TEXT,
        "action status effect answer_status answer_reason_code answer_additional_info answer_raw requested_by reason",
    ),
    (TEXT, "message_id failure"),
    (FLAG, "answer_accepted"),
    (OBJECT, "body"),
    (MOMENT, "created_at deadline queue_until effect_deadline sent_at answered_at"),
)
audit_entry = make_table(
    "audit_entry",
    (KEY, "key operator_key"),
    (TEXT, "actor action subject_kind reason"),
    (UUID, "subject_id"),
    (OBJECT, "before after"),
    (MOMENT, "at"),
)
connection_attempt = make_table(
    "connection_attempt",
    (KEY, "key operator_key station_key"),
    (TEXT, "path identity remote_address result hint"),
    (TEXTS, "offered_subprotocols"),
    (MOMENT, "at"),
)
reading = make_table(
    "reading",
    (Date(), "received_day"),
    (KEY, "operator_key session_key station_key energy_wh power_w"),
    (INT, "evse_number"),
    (INTS, "current_ma voltage_mv"),
    (SMALL, "soc_percent"),
    (TEXT, "context"),
    (FLAG, "suspect"),
    (MOMENT, "at received_at"),
)
frame = make_table(
    "frame",
    (Date(), "received_day"),
    (KEY, "key operator_key station_key session_key command_key"),
    (TEXT, "message_id action raw"),
    (TEXTS, "problems"),
    (INT, "took_ms"),
    (FLAG, "inbound"),
    (MOMENT, "at"),
)
authorisation = make_table(
    "authorisation",
    (Date(), "received_day"),
    (KEY, "key operator_key location_key station_key token_key"),
    (TEXT, "presented_uid decision rule source"),
    (INT, "took_ms"),
    (MOMENT, "at"),
)
event_log = make_table(
    "event_log",
    (Date(), "received_day"),
    (KEY, "key operator_key location_key"),
    (TEXT, "type subject_kind"),
    (UUID, "subject_id"),
    (OBJECT, "data"),
    (MOMENT, "occurred_at received_at"),
)
