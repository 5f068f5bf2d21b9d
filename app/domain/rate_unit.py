"""Charging limits in the other unit: watts of all phases, amperes of each."""

import math
from dataclasses import dataclass, fields, replace

from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    SetChargingProfile,
)
from app.domain.station import ChargingStation

_PHASES = {"AC_1_PHASE": 1, "AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3}
_PLAIN = frozenset({"start_period", "limit", "number_phases", "phase_to_use"})


@dataclass(frozen=True, slots=True)
class Supply:
    """What an EVSE is fed by: volts between a phase and neutral (OCPI), and how many phases."""

    volts: int
    phases: int


class NotConvertible(Exception):
    """A limit has no meaning in the other unit; the text says why and what to do."""


def supply_of(station: ChargingStation, evse_number: int) -> Supply:
    """As the operator described it; EVSE 0 is the whole station. Raises `NotConvertible`."""
    plugs = [plug for evse in station.evses if evse_number in (0, evse.number) for plug in evse.connectors]
    found = {(plug.max_voltage_v, _PHASES.get(plug.power_type, 0)) for plug in plugs}
    known = sorted(pair for pair in found if pair[0] > 0 and pair[1] > 0)
    if len(known) != 1:
        raise NotConvertible("Its connectors do not say one AC voltage and number of phases. Describe them first.")
    return Supply(*known[0])


def known_supply(station: ChargingStation, evse_number: int) -> Supply | None:
    """As `supply_of`; None when it is not described."""
    try:
        return supply_of(station, evse_number)
    except NotConvertible:
        return None


def in_unit(body: SetChargingProfile, unit: ChargingRateUnit, supply: Supply) -> SetChargingProfile:
    """The same limits in ``unit``, rounded down to a tenth. Raises `NotConvertible`."""
    profile: ChargingProfile = body.charging_profile
    schedules = tuple(_schedule(schedule, unit, supply) for schedule in profile.charging_schedule)
    return replace(body, charging_profile=replace(profile, charging_schedule=schedules))


def _schedule(schedule: ChargingSchedule, unit: ChargingRateUnit, supply: Supply) -> ChargingSchedule:
    if schedule.charging_rate_unit is unit:
        return schedule
    if schedule.limit_at_soc is not None or schedule.power_tolerance is not None:
        raise NotConvertible("Limits by battery charge and tolerances are not converted. Leave them out.")
    least = schedule.min_charging_rate
    return replace(
        schedule,
        charging_rate_unit=unit,
        charging_schedule_period=tuple(_period(period, unit, supply) for period in schedule.charging_schedule_period),
        min_charging_rate=None if least is None else _converted(least, unit, supply.volts * supply.phases),
    )


def _period(period: ChargingSchedulePeriod, unit: ChargingRateUnit, supply: Supply) -> ChargingSchedulePeriod:
    said = {entry.name for entry in fields(period) if getattr(period, entry.name) not in (None, ())}
    if said - _PLAIN:
        raise NotConvertible(f"{sorted(said - _PLAIN)[0]} is not converted. Leave it out.")
    if period.limit is None:
        return period
    volts = supply.volts * min(supply.phases, period.number_phases or supply.phases)
    return replace(period, limit=_converted(period.limit, unit, volts))


def _converted(limit: float, unit: ChargingRateUnit, volts: int) -> float:
    """``volts`` are those of all phases together. A limit that was kept is kept in the other unit, too."""
    value = limit / volts if unit is ChargingRateUnit.A else limit * volts
    return math.floor(value * 10 + 1e-6) / 10
