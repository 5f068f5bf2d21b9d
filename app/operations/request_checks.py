"""What the standard's text forbids, refused before a charger has to: a table by kind of request."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import objection
from app.domain.charging import Fault, profile_fault, rival, same_place, start_profile_fault
from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.request.battery_swap import RequestBatterySwap
from app.domain.request.charging_profile import (
    ChargingProfilePurpose,
    ClearChargingProfile,
    GetCompositeSchedule,
    SetChargingProfile,
)
from app.domain.request.der import SetDERControl
from app.domain.request.plain import RequestStartTransaction
from app.domain.request.tariff import SetDefaultTariff
from app.domain.scope import Scope
from app.domain.station import ChargingStation, OcppVersion
from app.domain.token import PAID_AT_TERMINAL, AuthorisationStatus, PresentedToken, authorise
from app.store import commands, power, standings, tokens


def _profile(body: StationRequest) -> Fault | None:
    return profile_fault(cast(SetChargingProfile, body))


def _start(body: StationRequest) -> Fault | None:
    return start_profile_fault(cast(RequestStartTransaction, body))


def _clearing(body: StationRequest) -> Fault | None:
    """2.0.1 K10.FR.02: an id or criteria, else nothing is meant."""
    asked = cast(ClearChargingProfile, body)
    if asked.charging_profile_id is None and asked.charging_profile_criteria is None:
        return Fault(
            "Name a profile or say which are meant; empty criteria mean all.", ("request", "chargingProfileId")
        )
    criteria = asked.charging_profile_criteria
    external = ChargingProfilePurpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
    if criteria is not None and criteria.charging_profile_purpose is external:
        # 2.0.1 K10.FR.06
        return Fault(
            "Only an external system takes back its constraints. Choose another purpose.",
            ("request", "chargingProfileCriteria", "chargingProfilePurpose"),
        )
    return None


def _composite(body: StationRequest) -> Fault | None:
    if cast(GetCompositeSchedule, body).duration <= 0:
        return Fault("A duration is longer than 0.", ("request", "duration"))
    return None


_CONTENTS = (
    "curve",
    "enter_service",
    "fixed_pf_absorb",
    "fixed_pf_inject",
    "fixed_var",
    "freq_droop",
    "gradient",
    "limit_max_discharge",
)


def _control(body: StationRequest) -> Fault | None:
    """2.1 R04: a control says exactly one thing."""
    if sum(getattr(cast(SetDERControl, body), name) is not None for name in _CONTENTS) != 1:
        return Fault("A grid control has exactly one content, that of its type.", ("request", "controlType"))
    return None


def _tariff(body: StationRequest) -> Fault | None:
    tariff = cast(SetDefaultTariff, body).tariff
    if len(tariff.currency) != 3:
        return Fault("A currency is three letters, such as EUR.", ("request", "tariff", "currency"))
    return None


CHECKS: dict[type[StationRequest], Callable[[StationRequest], Fault | None]] = {
    RequestStartTransaction: _start,
    SetChargingProfile: _profile,
    ClearChargingProfile: _clearing,
    GetCompositeSchedule: _composite,
    SetDERControl: _control,
    SetDefaultTariff: _tariff,
}


async def beside_others(
    connection: AsyncConnection, scope: Scope, station: ChargingStation, body: StationRequest
) -> StationRequest:
    """What may be sent beside what the station holds. Refuses INVALID_INPUT for a profile of the same rank as another.

    1.6 puts the new one in the other's place. What a person asks takes the place of our own plan for that transaction,
    under the plan's id: two ids of one rank must not be there at once (2.0.1 K01.FR.39).
    """
    if not isinstance(body, SetChargingProfile) or same_place(station.ocpp_version or OcppVersion.V16):
        return body
    held = (await power.profiles(connection, scope, (station.key,))).get(station.key, [])
    found = rival(body, held)
    if found is not None and await commands.is_our_own_profile(connection, station.key, found.profile.id):
        return replace(body, charging_profile=replace(body.charging_profile, id=found.profile.id))
    if found is not None:
        message = (
            f"Profile {found.profile.id} of this purpose and stack level is at the station. Use its id to replace it, "
            "clear it first, or choose another stack level."
        )
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, message, ("request", "chargingProfile", "stackLevel")))
    return body


async def check_authorised(
    connection: AsyncConnection, station: ChargingStation, body: StationRequest, *, at: datetime
) -> None:
    """Refuses TOKEN_REFUSED, with the rule that said no: no swap for whom we would refuse (2.1 S02.FR.03)."""
    if not isinstance(body, RequestBatterySwap):
        return
    presented = PresentedToken(body.id_token.id_token, body.id_token.type)
    if presented.ocpp_type == PAID_AT_TERMINAL and station.accepts_direct_payment:
        return
    token = await tokens.named(connection, presented.normalised)
    status, rule = authorise(token, at=at)
    if token is not None and status is AuthorisationStatus.ACCEPTED:
        account = None if token.account_key is None else await standings.of_token(connection, token.key, at=at)
        status, rule = objection(account, location_key=station.location_key) or (status, rule)
    if status is AuthorisationStatus.ACCEPTED:
        return
    message = f"The token is refused ({status}: {rule}). Use another token."
    subject = None if token is None else public_id(Prefix.TOKEN, token.uuid)
    raise Refused(Refusal(ErrorCode.TOKEN_REFUSED, message, ("request", "idToken"), subject))


def check_place(station: ChargingStation, body: StationRequest) -> None:
    """Refuses NOT_FOUND for a profile of an EVSE that the station is known not to have; 0 is the whole station."""
    if not isinstance(body, SetChargingProfile) or not station.evses:
        return
    if body.evse_id in (0, *(evse.number for evse in station.evses)):
        return
    message = f"The station has no EVSE {body.evse_id}. Name one of its EVSEs, or 0 for the whole station."
    subject = public_id(Prefix.STATION, station.uuid)
    raise Refused(Refusal(ErrorCode.NOT_FOUND, message, ("request", "evseId"), subject))


def check_sensible(body: StationRequest) -> None:
    """Refuses INVALID_INPUT for what no charger may be asked."""
    check = CHECKS.get(type(body))
    fault = None if check is None else check(body)
    if fault is not None:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, fault.message, fault.path))
