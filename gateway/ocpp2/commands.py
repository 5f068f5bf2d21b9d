"""Commands as OCPP 2.0.1 and 2.1 requests, and what a station's answers to them mean."""

from functools import singledispatch

from app.domain.request import StationRequest
from app.domain.request.core import (
    ChangeAvailability,
    GetVariables,
    Reset,
    ResetAndResume,
    SendDataTransfer,
    SetVariables,
    StartTransaction,
    StopTransaction,
    TriggerMessage,
    UnlockConnector,
    VariableName,
)
from app.domain.request.password import RotatePassword
from app.domain.request.plain import ReleaseConnector, SendRaw
from gateway.dialect import Outcome, Payload
from gateway.fields import part, parts, text
from gateway.ocpp2 import power_outcomes, wire
from gateway.transfer import raw_payload, transfer_value


def _evse(evse: int, connector: int | None) -> Payload:
    return {"id": evse} if connector is None else {"id": evse, "connectorId": connector}


@singledispatch
def expand(body: StationRequest) -> tuple[str, Payload]:
    """The action and payload of a command. Requests speak 2.x already; those that do not are translated below."""
    return type(body).__name__, wire.payload(body)


@expand.register
def _start(body: StartTransaction) -> tuple[str, Payload]:
    return "RequestStartTransaction", {
        "idToken": {"idToken": body.token.uid, "type": body.token.ocpp_type},
        "remoteStartId": body.remote_start_id,
        "evseId": body.evse,
    }


@expand.register
def _stop(body: StopTransaction) -> tuple[str, Payload]:
    return "RequestStopTransaction", {"transactionId": body.transaction_id}


@expand.register
def _unlock(body: UnlockConnector) -> tuple[str, Payload]:
    return "UnlockConnector", {"evseId": body.evse, "connectorId": body.connector}


@expand.register
def _reset(body: Reset) -> tuple[str, Payload]:
    payload: dict[str, object] = {"type": "OnIdle" if body.when_idle else "Immediate"}
    if body.evse is not None:
        payload["evseId"] = body.evse
    return "Reset", payload


@expand.register
def _reset_and_resume(body: ResetAndResume) -> tuple[str, Payload]:
    return "Reset", {"type": "ImmediateAndResume", **({} if body.evse is None else {"evseId": body.evse})}


@expand.register
def _availability(body: ChangeAvailability) -> tuple[str, Payload]:
    payload: dict[str, object] = {"operationalStatus": "Operative" if body.operative else "Inoperative"}
    if body.evse is not None:
        payload["evse"] = _evse(body.evse, body.connector)
    return "ChangeAvailability", payload


@expand.register
def _trigger(body: TriggerMessage) -> tuple[str, Payload]:
    payload: dict[str, object] = {"requestedMessage": body.message}
    if body.evse is not None:
        payload["evse"] = _evse(body.evse, body.connector)
    if body.custom is not None:
        payload["customTrigger"] = body.custom
    return "TriggerMessage", payload


def _named(name: VariableName) -> dict[str, object]:
    component: dict[str, object] = {"name": name.component}
    if name.component_instance is not None:
        component["instance"] = name.component_instance
    if name.evse is not None:
        component["evse"] = _evse(name.evse, name.connector)
    variable: dict[str, object] = {"name": name.variable}
    if name.instance is not None:
        variable["instance"] = name.instance
    named: dict[str, object] = {"component": component, "variable": variable}
    return named if name.attribute is None else {**named, "attributeType": name.attribute.value}


@expand.register
def _get(body: GetVariables) -> tuple[str, Payload]:
    return "GetVariables", {"getVariableData": [_named(name) for name in body.variables]}


@expand.register
def _set(body: SetVariables) -> tuple[str, Payload]:
    data = [{**_named(name), "attributeValue": value} for name, value in body.variables]
    return "SetVariables", {"setVariableData": data}


@expand.register
def _raw(body: SendRaw) -> tuple[str, Payload]:
    return body.action, raw_payload(body.payload)


@expand.register
def _release(body: ReleaseConnector) -> tuple[str, Payload]:
    return "UnlockConnector", wire.payload(body)


@expand.register
def _password(body: RotatePassword) -> tuple[str, Payload]:
    name = VariableName("SecurityCtrlr", "BasicAuthPassword")
    return "SetVariables", {"setVariableData": [{**_named(name), "attributeValue": body.password}]}


@expand.register
def _transfer(body: SendDataTransfer) -> tuple[str, Payload]:
    payload: dict[str, object] = {"vendorId": body.vendor_id}
    if body.message_id is not None:
        payload["messageId"] = body.message_id
    if body.data is not None:
        payload["data"] = transfer_value(body.data)
    return "DataTransfer", payload


# Statuses that mean "yes" or "yes, soon" where that is not just Accepted; everything else is a refusal.
ACCEPTED: dict[str, frozenset[str]] = {
    "Reset": frozenset({"Accepted", "Scheduled"}),
    "UnlockConnector": frozenset({"Unlocked"}),
    "ChangeAvailability": frozenset({"Accepted", "Scheduled"}),
    "SetVariables": frozenset({"Accepted", "RebootRequired"}),
    "GetLog": frozenset({"Accepted", "AcceptedCanceled"}),
    "UpdateFirmware": frozenset({"Accepted", "AcceptedCanceled"}),
    "UnpublishFirmware": frozenset({"Unpublished", "DownloadOngoing"}),
    **power_outcomes.ACCEPTED,
}
# To answer these at all is to agree.
_WITHOUT_STATUS = power_outcomes.WITHOUT_STATUS | frozenset(
    {"GetLocalListVersion", "GetTransactionStatus", "CostUpdated", "GetPeriodicEventStream"}
)
_YES = frozenset({"Accepted"})
# These answer for each variable or monitor on its own: where the results are, and the name of a result's own words.
_RESULTS = {
    "GetVariables": ("getVariableResult", "attributeStatus"),
    "SetVariables": ("setVariableResult", "attributeStatus"),
    "SetVariableMonitoring": ("setMonitoringResult", "status"),
    "ClearVariableMonitoring": ("clearMonitoringResult", "status"),
}


def outcome(action: str, payload: Payload) -> Outcome:
    """What a CALLRESULT to ``action`` says; for variables the first refusal, or the first result when there is none."""
    if action in _WITHOUT_STATUS:
        return Outcome("Accepted", True)
    accepted = ACCEPTED.get(action, _YES)
    if (special := power_outcomes.OTHER.get(action)) is not None:
        return special(payload)
    if action not in _RESULTS:
        status = text(payload, "status") or ""
        info = part(payload, "statusInfo")
        return Outcome(status, status in accepted, text(info, "reasonCode"), text(info, "additionalInfo"))
    where, word = _RESULTS[action]
    results = list(parts(payload, where))
    telling = next((result for result in results if result.get(word) not in accepted), None)
    telling = telling if telling is not None else (results[0] if results else {})
    status = text(telling, word) or ""
    info = part(telling, f"{word}Info")
    return Outcome(status, status in accepted, text(info, "reasonCode"), text(info, "additionalInfo"))
