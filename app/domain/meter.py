"""Energy truth: what a meter said, and how much energy that proves.

Stations send samples (OCPP SampledValue); one `Reading` holds what one moment's samples said in one unit each.
Energy is a fold over a session's distinct readings in time order, so duplicates and disorder cannot change it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

# (measurand, phase, context, location, unit, multiplier, value): neutral between OCPP versions, cheap to build.
Sample = tuple[str, str | None, str, str, str | None, int, str | float | int]

ENERGY_REGISTER = "Energy.Active.Import.Register"
_LINE_INDEX = {"L1": 0, "L2": 1, "L3": 2, "L1-N": 0, "L2-N": 1, "L3-N": 2, "L1-L2": 0, "L2-L3": 1, "L3-L1": 2}
_MILLI = 1000.0
_UNIT_FACTOR = {"kWh": 1000.0, "Wh": 1.0, "kW": 1000.0, "W": 1.0, "A": _MILLI, "V": _MILLI, "Percent": 1.0}


class ReadingContext(StrEnum):
    """OCPP ReadingContextEnumType; the only part of it that changes what we do."""

    BEGIN = "Transaction.Begin"
    END = "Transaction.End"
    PERIODIC = "Sample.Periodic"


@dataclass(frozen=True, slots=True)
class Reading:
    """One moment of one meter. Whole Wh, W, mA, mV and percent; None where the station said nothing."""

    at: datetime
    energy_wh: int | None = None
    power_w: int | None = None
    current_ma: tuple[int | None, int | None, int | None] | None = None
    voltage_mv: tuple[int | None, int | None, int | None] | None = None
    soc_percent: int | None = None
    context: str = ReadingContext.PERIODIC
    suspect: bool = False


def reading(at: datetime, samples: Iterable[Sample]) -> tuple[Reading, tuple[str, ...]]:
    """Folds one MeterValue's samples into a reading, and names what could not be understood.

    Per-phase energy and power are summed when no total is given; an empty or non-numeric value is missing, never 0.
    Outlet samples win; samples at the Cable, EV, Inlet or Body never count as energy delivered.
    """
    problems: list[str] = []
    energy = power = soc = None
    energy_phases = power_phases = 0.0
    has_energy_phases = has_power_phases = False
    current: list[int | None] | None = None
    voltage: list[int | None] | None = None
    context = ReadingContext.PERIODIC.value
    for measurand, phase, sample_context, location, unit, multiplier, raw in samples:
        try:
            value = float(raw)
        except (TypeError, ValueError):
            problems.append(f"{measurand}: {str(raw)[:20]!r} is not a number")
            continue
        if value != value or value in (float("inf"), float("-inf")):
            problems.append(f"{measurand}: {str(raw)[:20]!r} is not finite")
            continue
        if multiplier:
            value *= 10.0 ** max(-12, min(12, multiplier))
        context = sample_context
        if measurand == ENERGY_REGISTER:
            if location != "Outlet" or abs(value) > 1e15:
                continue
            value *= _UNIT_FACTOR.get(unit or "Wh", 1.0)
            if phase is None or phase not in _LINE_INDEX:
                energy = value
            else:
                energy_phases += value
                has_energy_phases = True
        elif measurand == "Power.Active.Import":
            if location != "Outlet" or abs(value) > 1e12:
                continue
            value *= _UNIT_FACTOR.get(unit or "W", 1.0)
            if phase is None or phase not in _LINE_INDEX:
                power = value
            else:
                power_phases += value
                has_power_phases = True
        elif measurand == "Current.Import":
            line = _LINE_INDEX.get(phase or "L1")
            if line is not None and location == "Outlet" and abs(value) < 1e6:
                current = current or [None, None, None]
                current[line] = round(value * _MILLI)
        elif measurand == "Voltage":
            line = _LINE_INDEX.get(phase or "L1")
            if line is not None and location == "Outlet" and abs(value) < 1e6:
                voltage = voltage or [None, None, None]
                voltage[line] = round(value * _MILLI)
        elif measurand == "SoC" and 0 <= value <= 100:
            soc = round(value)
    if energy is None and has_energy_phases:
        energy = energy_phases
    if power is None and has_power_phases:
        power = power_phases
    return (
        Reading(
            at,
            None if energy is None else round(energy),
            None if power is None else round(power),
            None if current is None else (current[0], current[1], current[2]),
            None if voltage is None else (voltage[0], voltage[1], voltage[2]),
            soc,
            context,
        ),
        tuple(problems),
    )


@dataclass(frozen=True, slots=True)
class MeterState:
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
_UNKNOWN_MAX_POWER_W = 1_000_000


def advance(state: MeterState, value: Reading, *, max_power_w: int) -> tuple[MeterState, Reading, MeterFlag | None]:
    """One step of the fold; ``value.at`` must not be before ``state.last_at``.

    A register that falls, or rises faster than the EVSE can deliver, opens a new segment: the step across the break is
    not counted, the reading is marked suspect and the flag asks for review. Energy is never negative.
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
            if flag is not None:
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
        value if flag is None else replace(value, suspect=True),
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
        state, value, flag = advance(state, value, max_power_w=max_power_w)
        seen.append(value)
        if flag is not None:
            flags.add(flag)
    return state, seen, flags
