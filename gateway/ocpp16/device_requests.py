"""Configuration, triggers and the cache as OCPP 1.6 requests."""

from app.domain.configuration_key import key_of
from app.domain.request.core import GetVariables, SetVariables, TriggerMessage
from app.domain.request.device_model import ClearCache
from gateway.dialect import Inexpressible, Payload
from gateway.ocpp16.commands import expand

# Messages that only the security extension can trigger (1.6 Security whitepaper §5.5), by their 2.x names and its own.
_EXTENDED = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargePointCertificate": "SignChargePointCertificate",
    "SignChargingStationCertificate": "SignChargePointCertificate",
}


@expand.register
def _trigger(body: TriggerMessage) -> tuple[str, Payload]:
    if body.custom is not None:
        raise Inexpressible("OCPP 1.6 has no custom triggers")
    extended = _EXTENDED.get(body.message)
    payload: dict[str, object] = {"requestedMessage": extended or body.message}
    if body.evse is not None:
        payload["connectorId"] = body.evse
    return "TriggerMessage" if extended is None else "ExtendedTriggerMessage", payload


@expand.register
def _get(body: GetVariables) -> tuple[str, Payload]:
    names = [key_of(name) for name in body.variables]
    # Without the list a charge point answers with its whole configuration (§5.8).
    return "GetConfiguration", {"key": names} if names else {}


@expand.register
def _set(body: SetVariables) -> tuple[str, Payload]:
    if len(body.variables) != 1:
        raise Inexpressible("OCPP 1.6 changes exactly one configuration key at a time")
    name, value = body.variables[0]
    return "ChangeConfiguration", {"key": key_of(name), "value": value}


@expand.register
def _clear_cache(body: ClearCache) -> tuple[str, Payload]:
    return "ClearCache", {}
