"""The tables of what sessions cost, as SQLAlchemy sees them."""

from app.store.tables import INT, KEY, MOMENT, TEXT, UUID, make_table

session_activity = make_table("session_activity", (KEY, "operator_key session_key"), (TEXT, "state"), (MOMENT, "at"))
quote = make_table(
    "quote",
    (KEY, "key operator_key location_key evse_key tariff_key token_key energy_wh total_minor hold_minor"),
    (UUID, "id"),
    (INT, "minutes"),
    (TEXT, "token_group_id"),
    (MOMENT, "starts_at created_at valid_until"),
)
