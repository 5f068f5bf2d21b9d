"""OCPP's requests as our mutations: a table a version, from the payload the suite gives to the mutation's arguments."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.graphql import GraphQL
from tests.conformance.stations import Station, session_of, token_of

Payload = dict[str, Any]
Asked = tuple[str, dict[str, Any]]  # mutation, arguments
Ask = Callable[[GraphQL, Station, Payload], Awaitable[Asked]]

# Requests whose GraphQL input is OCPP 2.0.1's own payload.
PLAIN: dict[str, str] = {
    "CancelReservation": "reservationWithdraw",
    "CertificateSigned": "certificateSend",
    "ClearCache": "cacheClear",
    "ClearChargingProfile": "chargingProfileClear",
    "ClearDisplayMessage": "displayMessageClear",
    "ClearVariableMonitoring": "monitorsClear",
    "CostUpdated": "displayedCostUpdate",
    "CustomerInformation": "customerInformationGet",
    "DeleteCertificate": "certificateDelete",
    "GetBaseReport": "baseReportGet",
    "GetChargingProfiles": "chargingProfilesGet",
    "GetCompositeSchedule": "compositeScheduleGet",
    "GetInstalledCertificateIds": "certificatesReport",
    "GetLocalListVersion": "localListVersionGet",
    "GetLog": "logSend",
    "GetMonitoringReport": "monitoringReportGet",
    "GetReport": "reportGet",
    "GetTransactionStatus": "transactionStatusGet",
    "InstallCertificate": "certificateInstall",
    "PublishFirmware": "firmwarePublish",
    "ReserveNow": "reservationSend",
    "SendLocalList": "localListSend",
    "SetChargingProfile": "chargingProfileSet",
    "SetDisplayMessage": "displayMessageSet",
    "SetMonitoringBase": "monitoringBaseSet",
    "SetMonitoringLevel": "monitoringLevelSet",
    "SetNetworkProfile": "networkProfileSet",
    "SetVariableMonitoring": "monitorsSet",
    "UnpublishFirmware": "firmwareUnpublish",
    "UpdateFirmware": "firmwareUpdate",
}
_WITHOUT_REQUEST = frozenset({"ClearCache", "GetLocalListVersion"})


def plain(action: str) -> Ask:
    mutation = PLAIN[action]

    async def ask(api: GraphQL, station: Station, payload: Payload) -> Asked:
        arguments: dict[str, Any] = {"stationId": station.id}
        return mutation, arguments | ({} if action in _WITHOUT_REQUEST else {"request": payload})

    return ask


async def _get_messages(api: GraphQL, station: Station, payload: Payload) -> Asked:
    """Our name for the rank: every request has a priority of its own, its turn among those that wait."""
    named = {"messagePriority" if name == "priority" else name: value for name, value in payload.items()}
    return "displayMessagesGet", {"stationId": station.id, "request": named}


async def _start(api: GraphQL, station: Station, payload: Payload) -> Asked:
    """A known card at a known EVSE is a session of ours; everything else is said as it is given."""
    token = await token_of(api, payload["idToken"]["idToken"])
    evse = station.evses.get(payload.get("evseId") or 0)
    if token is None or evse is None or "chargingProfile" in payload:
        return "startRequestSend", {"stationId": station.id, "request": payload}
    return "sessionStart", {"evseId": evse, "tokenId": token}


async def _stop(api: GraphQL, station: Station, payload: Payload) -> Asked:
    session = await session_of(api, station, payload["transactionId"])
    if session is None:
        return "stopRequestSend", {"stationId": station.id, "request": payload}
    return "sessionStop", {"sessionId": session}


async def _unlock(api: GraphQL, station: Station, payload: Payload) -> Asked:
    connector = station.connectors.get((payload["evseId"], payload["connectorId"]))
    if connector is None:
        return "unlockRequestSend", {"stationId": station.id, "request": payload}
    return "connectorUnlock", {"connectorId": connector}


async def _reset(api: GraphQL, station: Station, payload: Payload) -> Asked:
    evse = station.evses.get(payload.get("evseId") or 0)
    kind = payload["type"]
    how = {"whenIdle": kind == "OnIdle", "resume": kind == "ImmediateAndResume"}
    return "stationReset", {"stationId": station.id, "evseId": evse, **how}


async def _availability(api: GraphQL, station: Station, payload: Payload) -> Asked:
    place = payload.get("evse") or {}
    number = place.get("id") or 0
    return "availabilityChange", {
        "stationId": station.id,
        "operative": payload["operationalStatus"] == "Operative",
        "evseId": station.evses.get(number),
        "connectorId": station.connectors.get((number, place.get("connectorId") or 0)),
    }


async def _trigger(api: GraphQL, station: Station, payload: Payload) -> Asked:
    place = payload.get("evse") or {}
    number = place.get("id") or 0
    return "messageTrigger", {
        "stationId": station.id,
        "message": payload["requestedMessage"],
        "evseId": station.evses.get(number),
    }


def _variable(entry: Payload) -> Payload:
    component = entry["component"]
    place = component.get("evse") or {}
    named = {
        "component": component["name"],
        "componentInstance": component.get("instance"),
        "evse": place.get("id"),
        "connector": place.get("connectorId"),
        "variable": entry["variable"]["name"],
        "instance": entry["variable"].get("instance"),
        "attribute": entry.get("attributeType"),
        "value": entry.get("attributeValue"),
    }
    return {name: value for name, value in named.items() if value is not None}


async def _get_variables(api: GraphQL, station: Station, payload: Payload) -> Asked:
    variables = [_variable(entry) for entry in payload["getVariableData"]]
    return "variablesGet", {"stationId": station.id, "variables": variables}


async def _set_variables(api: GraphQL, station: Station, payload: Payload) -> Asked:
    variables = [_variable(entry) for entry in payload["setVariableData"]]
    return "variablesSet", {"stationId": station.id, "variables": variables}


async def _password(api: GraphQL, station: Station, payload: Payload) -> Asked:
    return "stationPasswordRotate", {"stationId": station.id}


async def _transfer(api: GraphQL, station: Station, payload: Payload) -> Asked:
    return "dataTransferSend", {"stationId": station.id, "request": payload}


ACTIONS_2: dict[str, Ask] = {
    **{action: plain(action) for action in PLAIN},
    "GetDisplayMessages": _get_messages,
    "RequestStartTransaction": _start,
    "RequestStopTransaction": _stop,
    "UnlockConnector": _unlock,
    "Reset": _reset,
    "ChangeAvailability": _availability,
    "TriggerMessage": _trigger,
    "GetVariables": _get_variables,
    "SetVariables": _set_variables,
    "UpdateBasicAuthPassword": _password,
    "DataTransfer": _transfer,
}
