"""Commands as OCPP 1.6 requests, and what a charge point's answers to them mean."""

from collections.abc import Callable
from functools import singledispatch

from app.domain.request import StationRequest
from app.domain.request.core import (
    ChangeAvailability,
    Reset,
    SendDataTransfer,
    StartTransaction,
    StopTransaction,
    UnlockConnector,
)
from app.domain.request.local_list import AuthorizationData, GetLocalListVersion, SendLocalList
from app.domain.request.plain import ReleaseConnector, RequestStopTransaction, SendRaw
from gateway.dialect import Inexpressible, Outcome, Payload
from gateway.fields import text, utc_text
from gateway.ocpp16.answers import STATUSES
from gateway.transfer import raw_payload, transfer_value


@singledispatch
def expand(body: StationRequest) -> tuple[str, Payload]:
    """The action and payload of a command, by its type. Raises `Inexpressible`."""
    raise Inexpressible(f"{type(body).__name__} has no words in this version")


@expand.register
def _start(body: StartTransaction) -> tuple[str, Payload]:
    return "RemoteStartTransaction", {"connectorId": body.evse, "idTag": body.token.uid}


@expand.register
def _stop(body: StopTransaction) -> tuple[str, Payload]:
    try:
        return "RemoteStopTransaction", {"transactionId": int(body.transaction_id)}
    except ValueError:
        raise Inexpressible("OCPP 1.6 transaction ids are integers") from None


@expand.register
def _reset(body: Reset) -> tuple[str, Payload]:
    if body.evse is not None:
        raise Inexpressible("OCPP 1.6 resets the whole station, not one EVSE")
    return "Reset", {"type": "Soft" if body.when_idle else "Hard"}


@expand.register
def _unlock(body: UnlockConnector) -> tuple[str, Payload]:
    return "UnlockConnector", {"connectorId": body.evse}


@expand.register
def _availability(body: ChangeAvailability) -> tuple[str, Payload]:
    return "ChangeAvailability", {
        "connectorId": body.evse or 0,
        "type": "Operative" if body.operative else "Inoperative",
    }


@expand.register
def _transfer(body: SendDataTransfer) -> tuple[str, Payload]:
    payload: dict[str, object] = {"vendorId": body.vendor_id}
    if body.message_id is not None:
        payload["messageId"] = body.message_id
    if body.data is not None:
        # 1.6 data is text: a JSON string is sent as its text, anything else as the JSON itself.
        value = transfer_value(body.data)
        payload["data"] = value if isinstance(value, str) else body.data
    return "DataTransfer", payload


@expand.register
def _plain_stop(body: RequestStopTransaction) -> tuple[str, Payload]:
    return _stop(StopTransaction(body.transaction_id))


@expand.register
def _raw(body: SendRaw) -> tuple[str, Payload]:
    return body.action, raw_payload(body.payload)


@expand.register
def _release(body: ReleaseConnector) -> tuple[str, Payload]:
    return "UnlockConnector", {"connectorId": body.evse_id}


@expand.register
def _send_list(body: SendLocalList) -> tuple[str, Payload]:
    entries = [_list_entry(entry) for entry in body.local_authorization_list]
    payload: dict[str, object] = {"listVersion": body.version_number, "updateType": body.update_type.value}
    return "SendLocalList", payload | ({"localAuthorizationList": entries} if entries else {})


def _list_entry(entry: AuthorizationData) -> Payload:
    """1.6 knows no token types; an entry without an idTagInfo comes off the list."""
    found: dict[str, object] = {"idTag": entry.id_token.id_token}
    info = entry.id_token_info
    if info is not None:
        status = STATUSES[info.status]
        found["idTagInfo"] = {
            "status": status,
            **({"expiryDate": utc_text(info.cache_expiry_date_time)} if info.cache_expiry_date_time else {}),
            **({"parentIdTag": info.group_id_token.id_token} if info.group_id_token else {}),
        }
    return found


@expand.register
def _list_version(body: GetLocalListVersion) -> tuple[str, Payload]:
    return "GetLocalListVersion", {}


# Statuses that mean "yes" or "yes, soon" where that is not just Accepted; everything else is a refusal.
ACCEPTED: dict[str, frozenset[str]] = {
    "UnlockConnector": frozenset({"Unlocked"}),
    "ChangeAvailability": frozenset({"Accepted", "Scheduled"}),
    "ChangeConfiguration": frozenset({"Accepted", "RebootRequired"}),
    "GetLog": frozenset({"Accepted", "AcceptedCanceled"}),
    "SignedUpdateFirmware": frozenset({"Accepted", "AcceptedCanceled"}),
}
_YES = frozenset({"Accepted"})


def _configuration_outcome(payload: Payload) -> Outcome:
    """GetConfiguration has no status of its own: it went well unless keys were unknown."""
    unknown = payload.get("unknownKey")
    names = ", ".join(str(name) for name in unknown[:10]) if isinstance(unknown, list) else ""
    if names:
        return Outcome("UnknownKey", False, None, names[:500])
    return Outcome("Accepted", True)


_WITHOUT_STATUS = frozenset({"GetLocalListVersion", "UpdateFirmware", "GetDiagnostics"})  # to answer at all is to agree
_OTHER: dict[str, Callable[[Payload], Outcome]] = {"GetConfiguration": _configuration_outcome}


def outcome(action: str, payload: Payload) -> Outcome:
    """What a CALLRESULT to ``action`` says."""
    if action in _WITHOUT_STATUS:
        return Outcome("Accepted", True)
    special = _OTHER.get(action)
    if special is not None:
        return special(payload)
    status = text(payload, "status") or ""
    return Outcome(status, status in ACCEPTED.get(action, _YES))
