"""The tables of drivers and accounts, as SQLAlchemy sees them."""

from app.store.tables import FLAG, INT, KEY, MOMENT, TEXT, TEXTS, UUID, make_table

driver = make_table(
    "driver",
    (KEY, "key operator_key version"),
    (UUID, "id"),
    (TEXT, "name email phone locale search_text"),
    (INT, "session_epoch"),
    (MOMENT, "erased_at created_at"),
)
account = make_table(
    "account",
    (KEY, "key operator_key balance_minor version"),
    (UUID, "id"),
    (TEXT, "kind name legal_name vat_number country time_zone currency status search_text"),
    (TEXTS, "address_lines"),
    (FLAG, "prepaid"),
    (MOMENT, "created_at"),
)
cost_centre = make_table("cost_centre", (KEY, "key operator_key account_key"), (TEXT, "name"))
account_member = make_table(
    "account_member",
    (KEY, "key operator_key account_key driver_key cost_centre_key"),
    (TEXT, "role"),
    (MOMENT, "since"),
)
account_limit = make_table(
    "account_limit",
    (KEY, "key operator_key account_key driver_key cost_centre_key location_key most"),
    (UUID, "id"),
    (TEXT, "what per"),
)
account_entry = make_table(
    "account_entry",
    (KEY, "key operator_key account_key amount_minor session_key"),
    (UUID, "id"),
    (TEXT, "kind reason created_by"),
    (MOMENT, "created_at"),
)
driver_code = make_table(
    "driver_code",
    (KEY, "key operator_key"),
    (UUID, "id"),
    (TEXT, "contact"),
    (INT, "tries"),
    (FLAG, "used"),
    (MOMENT, "asked_at expires_at"),
)
driver_session = make_table(
    "driver_session",
    (KEY, "key operator_key driver_key"),
    (UUID, "id"),
    (INT, "turn"),
    (MOMENT, "created_at expires_at ended_at"),
)
