"""Profiles, reservations and local lists in the words of OCPP 2.x; tariffs, grid controls and batteries in 2.1's."""

from collections.abc import Callable
from dataclasses import replace

from simulator.clock import stamp
from simulator.holdings import Profile, moment
from simulator.position import Reservation
from simulator.voice import Json, Obedient

Handler = Callable[[Obedient, Json], Json]


def _profile(evse: int, said: Json) -> Profile:
    schedule = said["chargingSchedule"][0]
    return Profile(
        number=said["id"],
        evse=evse,
        purpose=said["chargingProfilePurpose"],
        stack_level=said["stackLevel"],
        kind=said["chargingProfileKind"],
        unit=schedule["chargingRateUnit"],
        periods=tuple(
            (one["startPeriod"], float(one["limit"]))
            for one in schedule["chargingSchedulePeriod"]
            if one.get("limit") is not None
        ),
        starts_at=moment(schedule.get("startSchedule")),
        duration_s=schedule.get("duration"),
        recurs=said.get("recurrencyKind"),
        transaction=said.get("transactionId"),
        valid_from=moment(said.get("validFrom")),
        valid_to=moment(said.get("validTo")),
        said=said,
    )


def _set(station: Obedient, payload: Json) -> Json:
    return {"status": station.holdings.take(_profile(payload["evseId"], payload["chargingProfile"]), station.positions)}


def _meant(number: int | None, criteria: Json) -> Callable[[Profile], bool]:
    wanted = {
        "number": number,
        "evse": criteria.get("evseId"),
        "purpose": criteria.get("chargingProfilePurpose"),
        "stack_level": criteria.get("stackLevel"),
    }
    numbers = criteria.get("chargingProfileId")

    def meant(one: Profile) -> bool:
        fits = all(value is None or getattr(one, name) == value for name, value in wanted.items())
        return fits and (not numbers or one.number in numbers)

    return meant


def _clear(station: Obedient, payload: Json) -> Json:
    meant = _meant(payload.get("chargingProfileId"), payload.get("chargingProfileCriteria", {}))
    return {"status": "Accepted" if station.holdings.drop(meant) else "Unknown"}


def _get(station: Obedient, payload: Json) -> Json:
    criteria = payload["chargingProfile"] | ({"evseId": payload["evseId"]} if "evseId" in payload else {})
    found = [one for one in station.holdings.profiles.values() if _meant(None, criteria)(one)]
    if not found or "CSO" not in (payload["chargingProfile"].get("chargingLimitSource") or ["CSO"]):
        return {"status": "NoProfiles"}
    parts = [
        {
            "requestId": payload["requestId"],
            "chargingLimitSource": "CSO",
            "evseId": one.evse,
            "chargingProfile": [one.said],
            "tbc": one is not found[-1],
        }
        for one in found
    ]
    station.tell([("ReportChargingProfiles", part) for part in parts])
    return {"status": "Accepted"}


def _composite(station: Obedient, payload: Json) -> Json:
    number = payload["evseId"]
    position = station.positions.get(number)
    if number and position is None:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
    unit, now = payload.get("chargingRateUnit", "W"), station.now()
    schedule = {
        "evseId": number,
        "duration": payload["duration"],
        "scheduleStart": stamp(now),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": station.holdings.composite(number, payload["duration"], unit, now, position),
    }
    return {"status": "Accepted", "schedule": schedule}


def _reserve(station: Obedient, payload: Json) -> Json:
    until = moment(payload["expiryDateTime"])
    assert until is not None
    group = payload.get("groupIdToken", {}).get("idToken")
    reservation = Reservation(payload["id"], payload["idToken"]["idToken"], group, until)
    return {"status": station.bookings.take(payload.get("evseId") or None, reservation)}


def _unreserve(station: Obedient, payload: Json) -> Json:
    return {"status": "Accepted" if station.bookings.give_up(payload["reservationId"]) else "Rejected"}


def _list(station: Obedient, payload: Json) -> Json:
    entries = [
        (one["idToken"]["idToken"], one.get("idTokenInfo", {}).get("status"))
        for one in payload.get("localAuthorizationList", ())
    ]
    whole = payload["updateType"] == "Full"
    return {"status": station.holdings.update_list(payload["versionNumber"], entries, whole=whole)}


def _version(station: Obedient, _payload: Json) -> Json:
    return {"versionNumber": station.holdings.list_version}


def _move(station: Obedient, payload: Json) -> Json:
    held = station.holdings.profiles.get(payload["chargingProfileId"])
    limit = payload["scheduleUpdate"].get("limit")
    if held is None or held.kind != "Dynamic":
        return {"status": "Rejected"}
    if limit is not None:
        station.holdings.profiles[held.number] = replace(held, periods=((0, float(limit)),))
    return {"status": "Accepted"}


def _priority(station: Obedient, payload: Json) -> Json:
    running = [one.transaction.key for one in station.positions.values() if one.transaction is not None]
    if payload["transactionId"] not in running:
        return {"status": "Rejected"}
    has = any(one.purpose == "PriorityCharging" for one in station.holdings.profiles.values())
    return {"status": "Accepted" if has or not payload["activate"] else "NoProfile"}


def _set_tariff(station: Obedient, payload: Json) -> Json:
    tariff = payload["tariff"]
    station.holdings.tariffs = {
        key: one for key, one in station.holdings.tariffs.items() if one["evseIds"] != [payload["evseId"]]
    }
    station.holdings.tariffs[tariff["tariffId"]] = {
        "tariffId": tariff["tariffId"],
        "tariffKind": "DefaultTariff",
        "evseIds": [payload["evseId"]],
    }
    return {"status": "Accepted"}


def _get_tariffs(station: Obedient, _payload: Json) -> Json:
    held = list(station.holdings.tariffs.values())
    return {"status": "Accepted", "tariffAssignments": held} if held else {"status": "NoTariff"}


def _clear_tariffs(station: Obedient, payload: Json) -> Json:
    held = station.holdings.tariffs
    results = [
        {"tariffId": name, "status": "Accepted" if held.pop(name, None) is not None else "NoTariff"}
        for name in payload.get("tariffIds") or list(held)
    ]
    return {"clearTariffsResult": results or [{"status": "NoTariff"}]}


def _change_tariff(station: Obedient, payload: Json) -> Json:
    running = [one.transaction.key for one in station.positions.values() if one.transaction is not None]
    return {"status": "Accepted" if payload["transactionId"] in running else "TxNotFound"}


def _set_control(station: Obedient, payload: Json) -> Json:
    station.holdings.controls[payload["controlId"]] = payload
    return {"status": "Accepted"}


# Where ReportDERControl puts what SetDERControl said.
_CONTENTS = (
    "enterService", "fixedPFAbsorb", "fixedPFInject", "fixedVar", "freqDroop", "gradient", "limitMaxDischarge",
)  # fmt: skip


def _fitting(station: Obedient, payload: Json) -> list[Json]:
    return [
        one
        for one in station.holdings.controls.values()
        if all(payload.get(name) in (None, one[name]) for name in ("isDefault", "controlType", "controlId"))
    ]


def _get_controls(station: Obedient, payload: Json) -> Json:
    found = _fitting(station, payload)
    if not found:
        return {"status": "NotFound"}
    report: Json = {"requestId": payload["requestId"]}
    for one in found:
        named = {"id": one["controlId"], "isDefault": one["isDefault"], "isSuperseded": False}
        for name in _CONTENTS:
            if name in one:
                report.setdefault(name, []).append({**named, name: one[name]})
        if "curve" in one:
            report.setdefault("curve", []).append({**named, "curveType": one["controlType"], "curve": one["curve"]})
    station.tell([("ReportDERControl", report)])
    return {"status": "Accepted"}


def _clear_controls(station: Obedient, payload: Json) -> Json:
    found = _fitting(station, payload)
    for one in found:
        del station.holdings.controls[one["controlId"]]
    return {"status": "Accepted" if found else "NotFound"}


def _yes(_station: Obedient, _payload: Json) -> Json:
    return {"status": "Accepted"}


def _nothing(_station: Obedient, _payload: Json) -> Json:
    return {}


COMMANDS: dict[str, Handler] = {
    "SetChargingProfile": _set,
    "ClearChargingProfile": _clear,
    "GetChargingProfiles": _get,
    "GetCompositeSchedule": _composite,
    "ReserveNow": _reserve,
    "CancelReservation": _unreserve,
    "SendLocalList": _list,
    "GetLocalListVersion": _version,
}
COMMANDS21: dict[str, Handler] = {
    "UpdateDynamicSchedule": _move,
    "UsePriorityCharging": _priority,
    "NotifyAllowedEnergyTransfer": _yes,
    "SetDefaultTariff": _set_tariff,
    "GetTariffs": _get_tariffs,
    "ClearTariffs": _clear_tariffs,
    "ChangeTransactionTariff": _change_tariff,
    "SetDERControl": _set_control,
    "GetDERControl": _get_controls,
    "ClearDERControl": _clear_controls,
    "AFRRSignal": _yes,
    "RequestBatterySwap": _yes,
    "NotifyWebPaymentStarted": _nothing,
}
