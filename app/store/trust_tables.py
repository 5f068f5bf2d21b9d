"""The tables of certificates, security events, firmware, logs and signed readings."""

from app.store.tables import BYTES, FLAG, INT, KEY, MOMENT, TEXT, TEXTS, UUID, make_table

station_certificate = make_table(
    "station_certificate",
    (KEY, "key operator_key station_key"),
    (TEXT, "origin use serial_number issuer_key_hash issuer_name_hash hash_algorithm fingerprint common_name"),
    (MOMENT, "not_before not_after since revoked_at"),
)
certificate_signing = make_table(
    "certificate_signing",
    (KEY, "key operator_key station_key"),
    (UUID, "id"),
    (TEXT, "use csr state reason fingerprint"),
    (INT, "request_id"),
    (MOMENT, "asked_at ended_at"),
)
security_event = make_table(
    "security_event",
    (KEY, "key operator_key location_key station_key"),
    (UUID, "id"),
    (TEXT, "kind tech_info"),
    (FLAG, "critical"),
    (MOMENT, "occurred_at received_at"),
)
firmware_update = make_table(
    "firmware_update",
    (KEY, "key operator_key station_key"),
    (UUID, "id"),
    (INT, "request_id"),
    (FLAG, "publishing"),
    (TEXT, "location status"),
    (TEXTS, "published_at_urls"),
    (MOMENT, "status_at began_at"),
)
station_log = make_table(
    "station_log",
    (KEY, "key operator_key station_key file_bytes"),
    (UUID, "id"),
    (INT, "request_id"),
    (TEXT, "kind status file_name file_sha256"),
    (BYTES, "upload_digest"),
    (MOMENT, "status_at asked_at upload_until received_at"),
)
signed_reading = make_table(
    "signed_reading",
    (KEY, "key operator_key station_key session_key"),
    (TEXT, "context measurand format public_key verification checked_with"),
    (BYTES, "data"),
    (MOMENT, "at received_at"),
)
