"""OCPP 1.6's requests as our mutations, which speak 2.0.1."""

from typing import Any

from tests.conformance.actions import ACTIONS_2, Ask, Asked, Payload
from tests.conformance.graphql import GraphQL
from tests.conformance.stations import Station

_RESETS = {"Hard": "Immediate", "Soft": "OnIdle"}
_ROOTS = {"CentralSystemRootCertificate": "CSMSRootCertificate"}
# A 1.6 card has no type; its own tokens are cards.
_CARD = "ISO14443"
# The component of keys that have no other place in 2.0.1's device model.
_KEYS = "Configuration"


def _present(**fields: Any) -> Payload:
    return {name: value for name, value in fields.items() if value is not None}


def _entry(entry: Payload) -> Payload:
    info = entry.get("idTagInfo")
    said = None
    if info is not None:
        parent = info.get("parentIdTag")
        said = _present(
            status=info["status"],
            cacheExpiryDateTime=info.get("expiryDate"),
            groupIdToken=None if parent is None else {"idToken": parent, "type": "Central"},
        )
    return _present(idToken={"idToken": entry["idTag"], "type": _CARD}, idTokenInfo=said)


def _profile(profile: Payload) -> Payload:
    schedule = profile["chargingSchedule"]
    purpose = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}.get(
        profile["chargingProfilePurpose"], profile["chargingProfilePurpose"]
    )
    transaction = profile.get("transactionId")
    return _present(
        id=profile["chargingProfileId"],
        stackLevel=profile["stackLevel"],
        chargingProfilePurpose=purpose,
        chargingProfileKind=profile["chargingProfileKind"],
        recurrencyKind=profile.get("recurrencyKind"),
        validFrom=profile.get("validFrom"),
        validTo=profile.get("validTo"),
        transactionId=None if transaction is None else str(transaction),
        chargingSchedule=[
            _present(
                id=1,
                duration=schedule.get("duration"),
                startSchedule=schedule.get("startSchedule"),
                chargingRateUnit=schedule["chargingRateUnit"],
                minChargingRate=schedule.get("minChargingRate"),
                chargingSchedulePeriod=[
                    _present(startPeriod=p["startPeriod"], limit=p["limit"], numberPhases=p.get("numberPhases"))
                    for p in schedule["chargingSchedulePeriod"]
                ],
            )
        ],
    )


def _criteria(payload: Payload) -> Payload:
    purpose = payload.get("chargingProfilePurpose")
    purpose = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}.get(purpose or "", purpose)
    criteria = _present(
        evseId=payload.get("connectorId"), chargingProfilePurpose=purpose, stackLevel=payload.get("stackLevel")
    )
    return {"chargingProfileId": payload["id"]} if "id" in payload else {"chargingProfileCriteria": criteria}


def _composite(payload: Payload) -> Payload:
    return _present(
        evseId=payload["connectorId"], duration=payload["duration"], chargingRateUnit=payload.get("chargingRateUnit")
    )


def _firmware(payload: Payload) -> Payload:
    return {
        "requestId": 1,
        "firmware": {"location": payload["location"], "retrieveDateTime": payload["retrieveDate"]},
        **_present(retries=payload.get("retries"), retryInterval=payload.get("retryInterval")),
    }


# 1.6 payload -> 2.0.1 payload, by the 1.6 action's name in the suite's addresses
_PAYLOADS: dict[str, tuple[str, Any]] = {
    "remote-start-transaction": (
        "RequestStartTransaction",
        lambda p: _present(
            idToken={"idToken": p["idTag"], "type": _CARD},
            remoteStartId=1,
            evseId=p.get("connectorId"),
            chargingProfile=_profile(p["chargingProfile"]) if "chargingProfile" in p else None,
        ),
    ),
    "remote-stop-transaction": ("RequestStopTransaction", lambda p: {"transactionId": str(p["transactionId"])}),
    "unlock-connector": ("UnlockConnector", lambda p: {"evseId": p["connectorId"], "connectorId": 1}),
    "reset": ("Reset", lambda p: {"type": _RESETS[p["type"]]}),
    "change-availability": (
        "ChangeAvailability",
        lambda p: {"operationalStatus": p["type"], **({"evse": {"id": p["connectorId"]}} if p["connectorId"] else {})},
    ),
    "trigger-message": (
        "TriggerMessage",
        lambda p: _present(requestedMessage=p["requestedMessage"], evse=_place(p.get("connectorId"))),
    ),
    "extended-trigger-message": (
        "TriggerMessage",
        lambda p: _present(requestedMessage=p["requestedMessage"], evse=_place(p.get("connectorId"))),
    ),
    "reserve-now": (
        "ReserveNow",
        lambda p: _present(
            id=p["reservationId"],
            expiryDateTime=p["expiryDate"],
            idToken={"idToken": p["idTag"], "type": _CARD},
            evseId=p["connectorId"] or None,
            groupIdToken={"idToken": p["parentIdTag"], "type": "Central"} if p.get("parentIdTag") else None,
        ),
    ),
    "cancel-reservation": ("CancelReservation", lambda p: {"reservationId": p["reservationId"]}),
    "send-local-list": (
        "SendLocalList",
        lambda p: {
            "versionNumber": p["listVersion"],
            "updateType": p["updateType"],
            "localAuthorizationList": [_entry(entry) for entry in p.get("localAuthorizationList") or ()],
        },
    ),
    "get-local-list-version": ("GetLocalListVersion", lambda p: {}),
    "clear-cache": ("ClearCache", lambda p: {}),
    "set-charging-profile": (
        "SetChargingProfile",
        lambda p: {"evseId": p["connectorId"], "chargingProfile": _profile(p["csChargingProfiles"])},
    ),
    "clear-charging-profile": ("ClearChargingProfile", _criteria),
    "get-composite-schedule": ("GetCompositeSchedule", _composite),
    "update-firmware": ("UpdateFirmware", _firmware),
    "signed-update-firmware": ("UpdateFirmware", lambda p: p),
    "get-log": ("GetLog", lambda p: p),
    "install-certificate": (
        "InstallCertificate",
        lambda p: {**p, "certificateType": _ROOTS.get(p["certificateType"], p["certificateType"])},
    ),
    "get-installed-certificate-ids": (
        "GetInstalledCertificateIds",
        lambda p: {"certificateType": [_ROOTS.get(p["certificateType"], p["certificateType"])]},
    ),
    "delete-certificate": ("DeleteCertificate", lambda p: p),
    "certificate-signed": ("CertificateSigned", lambda p: p),
}


def _place(connector: int | None) -> Payload | None:
    return {"id": connector} if connector else None


def _translated(action: str) -> Ask:
    name, translate = _PAYLOADS[action]

    async def ask(api: GraphQL, station: Station, payload: Payload) -> Asked:
        return await ACTIONS_2[name](api, station, translate(payload))

    return ask


async def _get_configuration(api: GraphQL, station: Station, payload: Payload) -> Asked:
    keys = [{"component": _KEYS, "variable": key} for key in payload.get("key") or ()]
    return "variablesGet", {"stationId": station.id, "variables": keys}


async def _change_configuration(api: GraphQL, station: Station, payload: Payload) -> Asked:
    if payload["key"] == "AuthorizationKey":
        return "stationPasswordRotate", {"stationId": station.id}
    variable = {"component": _KEYS, "variable": payload["key"], "value": payload["value"]}
    return "variablesSet", {"stationId": station.id, "variables": [variable]}


async def _diagnostics(api: GraphQL, station: Station, payload: Payload) -> Asked:
    return "diagnosticsSend", {"stationId": station.id, "request": payload}


ACTIONS_16: dict[str, Ask] = {
    **{action: _translated(action) for action in _PAYLOADS},
    "get-configuration": _get_configuration,
    "change-configuration": _change_configuration,
    "get-diagnostics": _diagnostics,
}
