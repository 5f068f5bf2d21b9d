"""The tables of the ledger, as SQLAlchemy sees them."""

from sqlalchemy import Date

from app.store.tables import FLAG, INT, KEY, MOMENT, TEXT, UUID, make_table

ledger_posting = make_table(
    "ledger_posting",
    (KEY, "key operator_key cause_key session_key"),
    (UUID, "id"),
    (INT, "turn"),
    (TEXT, "currency cause"),
    (MOMENT, "at"),
)
ledger_line = make_table("ledger_line", (KEY, "operator_key posting_key amount_minor"), (TEXT, "book"))
mismatch = make_table(
    "mismatch",
    (KEY, "key operator_key session_key hold_key payout_line_key expected found version"),
    (UUID, "id"),
    (Date(), "day"),
    (FLAG, "accepted"),
    (TEXT, "cause currency resolved_by reason"),
    (MOMENT, "found_at last_found_at resolved_at"),
)
reconciliation_run = make_table("reconciliation_run", (KEY, "operator_key"), (Date(), "day"), (MOMENT, "ran_at"))
