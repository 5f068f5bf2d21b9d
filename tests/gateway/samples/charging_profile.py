"""Requests about charging profiles; what only 2.1 can say has a test of its own."""

from datetime import UTC, datetime

from app.domain.request import StationRequest
from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfileCriterion,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingRateUnit,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfile,
    ClearChargingProfileCriteria,
    GetChargingProfiles,
    GetCompositeSchedule,
    NotifyAllowedEnergyTransfer,
    RecurrencyKind,
    SetChargingProfile,
    UpdateDynamicSchedule,
    UsePriorityCharging,
)
from tests.gateway.samples.fullest import fullest

_FROM, _TO = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)


def profile(**changes: object) -> ChargingProfile:
    """A daily limit that every version can say."""
    schedule = ChargingSchedule(
        id=1,
        charging_rate_unit=ChargingRateUnit.A,
        charging_schedule_period=(
            ChargingSchedulePeriod(0, 16.0, number_phases=3),
            ChargingSchedulePeriod(3600, 8.5),
        ),
        start_schedule=_FROM,
        duration=86_400,
        min_charging_rate=6.0,
    )
    values: dict[str, object] = {
        "id": 11,
        "stack_level": 2,
        "charging_profile_purpose": ChargingProfilePurpose.TX_DEFAULT_PROFILE,
        "charging_profile_kind": ChargingProfileKind.RECURRING,
        "charging_schedule": (schedule,),
        "recurrency_kind": RecurrencyKind.DAILY,
        "valid_from": _FROM,
        "valid_to": _TO,
    }
    return ChargingProfile(**(values | changes))  # type: ignore[arg-type]


SAMPLES: list[StationRequest] = [
    SetChargingProfile(1, profile()),
    SetChargingProfile(1, profile(charging_profile_purpose=ChargingProfilePurpose.TX_PROFILE, transaction_id="77")),
    SetChargingProfile(0, profile(charging_profile_purpose=ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE)),
    ClearChargingProfile(11),
    ClearChargingProfile(None, ClearChargingProfileCriteria(1, ChargingProfilePurpose.TX_DEFAULT_PROFILE, 2)),
    GetChargingProfiles(5, ChargingProfileCriterion(ChargingProfilePurpose.TX_DEFAULT_PROFILE, 2, (), ("CSO",)), 1),
    GetChargingProfiles(6, ChargingProfileCriterion(charging_profile_id=(11, 12))),
    GetCompositeSchedule(3600, 1, ChargingRateUnit.W),
    GetCompositeSchedule(60, 0),
    fullest(UpdateDynamicSchedule),
    fullest(UsePriorityCharging),
    fullest(NotifyAllowedEnergyTransfer),
]
