"""The tables of the provider's own books, as SQLAlchemy sees them."""

from app.store.tables import FLAG, INT, KEY, MOMENT, TEXT, UUID, make_table

payout = make_table(
    "payout",
    (KEY, "key operator_key amount_minor version"),
    (UUID, "id"),
    (TEXT, "account reference currency status failure"),
    (FLAG, "automatic complete lines_read"),
    (MOMENT, "created_at arrives_at"),
)
payout_line = make_table(
    "payout_line",
    (KEY, "key operator_key amount_minor fee_minor application_fee_minor payout_key"),
    (UUID, "id"),
    (TEXT, "account reference kind currency source intent"),
    (MOMENT, "at"),
)
payout_line_booking = make_table(
    "payout_line_booking",
    (KEY, "payout_line_key operator_key amount_minor"),
    (TEXT, "booked_by"),
    (MOMENT, "booked_at"),
)
balance_reading = make_table(
    "balance_reading",
    (KEY, "operator_key"),
    (TEXT, "account after last_error"),
    (FLAG, "shared"),
    (MOMENT, "read_until window_end due_at"),
)
dispute = make_table(
    "dispute",
    (KEY, "key operator_key hold_key amount_minor version"),
    (UUID, "id"),
    (INT, "attempts"),
    (TEXT, "account reference currency status reason wish failure"),
    (MOMENT, "evidence_due_by created_at submitted_at"),
)
dispute_watch = make_table("dispute_watch", (KEY, "hold_key operator_key"), (MOMENT, "due_at"))
