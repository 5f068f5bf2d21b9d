"""The tables of holds on cards, as SQLAlchemy sees them."""

from app.store.tables import BYTES, FLAG, INT, KEY, MOMENT, TEXT, UUID, make_table

payment_account = make_table(
    "payment_account",
    (KEY, "key operator_key fee_fixed_minor version"),
    (UUID, "id"),
    (INT, "fee_basis_points"),
    (TEXT, "account status"),
    (MOMENT, "created_at"),
)
hold = make_table(
    "hold",
    (
        KEY,
        "key operator_key location_key station_key evse_key session_key session_version quote_key driver_key version",
    ),
    (KEY, "target_energy_wh target_cost_minor"),
    (INT, "target_soc_percent target_duration_s"),
    (KEY, "wanted_minor held_minor captured_minor refunded_minor fee_minor debt_minor waived_minor"),
    (UUID, "id"),
    (TEXT, "currency way status account reference checkout_reference checkout_url client_secret return_url contact"),
    (TEXT, "customer payment_method reader card_fingerprint release_wanted failure created_by"),
    (FLAG, "provisional may_increment increment_refused look"),
    (MOMENT, "capture_before held_at pay_by attempted_at warned_at lowered_at stop_asked_at moved_at created_at"),
)
refund = make_table(
    "refund",
    (KEY, "key operator_key hold_key amount_minor"),
    (UUID, "id"),
    (TEXT, "reason status reference failure created_by"),
    (MOMENT, "created_at"),
)
payment_call = make_table(
    "payment_call",
    (KEY, "key operator_key hold_key amount_minor fee_minor waived_minor refund_key"),
    (INT, "generation attempts"),
    (TEXT, "deed idempotency_key reason state result last_error"),
    (FLAG, "provisional"),
    (MOMENT, "created_at ended_at"),
)
payment_event = make_table(
    "payment_event",
    (KEY, "key operator_key"),
    (UUID, "hold_id"),
    (TEXT, "account event_id type object_kind object_id state"),
    (MOMENT, "created_at received_at"),
)
card_reader = make_table(
    "card_reader",
    (KEY, "key operator_key location_key"),
    (UUID, "id"),
    (TEXT, "account reference label"),
    (MOMENT, "created_at"),
)
guest_access = make_table(
    "guest_access",
    (KEY, "key operator_key hold_key"),
    (UUID, "id"),
    (BYTES, "secret_digest"),
    (FLAG, "mailed"),
    (MOMENT, "created_at heard_at"),
)
