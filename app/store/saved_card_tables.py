"""The table of saved cards, as SQLAlchemy sees it."""

from app.store.tables import FLAG, KEY, MOMENT, TEXT, UUID, make_table

payment_method = make_table(
    "payment_method",
    (KEY, "key operator_key driver_key version"),
    (UUID, "id"),
    (TEXT, "account state return_url reference url customer payment_method brand last_four"),
    (FLAG, "preferred"),
    (MOMENT, "offered_until created_at saved_at"),
)
