"""What a request carries that the journal must not: passwords are written there as three asterisks."""

from collections.abc import Mapping
from typing import Any

from gateway.dialect import Payload

HIDDEN = "***"
_SECRET_VARIABLES = frozenset({"BasicAuthPassword", "SharedSecret"})
_SECRET_KEYS = frozenset({"AuthorizationKey"})
_SECRET_FIELDS = frozenset({"basicAuthPassword", "apnPassword", "simPin", "password", "key"})


def concealed(action: str, payload: Payload) -> Payload | None:
    """The payload as it may be read later; None when there is nothing to hide."""
    if action == "SetVariables":
        return _variables(payload)
    if action == "ChangeConfiguration" and payload.get("key") in _SECRET_KEYS:
        return {**payload, "value": HIDDEN}
    if action == "SetNetworkProfile":
        return _fields(payload)
    return None


def _variables(payload: Payload) -> Payload | None:
    data = payload.get("setVariableData")
    entries: list[Mapping[str, Any]] = data if isinstance(data, list) else []
    if not any(entry["variable"]["name"] in _SECRET_VARIABLES for entry in entries):
        return None
    shown = [
        {**entry, "attributeValue": HIDDEN} if entry["variable"]["name"] in _SECRET_VARIABLES else entry
        for entry in entries
    ]
    return {**payload, "setVariableData": shown}


def _fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: HIDDEN
        if name in _SECRET_FIELDS and isinstance(value, str)
        else _fields(value)
        if isinstance(value, Mapping)
        else value
        for name, value in payload.items()
    }
