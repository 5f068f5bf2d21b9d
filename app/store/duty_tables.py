"""What is still owed, as SQLAlchemy sees it."""

from app.store.tables import INT, KEY, MOMENT, TEXT, UUID, make_table

duty = make_table(
    "duty",
    (KEY, "key operator_key station_key session_key hold_key code_key payment_method_key letter_key"),
    (UUID, "id"),
    (TEXT, "kind state last_error"),
    (INT, "attempts wakes"),
    (MOMENT, "due_at done_at leased_until created_at"),
)
