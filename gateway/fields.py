"""Taking fields out of a payload whose present fields have their schema's types."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ocpp.v16.enums import Measurand

from app.domain.meter import ENERGY_REGISTER, ReadingContext, Sample
from gateway.limits import TOLERATED_TEXT

_EMPTY: Mapping[str, Any] = {}
# OCPP integers are 32 bit; what is beyond comes from uninitialised memory and fits no column.
_INT32 = 2**31
_PERIODIC = ReadingContext.PERIODIC.value


def text(payload: Mapping[str, object], name: str) -> str | None:
    """A text, None when absent or empty (2.x: empty fields must be omitted; 1.6 chargers send them)."""
    value = payload.get(name)
    return value[:TOLERATED_TEXT] if isinstance(value, str) and value else None


def long_text(payload: Mapping[str, object], name: str, most: int) -> str | None:
    """A text that may be long (a certificate, a URL, EXI); None when absent, empty or longer than ``most``."""
    value = payload.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= most else None


def whole(payload: Mapping[str, object], name: str) -> int | None:
    """A 32-bit integer, None when absent or out of range."""
    value = payload.get(name)
    return value if isinstance(value, int) and -_INT32 <= value < _INT32 else None


def register(payload: Mapping[str, object], name: str) -> int | None:
    """A meter register in Wh; negative means "unknown" to those who send it (meterStop -1)."""
    value = payload.get(name)
    return value if isinstance(value, int) and 0 <= value < 10**15 else None


def positive(payload: Mapping[str, object], name: str) -> int | None:
    """A number that counts from 1; 0 and below are how stations write "none"."""
    value = whole(payload, name)
    return value if value is not None and value > 0 else None


def part(payload: Mapping[str, object], name: str) -> Mapping[str, Any]:
    """A nested object, empty when absent."""
    value = payload.get(name)
    return value if isinstance(value, dict) else _EMPTY


def parts(payload: Mapping[str, object], name: str) -> list[dict[str, Any]]:
    """The objects of an array, none when absent. Their fields have been checked, so they are Any and not object."""
    value = payload.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


_UNITS = frozenset({"Wh", "kWh", "W", "kW", "A", "V", "Percent"})
_UNIT_SPELLINGS = {unit.lower(): unit for unit in _UNITS} | {"%": "Percent", "ma": "mA", "mv": "mV"}
# Units that are a known one times a power of ten; the multiplier speaks OCPP 2.x's language.
_SCALED_UNITS = {"mA": ("A", -3), "mV": ("V", -3)}
_LINES = frozenset({"L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"})
# What needs no second look; everything else takes the slower road.
_PLAIN_UNITS = _UNITS | {None}
_PLAIN_MEASURANDS = frozenset(measurand.value for measurand in Measurand)


def sample(raw: Mapping[str, Any], unit: str | None, multiplier: int) -> Sample:
    """One SampledValue in neutral form with OCPP's defaults, and the spellings seen in the field made regular.

    A phase written into the measurand (``Current.Import.L1``) moves to its place; units in another case are read.
    Present fields have their schema's types, so none is asked again: this is the gateway's hottest function.
    """
    get = raw.get
    measurand = get("measurand") or ENERGY_REGISTER
    phase = get("phase")
    if unit not in _PLAIN_UNITS or measurand not in _PLAIN_MEASURANDS:
        measurand, phase, unit, multiplier = _regular(measurand, phase, unit, multiplier)
    return (
        measurand,
        phase,
        get("context") or _PERIODIC,
        get("location") or "Outlet",
        unit,
        multiplier,
        get("value", ""),
    )


def _regular(
    measurand: str, phase: str | None, unit: str | None, multiplier: int
) -> tuple[str, str | None, str | None, int]:
    if unit is not None and unit not in _UNITS:
        unit = _UNIT_SPELLINGS.get(unit.strip().lower(), unit) or None
        if unit in _SCALED_UNITS:
            unit, exponent = _SCALED_UNITS[unit]
            multiplier += exponent
    stem, _, suffix = measurand.rpartition(".")
    if suffix in _LINES:
        measurand, phase = stem, phase or suffix
    return measurand, phase, unit, multiplier


def utc_text(at: datetime) -> str:
    """RFC 3339 with milliseconds and Z: what every charger's parser has seen before."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
