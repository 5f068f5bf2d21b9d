"""Whether a car draws what the station was told to give: a limit that was accepted, held against measured power."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.held import StationChargingProfile
from app.domain.rate_unit import Supply
from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    RecurrencyKind,
)
from app.domain.session import Session, SessionStatus

# A car takes a while to follow, and meters and stations round: what is a little above is no disobedience.
PATIENCE = timedelta(seconds=60)
_MARGIN = 1.1
_ALLOWANCE_W = 500
_OURS = "CSO"
_EVERY = {RecurrencyKind.DAILY: timedelta(days=1), RecurrencyKind.WEEKLY: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class ExceededLimit:
    """A session that draws well above what its station agreed to, both in W."""

    session_key: int
    evse_number: int
    limit_w: int
    power_w: int
    measured_at: datetime


def exceeded(session: Session, held: Iterable[StationChargingProfile], supply: Supply | None) -> ExceededLimit | None:
    """None when it keeps to its limits, has none, or has not been measured since the station had time to follow.

    ``supply`` None: a limit in amperes cannot be held against watts.
    """
    measured_at, power_w, evse = session.meter.last_at, session.meter.power_w, session.evse_number
    if session.status is not SessionStatus.ACTIVE or measured_at is None or power_w is None or evse is None:
        return None
    settled = [
        one
        for one in held
        if one.source == _OURS
        and one.evse in (0, evse)
        and one.set_at is not None
        and one.set_at + PATIENCE <= measured_at
        and one.profile.transaction_id in (None, session.transaction_id)
    ]
    limit = _limit_w(settled, session, supply, measured_at)
    if limit is None or power_w <= limit * _MARGIN + _ALLOWANCE_W:
        return None
    return ExceededLimit(session.key, evse, round(limit), power_w, measured_at)


def _limit_w(held: list[StationChargingProfile], session: Session, supply: Supply | None, at: datetime) -> float | None:
    """The lowest of what each purpose allows; a transaction's own profile goes before the default for all."""
    by_purpose: dict[ChargingProfilePurpose, tuple[int, float]] = {}
    for one in held:
        found = _of_profile(one, session, supply, at)
        purpose, level = one.profile.charging_profile_purpose, one.profile.stack_level
        if found is not None and (purpose not in by_purpose or by_purpose[purpose][0] < level):
            by_purpose[purpose] = (level, found)
    if ChargingProfilePurpose.TX_PROFILE in by_purpose:
        by_purpose.pop(ChargingProfilePurpose.TX_DEFAULT_PROFILE, None)
    return min((limit for _, limit in by_purpose.values()), default=None)


def _of_profile(one: StationChargingProfile, session: Session, supply: Supply | None, at: datetime) -> float | None:
    profile = one.profile
    over = profile.valid_to is not None and at >= profile.valid_to
    if over or (profile.valid_from is not None and at < profile.valid_from):
        return None
    for schedule in profile.charging_schedule:
        elapsed = _elapsed(profile, schedule, session, at)
        if elapsed is None or elapsed < timedelta(0):
            continue
        if schedule.duration is not None and elapsed >= timedelta(seconds=schedule.duration):
            continue
        begun = [
            period for period in schedule.charging_schedule_period if timedelta(seconds=period.start_period) <= elapsed
        ]
        if not begun:
            continue
        limit = begun[-1].limit if one.moved is None or one.moved.limit is None else one.moved.limit
        return _in_watts(limit, schedule, supply, begun[-1].number_phases)
    return None


def _elapsed(profile: ChargingProfile, schedule: ChargingSchedule, session: Session, at: datetime) -> timedelta | None:
    """How long the schedule has run; a relative one runs with its transaction."""
    began = session.started_at if profile.charging_profile_kind is ChargingProfileKind.RELATIVE else None
    began = began or schedule.start_schedule or session.started_at
    if began is None:
        return None
    every = _EVERY.get(profile.recurrency_kind) if profile.recurrency_kind is not None else None
    return (at - began) % every if every is not None and at >= began else at - began


def _in_watts(
    limit: float | None, schedule: ChargingSchedule, supply: Supply | None, phases: int | None
) -> float | None:
    if limit is None or schedule.charging_rate_unit is ChargingRateUnit.W:
        return limit
    return None if supply is None else limit * supply.volts * min(supply.phases, phases or supply.phases)
