"""Taking signed meter values out of messages as they are: what was signed must stay what it was, to the byte."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from app.domain.meter import ENERGY_REGISTER, ReadingContext
from app.domain.signed_meter import DATA_MAX, SignedValue
from gateway.tolerance import Problems

_OCMF = "OCMF"


def signed_value(
    entry: Mapping[str, Any], said: Mapping[str, Any], at: datetime, problems: Problems
) -> list[SignedValue]:
    """The value that ``said`` (OCPP's SignedMeterValueType) carries in a sample; none when it is empty or too long."""
    data = said.get("signedMeterData")
    if not isinstance(data, str) or not data:
        return []
    if len(data) > DATA_MAX:
        problems.note("BAD_READING: signed meter data is too long and kept in the frame only")
        return []
    key, method = said.get("publicKey"), said.get("encodingMethod")
    return [
        SignedValue(
            at=at,
            context=entry.get("context") or ReadingContext.PERIODIC.value,
            measurand=entry.get("measurand") or ENERGY_REGISTER,
            format=method if isinstance(method, str) else "",
            data=data,
            public_key=key[:DATA_MAX].replace("\x00", "") or None if isinstance(key, str) else None,
        )
    ]


def signed_text(entry: Mapping[str, Any], at: datetime, problems: Problems) -> list[SignedValue]:
    """A 1.6 sample of format SignedData: its value is the signed text itself, or a SignedMeterValueType as JSON."""
    value = entry.get("value")
    if not isinstance(value, str):
        return []
    try:
        said = orjson.loads(value)
    except orjson.JSONDecodeError:
        said = None
    wrapped = isinstance(said, dict) and isinstance(said.get("signedMeterData"), str)
    method = _OCMF if value.startswith(f"{_OCMF}|") else None  # it says so itself
    bare = {"signedMeterData": value, "encodingMethod": method}
    return signed_value(entry, said if wrapped else bare, at, problems)
