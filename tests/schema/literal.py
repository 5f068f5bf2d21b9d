"""A domain value as the GraphQL literal of the input made from it."""

from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

import orjson

from gateway.ocpp2.wire import camel


def literal(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Decimal):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if is_dataclass(value):
        parts = ((entry.name, getattr(value, entry.name)) for entry in fields(value))
        return "{" + ", ".join(f"{camel(name)}: {literal(item)}" for name, item in parts if item is not None) + "}"
    return orjson.dumps(value.isoformat() if isinstance(value, datetime) else value).decode()
