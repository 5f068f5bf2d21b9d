"""Profiles, reservations and local lists in the words of OCPP 1.6."""

from collections.abc import Callable

from simulator.clock import stamp
from simulator.holdings import Profile, moment
from simulator.position import Reservation
from simulator.voice import Json, Obedient

_PURPOSES = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}


def _purpose(said: str) -> str:
    return _PURPOSES.get(said, said)


def _profile(evse: int, said: Json) -> Profile:
    schedule = said["chargingSchedule"]
    return Profile(
        number=said["chargingProfileId"],
        evse=evse,
        purpose=_purpose(said["chargingProfilePurpose"]),
        stack_level=said["stackLevel"],
        kind=said["chargingProfileKind"],
        unit=schedule["chargingRateUnit"],
        periods=tuple((one["startPeriod"], float(one["limit"])) for one in schedule["chargingSchedulePeriod"]),
        starts_at=moment(schedule.get("startSchedule")),
        duration_s=schedule.get("duration"),
        recurs=said.get("recurrencyKind"),
        transaction=said.get("transactionId"),
        valid_from=moment(said.get("validFrom")),
        valid_to=moment(said.get("validTo")),
        said=said,
    )


def _set(station: Obedient, payload: Json) -> Json:
    profile = _profile(payload["connectorId"], payload["csChargingProfiles"])
    return {"status": station.holdings.take(profile, station.positions)}


def _clear(station: Obedient, payload: Json) -> Json:
    purpose = payload.get("chargingProfilePurpose")
    wanted = {
        "number": payload.get("id"),
        "evse": payload.get("connectorId"),
        "purpose": None if purpose is None else _purpose(purpose),
        "stack_level": payload.get("stackLevel"),
    }
    gone = station.holdings.drop(
        lambda one: all(value is None or getattr(one, name) == value for name, value in wanted.items())
    )
    return {"status": "Accepted" if gone else "Unknown"}


def _composite(station: Obedient, payload: Json) -> Json:
    number = payload["connectorId"]
    position = station.positions.get(number)
    if number and position is None:
        return {"status": "Rejected"}
    unit, now = payload.get("chargingRateUnit", "A"), station.now()
    periods = station.holdings.composite(number, payload["duration"], unit, now, position)
    schedule = {
        "duration": payload["duration"],
        "startSchedule": stamp(now),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }
    return {"status": "Accepted", "connectorId": number, "scheduleStart": stamp(now), "chargingSchedule": schedule}


def _reserve(station: Obedient, payload: Json) -> Json:
    until = moment(payload["expiryDate"])
    assert until is not None
    reservation = Reservation(payload["reservationId"], payload["idTag"], payload.get("parentIdTag"), until)
    return {"status": station.bookings.take(payload["connectorId"] or None, reservation)}


def _unreserve(station: Obedient, payload: Json) -> Json:
    return {"status": "Accepted" if station.bookings.give_up(payload["reservationId"]) else "Rejected"}


def _list(station: Obedient, payload: Json) -> Json:
    entries = [
        (one["idTag"], one.get("idTagInfo", {}).get("status")) for one in payload.get("localAuthorizationList", ())
    ]
    whole = payload["updateType"] == "Full"
    return {"status": station.holdings.update_list(payload["listVersion"], entries, whole=whole)}


def _version(station: Obedient, _payload: Json) -> Json:
    return {"listVersion": station.holdings.list_version}


COMMANDS: dict[str, Callable[[Obedient, Json], Json]] = {
    "SetChargingProfile": _set,
    "ClearChargingProfile": _clear,
    "GetCompositeSchedule": _composite,
    "ReserveNow": _reserve,
    "CancelReservation": _unreserve,
    "SendLocalList": _list,
    "GetLocalListVersion": _version,
}
