"""The tables of bills and documents, as SQLAlchemy sees them."""

from sqlalchemy import Date, Numeric

from app.store.tables import FLAG, INT, KEY, MOMENT, OBJECT, TEXT, TEXTS, UUID, make_table

cdr = make_table(
    "cdr",
    (KEY, "key operator_key location_key session_key tariff_key credit_of energy_wh"),
    (KEY, "before_taxes_minor tax_minor total_minor"),
    (UUID, "id"),
    (INT, "revision"),
    (FLAG, "energy_said"),
    (TEXT, "reason currency exact_before_taxes exact_total note"),
    (MOMENT, "started_at ended_at issued_at"),
    (OBJECT, "lines"),
)
tax_rate = make_table(
    "tax_rate",
    (KEY, "key operator_key"),
    (TEXT, "country region name set_by"),
    (Numeric(), "percent"),
    (Date(), "valid_from"),
    (MOMENT, "set_at"),
)
exchange_rate = make_table(
    "exchange_rate",
    (KEY, "key operator_key"),
    (TEXT, "currency own_currency set_by"),
    (Numeric(), "rate"),
    (Date(), "day"),
    (MOMENT, "set_at"),
)
operator_legal = make_table("operator_legal", (KEY, "operator_key version"), (OBJECT, "data"), (MOMENT, "set_at"))
document_series = make_table("document_series", (KEY, "operator_key"), (TEXT, "series"), (INT, "taken"))
document = make_table(
    "document",
    (KEY, "key operator_key location_key session_key hold_key account_key credit_of net_minor tax_minor total_minor"),
    (UUID, "id"),
    (INT, "sequence"),
    (TEXT, "kind series number currency created_by"),
    (TEXTS, "notes"),
    (MOMENT, "issued_at supply_from supply_to"),
    (OBJECT, "seller buyer lines taxes own_tax"),
)
document_cdr = make_table("document_cdr", (KEY, "operator_key document_key cdr_key total_minor"))
document_wait = make_table(
    "document_wait", (KEY, "session_key operator_key"), (TEXT, "code message"), (MOMENT, "since")
)
