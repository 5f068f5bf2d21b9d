"""The tables of vouchers, as SQLAlchemy sees them."""

from app.store.tables import KEY, KEYS, MOMENT, TEXT, UUID, make_table

voucher = make_table(
    "voucher",
    (KEY, "key operator_key worth uses_max uses_each_max"),
    (KEYS, "location_keys"),
    (UUID, "id"),
    (TEXT, "code kind currency"),
    (MOMENT, "valid_from valid_until retired_at created_at"),
)
voucher_use = make_table(
    "voucher_use",
    (KEY, "key operator_key voucher_key hold_key"),
    (TEXT, "payer"),
    (MOMENT, "used_at given_back_at"),
)
