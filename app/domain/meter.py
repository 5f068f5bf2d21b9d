"""Energy truth: what a meter said, and how much energy that proves.

Stations send samples (OCPP SampledValue); one `Reading` holds what one moment's samples said in one unit each.
Energy is a fold over a session's distinct readings in time order, so duplicates and disorder cannot change it.
"""

import math
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

# (measurand, phase, context, location, unit, multiplier, value): neutral between OCPP versions, cheap to build.
Sample = tuple[str, str | None, str, str, str | None, int, str | float | int]

ENERGY_REGISTER = "Energy.Active.Import.Register"
_LINE_INDEX = {"L1": 0, "L2": 1, "L3": 2, "L1-N": 0, "L2-N": 1, "L3-N": 2, "L1-L2": 0, "L2-L3": 1, "L3-L1": 2}
_Lines = tuple[int | None, int | None, int | None]


class _Channel(NamedTuple):
    """Where a measurand goes, its factor (also by unit, if it has several), and what no meter can mean."""

    slot: str
    factor: float
    by_unit: dict[str | None, float] | None
    largest: float
    summed: bool = False  # phases add up to a total
    anywhere: bool = False  # the state of charge is measured in the car


_CHANNELS = {
    ENERGY_REGISTER: _Channel("energy", 1.0, {"kWh": 1000.0}, 1e12, summed=True),
    "Power.Active.Import": _Channel("power", 1.0, {"kW": 1000.0}, 1e9, summed=True),
    "Current.Import": _Channel("current", 1000.0, None, 1e8),
    "Voltage": _Channel("voltage", 1000.0, None, 1e8),
    "SoC": _Channel("soc", 1.0, None, 100.0, anywhere=True),
}


class ReadingContext(StrEnum):
    """OCPP ReadingContextEnumType; the only part of it that changes what we do."""

    BEGIN = "Transaction.Begin"
    END = "Transaction.End"
    PERIODIC = "Sample.Periodic"


class Reading(NamedTuple):
    """One moment of one meter. Whole Wh, W, mA, mV and percent; None where the station said nothing."""

    at: datetime
    energy_wh: int | None = None
    power_w: int | None = None
    current_ma: _Lines | None = None
    voltage_mv: _Lines | None = None
    soc_percent: int | None = None
    context: str = ReadingContext.PERIODIC
    suspect: bool = False


def reading(at: datetime, samples: Iterable[Sample]) -> tuple[Reading, tuple[str, ...]]:
    """Folds one MeterValue's samples into a reading, and names what could not be understood.

    Per-phase energy and power are summed when no total is given; an empty or non-numeric value is missing, never 0.
    Only what is measured at the outlet counts as delivered; a value on the neutral line alone says nothing.
    """
    problems: list[str] = []
    totals: dict[str, float] = {}
    lines: dict[str, dict[int, float]] = {}
    context = ReadingContext.PERIODIC.value
    for measurand, phase, sample_context, location, unit, multiplier, raw in samples:
        channel = _CHANNELS.get(measurand)
        if channel is None:
            continue
        slot, factor, by_unit, largest, summed, anywhere = channel
        if location != "Outlet" and not anywhere:
            continue
        context = sample_context
        if by_unit is not None:
            factor = by_unit.get(unit, factor)
        try:
            value = float(raw) * factor
        except (TypeError, ValueError):
            value = _with_comma(raw) * factor
        if multiplier:  # beyond 12 digits it is a mistake
            value *= 10.0 ** max(-12, min(12, multiplier))
        if not -largest <= value <= largest:  # also false for what is not a number
            problems.append(f"BAD_READING: {measurand} {str(raw)[:20]!r} is no plausible number")
            continue
        if type(raw) is str and "," in raw:
            problems.append(f"DECIMAL_COMMA: {measurand} {raw[:20]!r} read as {value:g}")
        line = None if phase is None else _LINE_INDEX.get(phase)
        if line is not None:
            lines.setdefault(slot, {})[line] = value
        elif phase is None or summed:
            totals[slot] = value
    soc = totals.get("soc")
    return (
        Reading(
            at,
            _total("energy", totals, lines),
            _total("power", totals, lines),
            _by_line("current", totals, lines),
            _by_line("voltage", totals, lines),
            None if soc is None or soc < 0 else round(soc),
            context,
        ),
        tuple(problems),
    )


# Three digits after a comma may be thousands as well as thousandths: nobody is billed on a guess.
_DECIMAL_COMMA = re.compile(r"\s*([+-]?\d+),(\d{1,2}|\d{4,9})\s*")


def _with_comma(raw: object) -> float:
    found = _DECIMAL_COMMA.fullmatch(raw) if isinstance(raw, str) else None
    return math.nan if found is None else float(f"{found[1]}.{found[2]}")


def _total(slot: str, totals: dict[str, float], lines: dict[str, dict[int, float]]) -> int | None:
    if slot in totals:
        return round(totals[slot])
    return round(sum(lines[slot].values())) if slot in lines else None


def _by_line(slot: str, totals: dict[str, float], lines: dict[str, dict[int, float]]) -> _Lines | None:
    found = lines.get(slot) or ({0: totals[slot]} if slot in totals else None)
    if found is None:
        return None
    first, second, third = found.get(0), found.get(1), found.get(2)
    return (
        None if first is None else round(first),
        None if second is None else round(second),
        None if third is None else round(third),
    )


class MeterState(NamedTuple):
    """How far the fold over a session's readings has come.

    ``segment_first_wh`` is the register where the current unbroken run began; ``settled_wh`` what earlier runs proved.
    """

    first_at: datetime | None = None
    last_at: datetime | None = None
    register_at: datetime | None = None
    segment_first_wh: int | None = None
    last_wh: int | None = None
    settled_wh: int = 0
    power_w: int | None = None
    soc_percent: int | None = None

    @property
    def energy_wh(self) -> int:
        if self.last_wh is None or self.segment_first_wh is None:
            return self.settled_wh
        return self.settled_wh + self.last_wh - self.segment_first_wh


class MeterFlag(StrEnum):
    """Why a person should look before this session is believed."""

    ENERGY_RESET = "ENERGY_RESET"
    ENERGY_JUMP = "ENERGY_JUMP"


# A register may run ahead of the nameplate: readings are taken at slightly different moments than they are stamped.
_JUMP_MARGIN = 1.5
_JUMP_ALLOWANCE_WH = 2_000
_LARGEST_STEP_WH = 100_000
_UNKNOWN_MAX_POWER_W = 1_000_000


def advance(state: MeterState, value: Reading, *, max_power_w: int) -> tuple[MeterState, Reading, MeterFlag | None]:
    """One step of the fold; ``value.at`` must not be before ``state.last_at``.

    A register that falls opens a new segment, and so does one that leaps by more than any car takes: the step across
    the break is not counted. A smaller step that is faster than the EVSE can deliver counts, because clocks are worse
    than meters, but nothing is settled before a person has looked. Energy is never negative.
    """
    flag = None
    segment_first, last, settled = state.segment_first_wh, state.last_wh, state.settled_wh
    register_at = state.register_at
    wh = value.energy_wh
    if wh is not None and wh >= 0:
        if last is None or segment_first is None:
            segment_first = wh
        else:
            seconds = (value.at - state.register_at).total_seconds() if state.register_at else 0.0
            ceiling = (max_power_w or _UNKNOWN_MAX_POWER_W) * _JUMP_MARGIN * seconds / 3600 + _JUMP_ALLOWANCE_WH
            if wh < last:
                flag = MeterFlag.ENERGY_RESET
            elif wh - last > ceiling:
                flag = MeterFlag.ENERGY_JUMP
            if wh < last or (flag is not None and wh - last > _LARGEST_STEP_WH):
                settled += last - segment_first
                segment_first = wh
        last = wh
        register_at = value.at
    return (
        MeterState(
            first_at=state.first_at or value.at,
            last_at=value.at,
            register_at=register_at,
            segment_first_wh=segment_first,
            last_wh=last,
            settled_wh=settled,
            power_w=value.power_w if value.power_w is not None else state.power_w,
            soc_percent=value.soc_percent if value.soc_percent is not None else state.soc_percent,
        ),
        value if flag is None else value._replace(suspect=True),
        flag,
    )


_CONTEXT_ORDER = {ReadingContext.BEGIN.value: 0, ReadingContext.END.value: 2}


def in_order(readings: Iterable[Reading]) -> list[Reading]:
    """Distinct readings in the order they count: by time, the begin first and the end last within one moment."""
    readings = list(readings)
    if len(readings) < 2:
        return readings
    distinct = {
        (value.at, value.context, value.energy_wh, value.power_w, value.soc_percent): value for value in readings
    }
    return sorted(
        distinct.values(),
        key=lambda value: (value.at, _CONTEXT_ORDER.get(value.context, 1), value.energy_wh or 0),
    )


def fold(readings: Iterable[Reading], *, max_power_w: int) -> tuple[MeterState, list[Reading], set[MeterFlag]]:
    """The whole fold from nothing: the definition that the step-by-step path must agree with."""
    state = MeterState()
    seen: list[Reading] = []
    flags: set[MeterFlag] = set()
    for value in in_order(readings):
        state, kept, flag = advance(state, value, max_power_w=max_power_w)
        seen.append(kept)
        if flag is not None:
            flags.add(flag)
    return state, seen, flags
