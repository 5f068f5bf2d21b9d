"""The tables of what is known about transactions' records, as SQLAlchemy sees them."""

from app.store.tables import FLAG, KEY, MOMENT, make_table

transaction_status = make_table(
    "transaction_status",
    (KEY, "session_key operator_key station_key"),
    (FLAG, "ongoing messages_in_queue"),
    (MOMENT, "answered_at"),
)
