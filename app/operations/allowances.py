"""What we ask of a station, as a station of its kind can do it: a table by kind of request."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import Prefix, public_id
from app.domain.quirk import Quirk
from app.domain.quirk_profiles import allowed_by_profile
from app.domain.rate_unit import NotConvertible, in_unit, supply_of
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.request.charging_profile import ChargingRateUnit, SetChargingProfile
from app.domain.scope import Scope
from app.domain.station import ChargingStation
from app.store import quirks


async def allowances_of(connection: AsyncConnection, scope: Scope, station: ChargingStation) -> frozenset[Quirk]:
    """What its profile and its operator say of it."""
    recorded = (await quirks.of_stations(connection, scope, (station.key,)))[station.key]
    pinned = frozenset(one.quirk for one in recorded if one.pinned)
    return pinned | allowed_by_profile(station.vendor, station.model, station.firmware_version)


_ONLY = {Quirk.AMPS_ONLY: ChargingRateUnit.A, Quirk.WATTS_ONLY: ChargingRateUnit.W}


def _profile(station: ChargingStation, body: StationRequest, allowed: frozenset[Quirk]) -> StationRequest:
    wish = cast(SetChargingProfile, body)
    if Quirk.STACK_LEVEL_ZERO in allowed and wish.charging_profile.stack_level:
        wish = replace(wish, charging_profile=replace(wish.charging_profile, stack_level=0))
    for quirk, unit in _ONLY.items():
        foreign = any(schedule.charging_rate_unit is not unit for schedule in wish.charging_profile.charging_schedule)
        if quirk in allowed and foreign:
            return in_unit(wish, unit, supply_of(station, wish.evse_id))
    return wish


_ADAPTED: dict[type[StationRequest], Callable[[ChargingStation, StationRequest, frozenset[Quirk]], StationRequest]] = {
    SetChargingProfile: _profile,
}


async def adapted(
    connection: AsyncConnection, scope: Scope, station: ChargingStation, body: StationRequest
) -> StationRequest:
    """The request as the station can take it. Refuses INVALID_INPUT where it cannot be said in its words."""
    adapt = _ADAPTED.get(type(body))
    if adapt is None:
        return body
    try:
        return adapt(station, body, await allowances_of(connection, scope, station))
    except NotConvertible as reason:
        subject = public_id(Prefix.STATION, station.uuid)
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, str(reason), ("request",), subject)) from reason
