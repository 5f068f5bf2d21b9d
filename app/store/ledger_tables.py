"""The tables of the ledger, as SQLAlchemy sees them."""

from app.store.tables import INT, KEY, MOMENT, TEXT, UUID, make_table

ledger_posting = make_table(
    "ledger_posting",
    (KEY, "key operator_key cause_key session_key"),
    (UUID, "id"),
    (INT, "turn"),
    (TEXT, "currency cause"),
    (MOMENT, "at"),
)
ledger_line = make_table("ledger_line", (KEY, "operator_key posting_key amount_minor"), (TEXT, "book"))
