"""The charging plan for a car's needs (2.0.1 and 2.1 K15 to K19): the most it can take within everybody's limits.

A plan is one schedule of at most as many periods as car and station can follow, in amperes a phase for alternating and
in watts for direct current. Nothing in it exceeds what the car can take, what the plug can give, or a limit that is
known; a period that stands for several is as low as the lowest of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import floor, inf

from app.domain.charging_needs import ChargingNeeds
from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    EnergyTransferMode,
    RecurrencyKind,
)

HORIZON = timedelta(hours=24)  # past it limits are not planned for: the station's own hold, or the car asks again
PERIODS_MAX = 1024  # OCPP's own limit on a schedule
_NOMINAL_V = 230.0
_GRACE = timedelta(seconds=60)  # a car may follow a falling limit this late: clocks differ, and power is ramped down
_SAME = 0.05  # limits are said in tenths
_UNLIKE_UNITS = 1.1  # between A and W lies the voltage, which may differ by a tenth of the nominal (EN 50160)

_PHASES = {
    EnergyTransferMode.AC_SINGLE_PHASE: 1,
    EnergyTransferMode.AC_TWO_PHASE: 2,
    EnergyTransferMode.AC_THREE_PHASE: 3,
}
_DC = frozenset(
    {EnergyTransferMode.DC, EnergyTransferMode.DC_BPT, EnergyTransferMode.DC_ACDP, EnergyTransferMode.DC_ACDP_BPT}
)
_PLUG_PHASES = {"AC_1_PHASE": 1, "AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2}
_CYCLES = {RecurrencyKind.DAILY: timedelta(days=1), RecurrencyKind.WEEKLY: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Nameplate:
    """What a plug can give; 0 is unknown. ``power_type`` in OCPI's words."""

    power_type: str
    max_power_w: int
    max_voltage_v: int
    max_current_a: int


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Somebody's limit over time. ``starts_at``: when a schedule without a start of its own began."""

    schedule: ChargingSchedule
    starts_at: datetime
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    recurrency: RecurrencyKind | None = None


def ceilings_of(profile: ChargingProfile, *, starts_at: datetime) -> tuple[Ceiling, ...]:
    """A profile as limits; of several schedules the car chooses one, so each may be the one that holds."""
    recurring = profile.charging_profile_kind is ChargingProfileKind.RECURRING
    return tuple(
        Ceiling(
            schedule, starts_at, profile.valid_from, profile.valid_to, profile.recurrency_kind if recurring else None
        )
        for schedule in profile.charging_schedule
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """The unit of a plan, and what it takes to read limits in the other one."""

    unit: ChargingRateUnit
    phases: int
    voltage: float

    def read(self, limit: float, unit: ChargingRateUnit, phases: int | None) -> float:
        if unit is self.unit:
            return limit
        # On the car's side of a rectifier there are no phases: amperes of a limit are the grid's then.
        line = self.voltage * (self.phases if self.unit is ChargingRateUnit.A else phases or 3)
        return limit / line if self.unit is ChargingRateUnit.A else limit * line


def plan(
    needs: ChargingNeeds, plug: Nameplate, ceilings: Sequence[Ceiling], *, at: datetime, periods_max: int
) -> ChargingSchedule | None:
    """The schedule from ``at`` on, until the car wants to leave; None when nobody has said any limit at all."""
    at = at.replace(microsecond=0)
    scale = _scale(needs, plug)
    fixed = min((*_of_car(needs, scale), *_of_plug(plug, scale)), default=inf)
    leaves = needs.departure_time if needs.departure_time is not None and needs.departure_time > at else None
    until = at + HORIZON if leaves is None else leaves
    moments = sorted({at, *(moment for one in ceilings for moment in _turns(one, at, until))})
    steps = [
        (int((moment - at).total_seconds()), min((fixed, *(_limit_at(one, moment, scale) for one in ceilings))))
        for moment in moments
    ]
    known = [limit for _, limit in steps if limit != inf]
    if not known:
        return None
    # A period must name a limit: where nobody said one, the highest that anybody did.
    steps = [(start, max(0.0, max(known) if limit == inf else limit)) for start, limit in steps]
    ends = None if leaves is None and not ceilings else max(1, int((until - at).total_seconds()))
    periods = _fitted(steps, max(1, min(periods_max, PERIODS_MAX)), ends or int(HORIZON.total_seconds()))
    phases = scale.phases if scale.unit is ChargingRateUnit.A else None
    return ChargingSchedule(
        id=1,
        charging_rate_unit=scale.unit,
        charging_schedule_period=tuple(
            ChargingSchedulePeriod(start, limit=_tenths(limit), number_phases=phases) for start, limit in periods
        ),
        start_schedule=at,
        duration=ends,
    )


def profile_of(
    schedule: ChargingSchedule, *, profile_id: int, stack_level: int, transaction_id: str
) -> ChargingProfile:
    """The plan as a station takes it: for this transaction only (K15.FR.07), with one schedule (K15.FR.18)."""
    return ChargingProfile(
        id=profile_id,
        stack_level=stack_level,
        charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE,
        charging_profile_kind=ChargingProfileKind.ABSOLUTE,
        charging_schedule=(schedule,),
        transaction_id=transaction_id,
    )


def can_plan(needs: ChargingNeeds, plug_power_w: int) -> bool:
    """Whether there is anything to plan with, as far as a message alone tells."""
    return plug_power_w > 0 or bool(_of_car(needs, _scale(needs, Nameplate("", 0, 0, 0))))


def exceeds(intended: ChargingSchedule, base: datetime, allowed: ChargingProfile, selected: int | None = None) -> bool:
    """Whether a car means to draw more than the profile lets it (K15.FR.12).

    ``base`` is when its plan begins, ``selected`` the schedule of ours that it chose.
    """
    schedules = allowed.charging_schedule
    chosen = next((one for one in schedules if one.id == selected), schedules[0] if schedules else None)
    if chosen is None:
        return False
    begins = intended.start_schedule or base
    until = begins + (HORIZON if intended.duration is None else timedelta(seconds=intended.duration))
    theirs = Ceiling(intended, base)
    (ours,) = ceilings_of(replace(allowed, charging_schedule=(chosen,)), starts_at=begins)
    scale = _Scale(chosen.charging_rate_unit, _phases_said(intended) or _phases_said(chosen) or 3, _NOMINAL_V)
    factor = 1.0 if intended.charging_rate_unit is chosen.charging_rate_unit else _UNLIKE_UNITS
    for moment in {begins, *_turns(theirs, begins, until), *_late_turns(ours, begins, until)}:
        wanted = _limit_at(theirs, moment, scale)
        most = max(_limit_at(ours, moment, scale), _limit_at(ours, max(begins, moment - _GRACE), scale))
        if wanted != inf and wanted > most * factor + _SAME:
            return True
    return False


def _late_turns(ceiling: Ceiling, begins: datetime, until: datetime) -> Iterable[datetime]:
    """When a car must have followed a limit's turns."""
    return (turn + _GRACE for turn in _turns(ceiling, begins, until) if turn + _GRACE < until)


def _phases_said(schedule: ChargingSchedule) -> int | None:
    return next((one.number_phases for one in schedule.charging_schedule_period if one.number_phases), None)


def _scale(needs: ChargingNeeds, plug: Nameplate) -> _Scale:
    mode = needs.requested_energy_transfer
    if mode in _DC or needs.dc_charging_parameters is not None:
        return _Scale(ChargingRateUnit.W, 3, _NOMINAL_V)
    phases = _PHASES.get(mode) or _PLUG_PHASES.get(plug.power_type, 3)
    return _Scale(ChargingRateUnit.A, phases, float(plug.max_voltage_v or _NOMINAL_V))


def _of_car(needs: ChargingNeeds, scale: _Scale) -> list[float]:
    ac, dc, v2x = needs.ac_charging_parameters, needs.dc_charging_parameters, needs.v2x_charging_parameters
    found: list[tuple[float | None, ChargingRateUnit]] = []
    if ac is not None:
        found.append((ac.ev_max_current, ChargingRateUnit.A))
    if dc is not None:
        # The car's own amperes and volts are those behind the rectifier: together they are watts.
        found.append((dc.ev_max_power, ChargingRateUnit.W))
        found.append((dc.ev_max_current * dc.ev_max_voltage, ChargingRateUnit.W))
    if v2x is not None:
        found.append((v2x.max_charge_power, ChargingRateUnit.W))
        if scale.unit is ChargingRateUnit.A:
            found.append((v2x.max_charge_current, ChargingRateUnit.A))
    return [scale.read(limit, unit, None) for limit, unit in found if limit is not None and limit > 0]


def _of_plug(plug: Nameplate, scale: _Scale) -> list[float]:
    found = []
    if plug.max_power_w > 0:
        found.append(scale.read(plug.max_power_w, ChargingRateUnit.W, None))
    if plug.max_current_a > 0 and scale.unit is ChargingRateUnit.A:
        found.append(float(plug.max_current_a))
    return found


def _origins(ceiling: Ceiling, since: datetime, until: datetime) -> list[datetime]:
    """When the schedule begins, each time it does within a span (and the last time before it)."""
    start = ceiling.schedule.start_schedule or ceiling.starts_at
    cycle = None if ceiling.recurrency is None else _CYCLES[ceiling.recurrency]
    if cycle is None:
        return [start]
    first = start + cycle * floor((since - start) / cycle)
    return [first + cycle * number for number in range(floor((until - first) / cycle) + 1)]


def _turns(ceiling: Ceiling, since: datetime, until: datetime) -> list[datetime]:
    """Every moment strictly within a span at which the limit may change."""
    schedule = ceiling.schedule
    offsets = [period.start_period for period in schedule.charging_schedule_period]
    offsets += [] if schedule.duration is None else [schedule.duration]
    moments = [origin + timedelta(seconds=offset) for origin in _origins(ceiling, since, until) for offset in offsets]
    moments += [moment for moment in (ceiling.valid_from, ceiling.valid_to) if moment is not None]
    # Plans are made of whole seconds: what begins within one is there at once, what ends there ends with the next.
    found = set()
    for moment in moments:
        whole = moment.replace(microsecond=0)
        found |= {whole, whole + timedelta(seconds=1)} if moment.microsecond else {whole}
    return [moment for moment in sorted(found) if since < moment < until]


def _limit_at(ceiling: Ceiling, moment: datetime, scale: _Scale) -> float:
    """The limit at a moment, and within the second after it."""
    last = moment + timedelta(microseconds=999_999)
    return min(_limit_just_at(ceiling, moment, scale), _limit_just_at(ceiling, last, scale))


def _limit_just_at(ceiling: Ceiling, moment: datetime, scale: _Scale) -> float:
    schedule = ceiling.schedule
    if ceiling.valid_from is not None and moment < ceiling.valid_from:
        return inf
    if ceiling.valid_to is not None and moment >= ceiling.valid_to:
        return inf
    begun = [origin for origin in _origins(ceiling, moment, moment) if origin <= moment]
    if not begun:
        return inf
    passed = (moment - begun[-1]).total_seconds()
    if schedule.duration is not None and passed >= schedule.duration:
        return inf
    period = next((one for one in reversed(schedule.charging_schedule_period) if one.start_period <= passed), None)
    if period is None:
        return inf
    said = [one for one in (period.limit, period.limit_l2, period.limit_l3) if one is not None]
    return scale.read(min(said), schedule.charging_rate_unit, period.number_phases) if said else inf


def _fitted(steps: list[tuple[int, float]], most: int, ends: int) -> list[tuple[int, float]]:
    """At most ``most`` periods: neighbours that lose the least energy together become one, at the lower limit."""
    periods = [step for index, step in enumerate(steps) if index == 0 or step[1] != steps[index - 1][1]]
    while len(periods) > most:
        bounds = [*(start for start, _ in periods[1:]), ends]
        losses = [_loss(periods, bounds, index) for index in range(len(periods) - 1)]
        at = losses.index(min(losses))
        periods[at : at + 2] = [(periods[at][0], min(periods[at][1], periods[at + 1][1]))]
    return periods


def _loss(periods: list[tuple[int, float]], bounds: list[int], index: int) -> float:
    (start, limit), (following, other) = periods[index], periods[index + 1]
    if limit == other:
        return 0.0
    higher = following - start if limit > other else bounds[index + 1] - following
    return abs(limit - other) * higher


def _tenths(limit: float) -> float:
    """OCPP limits have one digit after the point."""
    return floor(limit * 10 + 1e-6) / 10
