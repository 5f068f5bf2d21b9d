"""The table of what variables are to be, as SQLAlchemy sees it."""

from sqlalchemy import Integer

from app.store.tables import FLAG, INT, KEY, MOMENT, TEXT, make_table

desired_variable = make_table(
    "desired_variable",
    (KEY, "key operator_key station_key"),
    (TEXT, "component component_instance variable instance attribute value state said"),
    (Integer(), "evse connector"),
    (FLAG, "is_due"),
    (INT, "attempts forgotten"),
    (MOMENT, "set_at tried_at asked_at"),
    (KEY, "asked_key"),
)
