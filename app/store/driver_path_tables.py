"""Letters to drivers without an account, as SQLAlchemy sees them."""

from app.store.tables import KEY, MOMENT, TEXT, UUID, make_table

guest_letter = make_table(
    "guest_letter",
    (KEY, "key operator_key hold_key"),
    (UUID, "id"),
    (TEXT, "kind"),
    (MOMENT, "asked_at"),
)
