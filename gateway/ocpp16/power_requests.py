"""Charging profiles, starts that bring one, and reservations in the words of OCPP 1.6.

A 1.6 profile has one schedule, knows three purposes and counts transactions by integers. Prices inside a schedule are
left out: they change no limit. What would change one is never left out silently.
"""

from dataclasses import fields

from app.domain.request.charging_profile import (
    ChargingProfile,
    ChargingProfileKind,
    ChargingProfilePurpose,
    ChargingSchedule,
    ChargingSchedulePeriod,
    ClearChargingProfile,
    GetCompositeSchedule,
    SetChargingProfile,
)
from app.domain.request.plain import RequestStartTransaction
from app.domain.request.reservation import CancelReservation, ReserveNow
from gateway.dialect import Inexpressible, Payload
from gateway.fields import utc_text
from gateway.ocpp16.commands import expand

PURPOSES: dict[ChargingProfilePurpose, str] = {
    ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE: "ChargePointMaxProfile",
    ChargingProfilePurpose.TX_DEFAULT_PROFILE: "TxDefaultProfile",
    ChargingProfilePurpose.TX_PROFILE: "TxProfile",
}
_PERIOD_WORDS = frozenset({"start_period", "limit", "number_phases"})


def _known(found: dict[str, object | None]) -> dict[str, object]:
    return {name: value for name, value in found.items() if value is not None}


def _purpose(purpose: ChargingProfilePurpose) -> str:
    if purpose not in PURPOSES:
        raise Inexpressible(f"OCPP 1.6 knows no purpose {purpose.value}")
    return PURPOSES[purpose]


def _period(period: ChargingSchedulePeriod) -> Payload:
    said = {entry.name for entry in fields(period) if getattr(period, entry.name) not in (None, ())}
    if said - _PERIOD_WORDS:
        raise Inexpressible(f"OCPP 1.6 has no word for {sorted(said - _PERIOD_WORDS)[0]} in a period")
    if period.limit is None:
        raise Inexpressible("OCPP 1.6 needs a limit in every period")
    return _known({"startPeriod": period.start_period, "limit": period.limit, "numberPhases": period.number_phases})


def _schedule(schedule: ChargingSchedule) -> Payload:
    if schedule.limit_at_soc is not None:
        raise Inexpressible("OCPP 1.6 has no limit by battery charge")
    return _known(
        {
            "duration": schedule.duration,
            "startSchedule": None if schedule.start_schedule is None else utc_text(schedule.start_schedule),
            "chargingRateUnit": schedule.charging_rate_unit.value,
            "chargingSchedulePeriod": [_period(period) for period in schedule.charging_schedule_period],
            "minChargingRate": schedule.min_charging_rate,
        }
    )


def _transaction(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        raise Inexpressible("OCPP 1.6 transaction ids are integers") from None


def _profile(profile: ChargingProfile) -> Payload:
    if len(profile.charging_schedule) != 1:
        raise Inexpressible("an OCPP 1.6 profile has exactly one schedule")
    if profile.charging_profile_kind is ChargingProfileKind.DYNAMIC:
        raise Inexpressible("OCPP 1.6 has no dynamic profiles")
    return _known(
        {
            "chargingProfileId": profile.id,
            "transactionId": _transaction(profile.transaction_id),
            "stackLevel": profile.stack_level,
            "chargingProfilePurpose": _purpose(profile.charging_profile_purpose),
            "chargingProfileKind": profile.charging_profile_kind.value,
            "recurrencyKind": None if profile.recurrency_kind is None else profile.recurrency_kind.value,
            "validFrom": None if profile.valid_from is None else utc_text(profile.valid_from),
            "validTo": None if profile.valid_to is None else utc_text(profile.valid_to),
            "chargingSchedule": _schedule(profile.charging_schedule[0]),
        }
    )


@expand.register
def _set(body: SetChargingProfile) -> tuple[str, Payload]:
    return "SetChargingProfile", {"connectorId": body.evse_id, "csChargingProfiles": _profile(body.charging_profile)}


@expand.register
def _start(body: RequestStartTransaction) -> tuple[str, Payload]:
    profile = body.charging_profile
    return "RemoteStartTransaction", _known(
        {
            "idTag": body.id_token.id_token,
            "connectorId": body.evse_id,
            "chargingProfile": None if profile is None else _profile(profile),
        }
    )


@expand.register
def _clear(body: ClearChargingProfile) -> tuple[str, Payload]:
    criteria = body.charging_profile_criteria
    if criteria is None:
        return "ClearChargingProfile", _known({"id": body.charging_profile_id})
    purpose = criteria.charging_profile_purpose
    return "ClearChargingProfile", _known(
        {
            "id": body.charging_profile_id,
            "connectorId": criteria.evse_id,
            "chargingProfilePurpose": None if purpose is None else _purpose(purpose),
            "stackLevel": criteria.stack_level,
        }
    )


@expand.register
def _composite(body: GetCompositeSchedule) -> tuple[str, Payload]:
    unit = body.charging_rate_unit
    return "GetCompositeSchedule", _known(
        {
            "connectorId": body.evse_id,
            "duration": body.duration,
            "chargingRateUnit": None if unit is None else unit.value,
        }
    )


@expand.register
def _reserve(body: ReserveNow) -> tuple[str, Payload]:
    if body.connector_type is not None:
        raise Inexpressible("OCPP 1.6 reserves a connector by its number, not by its type")
    group = body.group_id_token
    return "ReserveNow", _known(
        {
            "connectorId": body.evse_id or 0,
            "expiryDate": utc_text(body.expiry_date_time),
            "idTag": body.id_token.id_token,
            "parentIdTag": None if group is None else group.id_token,
            "reservationId": body.id,
        }
    )


@expand.register
def _cancel(body: CancelReservation) -> tuple[str, Payload]:
    return "CancelReservation", {"reservationId": body.reservation_id}
