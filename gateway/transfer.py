"""DataTransfer's free payload: JSON text on our side, whatever the version allows on the wire."""

import orjson


def transfer_value(data: str) -> object:
    """The value that JSON text spells; text that is no JSON stands for itself."""
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data
    return value
