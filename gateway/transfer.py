"""Free payloads: JSON text on our side, whatever the version allows on the wire."""

import orjson

from gateway.dialect import Inexpressible, Payload


def transfer_value(data: str) -> object:
    """The value that JSON text spells; text that is no JSON stands for itself."""
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data
    return value


def raw_payload(text: str) -> Payload:
    """A JSON object. Raises `Inexpressible` for anything else."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Inexpressible("the payload is no JSON object")
    return value
