"""The table of what stations do beyond the standard."""

from app.store.tables import KEY, MOMENT, TEXT, make_table

station_quirk = make_table(
    "station_quirk",
    (KEY, "operator_key station_key repairs"),
    (TEXT, "code"),
    (MOMENT, "pinned_at last_at"),
)
