"""Rules of smart charging: what a profile must be before it is sent, and what a composite schedule says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.held import StationChargingProfile
from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingSchedule,
    ChargingSchedulePeriod,
    OperationMode,
    SetChargingProfile,
)
from app.domain.request.plain import RequestStartTransaction
from app.domain.station import OcppVersion

_OURS = "CSO"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a request, and where in it."""

    message: str
    path: tuple[str, ...]


def same_place(version: OcppVersion) -> bool:
    """Whether a profile takes the place of one with its purpose and level; 2.x stations go by the id alone."""
    return version is OcppVersion.V16


def profile_fault(body: SetChargingProfile) -> Fault | None:
    """The first thing that the standard's text forbids (1.6 §3.13, §5.16; 2.0.1 K01); None when it may be sent."""
    profile = body.charging_profile
    return _first_fault((*_place_rules(body, profile), *_profile_rules(profile)), profile)


def start_profile_fault(body: RequestStartTransaction) -> Fault | None:
    """The same for a profile that comes with a start (1.6 §5.16.2; 2.0.1 F01.FR.08–F01.FR.11)."""
    profile = body.charging_profile
    if profile is None:
        return None
    rules = (
        (
            profile.charging_profile_purpose is not ChargingProfilePurpose.TX_PROFILE,
            "A start takes a TxProfile. Choose that purpose.",
            ("chargingProfilePurpose",),
        ),
        (
            profile.transaction_id is not None,
            "What starts has no transaction yet. Leave the transaction out.",
            ("transactionId",),
        ),
        *_profile_rules(profile),
    )
    return _first_fault(rules, profile)


Rules = tuple[tuple[bool, str, tuple[str, ...]], ...]


def _first_fault(rules: Rules, profile: ChargingProfile) -> Fault | None:
    at = ("request", "chargingProfile")
    for wrong, message, path in rules:
        if wrong:
            return Fault(message, (*at, *path))
    for index, schedule in enumerate(profile.charging_schedule):
        found = _schedule_fault(profile, schedule)
        if found is not None:
            return Fault(found.message, (*at, "chargingSchedule", str(index), *found.path))
    return None


def _place_rules(body: SetChargingProfile, profile: ChargingProfile) -> Rules:
    """Which purposes go where, and which are about a transaction."""
    purpose = profile.charging_profile_purpose
    tx = purpose is ChargingProfilePurpose.TX_PROFILE
    station_wide = purpose is ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
    return (
        (
            purpose is ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS,
            "Only an external system sets external constraints. Choose another purpose.",
            ("chargingProfilePurpose",),
        ),
        (tx and profile.transaction_id is None, "A TxProfile needs its transaction. Name it.", ("transactionId",)),
        (tx and body.evse_id < 1, "A TxProfile is for one EVSE. Name it.", ("evseId",)),
        (
            not tx and profile.transaction_id is not None,
            "Only a TxProfile is about a transaction. Leave the transaction out.",
            ("transactionId",),
        ),
        (
            station_wide and body.evse_id != 0,
            "A ChargingStationMaxProfile is for the whole station. Use EVSE 0.",
            ("evseId",),
        ),
    )


def _profile_rules(profile: ChargingProfile) -> Rules:
    """What every profile must be, wherever it goes."""
    kind = profile.charging_profile_kind
    station_wide = profile.charging_profile_purpose is ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE
    recurring = kind is ChargingProfileKind.RECURRING
    window = profile.valid_from, profile.valid_to
    return (
        (
            station_wide and kind is ChargingProfileKind.RELATIVE,
            "A ChargingStationMaxProfile cannot be relative. Choose Absolute or Recurring.",
            ("chargingProfileKind",),
        ),
        (profile.stack_level < 0, "A stack level is 0 or more.", ("stackLevel",)),
        (not profile.charging_schedule, "A profile needs a schedule. Add one.", ("chargingSchedule",)),
        (len(profile.charging_schedule) > 3, "A profile has at most 3 schedules.", ("chargingSchedule",)),
        (
            recurring and profile.recurrency_kind is None,
            "A recurring profile says how often. Set recurrencyKind.",
            ("recurrencyKind",),
        ),
        (
            window[0] is not None and window[1] is not None and window[0] >= window[1],
            "validTo comes after validFrom.",
            ("validTo",),
        ),
    )


def _schedule_fault(profile: ChargingProfile, schedule: ChargingSchedule) -> Fault | None:
    periods = schedule.charging_schedule_period
    starts = [period.start_period for period in periods]
    kind = profile.charging_profile_kind
    fixed = kind in (ChargingProfileKind.ABSOLUTE, ChargingProfileKind.RECURRING)
    rules: tuple[tuple[bool, str, str], ...] = (
        (not periods, "A schedule needs periods. Add one that starts at 0.", "chargingSchedulePeriod"),
        (bool(starts) and starts[0] != 0, "The first period starts at 0.", "chargingSchedulePeriod"),
        (starts != sorted(set(starts)), "Periods are in order of their starts.", "chargingSchedulePeriod"),
        (
            fixed and schedule.start_schedule is None,
            f"A schedule of kind {kind.value} says when it begins. Set startSchedule.",
            "startSchedule",
        ),
        (
            kind is ChargingProfileKind.RELATIVE and schedule.start_schedule is not None,
            "A relative schedule begins with the transaction. Leave startSchedule out.",
            "startSchedule",
        ),
        (
            kind is ChargingProfileKind.DYNAMIC and len(periods) > 1,
            "A dynamic profile has one period.",
            "chargingSchedulePeriod",
        ),
        (schedule.duration is not None and schedule.duration <= 0, "A duration is longer than 0.", "duration"),
        (
            any(period.phase_to_use is not None and period.number_phases != 1 for period in periods),
            "Only where one phase may be used can it be said which. Set numberPhases to 1.",  # 2.0.1 K01.FR.19
            "chargingSchedulePeriod",
        ),
    )
    broken = next((Fault(message, (name,)) for wrong, message, name in rules if wrong), None)
    return broken or next((fault for fault in map(_mode_fault, periods) if fault is not None), None)


_PHASES = ("", "_l2", "_l3")
_LIMITS, _DISCHARGES, _SETPOINTS, _REACTIVE = (
    tuple(name + phase for phase in _PHASES) for name in ("limit", "discharge_limit", "setpoint", "setpoint_reactive")
)
# What a period of a mode may not say: 2.1 Q02.FR.02, Q03.FR.02. Without a mode it charges only (Q02.FR.01).
_FOREIGN: dict[OperationMode, tuple[tuple[str, ...], str]] = {
    OperationMode.CHARGING_ONLY: (
        (*_DISCHARGES, *_SETPOINTS, *_REACTIVE),
        "Who only charges has no discharge limit and no setpoint. Leave them out, or choose another operationMode.",
    ),
    OperationMode.CENTRAL_SETPOINT: (
        (*_LIMITS, *_DISCHARGES),
        "A setpoint of ours has no limits beside it. Leave them out, or choose another operationMode.",
    ),
}


def _mode_fault(period: ChargingSchedulePeriod) -> Fault | None:
    names, message = _FOREIGN.get(period.operation_mode or OperationMode.CHARGING_ONLY, ((), ""))
    said = any(getattr(period, name) is not None for name in names)
    return Fault(message, ("chargingSchedulePeriod",)) if said else None


def rival(body: SetChargingProfile, held: Iterable[StationChargingProfile]) -> StationChargingProfile | None:
    """A profile of ours with another id that would hold beside the new one with the same rank.

    2.0.1 K01.FR.06 (purpose, level and EVSE, while both are valid), K01.FR.39 (level and transaction).
    """
    new = body.charging_profile
    for one in held:
        old = one.profile
        same = (old.charging_profile_purpose, old.stack_level) == (new.charging_profile_purpose, new.stack_level)
        if one.source != _OURS or old.id == new.id or not same:
            continue
        if new.charging_profile_purpose is ChargingProfilePurpose.TX_PROFILE:
            if old.transaction_id == new.transaction_id:
                return one
        elif one.evse == body.evse_id and _overlap(old, new):
            return one
    return None


def _overlap(one: ChargingProfile, other: ChargingProfile) -> bool:
    return not any(
        earlier.valid_to is not None and later.valid_from is not None and earlier.valid_to <= later.valid_from
        for earlier, later in ((one, other), (other, one))
    )


@dataclass(frozen=True, slots=True)
class CompositePeriod:
    """A limit from a moment of the composite schedule on."""

    start_period: int
    limit: float | None
    number_phases: int | None


@dataclass(frozen=True, slots=True)
class CompositeSchedule:
    """What an EVSE (0: the station) may draw when everything is combined, as the station says."""

    evse: int
    starts_at: datetime | None
    duration_s: int | None
    unit: str
    periods: tuple[CompositePeriod, ...]


def composite_of(answer: object) -> CompositeSchedule | None:
    """The schedule in an answer to GetCompositeSchedule (1.6 §6.26, 2.0.1 K08); None when it holds none."""
    if not isinstance(answer, Mapping):
        return None
    schedule = answer.get("schedule", answer.get("chargingSchedule"))
    if not isinstance(schedule, Mapping):
        return None
    evse = schedule.get("evseId", answer.get("connectorId"))
    starts = schedule.get("scheduleStart") or answer.get("scheduleStart") or schedule.get("startSchedule")
    periods = schedule.get("chargingSchedulePeriod")
    duration = schedule.get("duration")
    return CompositeSchedule(
        evse=evse if isinstance(evse, int) else 0,
        starts_at=_moment(starts),
        duration_s=duration if isinstance(duration, int) else None,
        unit=str(schedule.get("chargingRateUnit", "A")),
        periods=tuple(
            _period(one) for one in (periods if isinstance(periods, list) else ()) if isinstance(one, Mapping)
        ),
    )


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else None


def _period(one: Mapping[str, object]) -> CompositePeriod:
    start, limit, phases = one.get("startPeriod"), one.get("limit"), one.get("numberPhases")
    return CompositePeriod(
        start if isinstance(start, int) else 0,
        float(limit) if isinstance(limit, int | float) else None,
        phases if isinstance(phases, int) else None,
    )
