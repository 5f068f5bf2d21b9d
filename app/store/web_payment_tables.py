"""The table of how stations make codes for paying on the web, as SQLAlchemy sees it."""

from app.store.tables import INT, KEY, MOMENT, TEXT, make_table

web_payment = make_table(
    "web_payment",
    (KEY, "station_key operator_key"),
    (TEXT, "url_template shared_secret"),
    (INT, "validity_s length failures"),
    (MOMENT, "set_at failures_since"),
)
