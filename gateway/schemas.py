"""The JSON schemas shipped with the `ocpp` package, compiled on first use and kept."""

from enum import Enum
from functools import cache
from importlib.resources import files

import orjson
from jsonschema_rs import Draft4Validator

from app.domain.station import OcppVersion

_FOLDERS = {OcppVersion.V16: "ocpp.v16", OcppVersion.V201: "ocpp.v201", OcppVersion.V21: "ocpp.v21"}
_REQUEST_SUFFIX = {OcppVersion.V16: "", OcppVersion.V201: "Request", OcppVersion.V21: "Request"}
_BOM = b"\xef\xbb\xbf"


class Direction(Enum):
    """Which of an action's two payloads, or the only one of a message that is never answered."""

    REQUEST = "request"
    RESPONSE = "response"
    SEND = "send"


@cache
def known_actions(version: OcppVersion) -> frozenset[str]:
    """Every action of a version that has a response: "recognised" in the words of its error codes."""
    names = (entry.name for entry in (files(_FOLDERS[version]) / "schemas").iterdir())
    return frozenset(name.removesuffix("Response.json") for name in names if name.endswith("Response.json"))


@cache
def validator(version: OcppVersion, action: str, direction: Direction) -> Draft4Validator:
    """Draft 4 without format checks (dates are read leniently elsewhere). Raises FileNotFoundError for no such action.

    Draft 4 and 6 differ for these schemas only in whether 1.0 is an integer; the repair reads it as one.
    """
    suffix = {Direction.REQUEST: _REQUEST_SUFFIX[version], Direction.RESPONSE: "Response", Direction.SEND: ""}[
        direction
    ]
    raw = (files(_FOLDERS[version]) / "schemas" / f"{action}{suffix}.json").read_bytes()
    return Draft4Validator(orjson.loads(raw.removeprefix(_BOM)), validate_formats=False)
