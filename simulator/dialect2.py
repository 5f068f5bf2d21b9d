"""OCPP 2.0.1 and 2.1 as a charging station speaks them."""

from collections.abc import Callable
from datetime import datetime

from simulator import power2
from simulator.clock import stamp
from simulator.device2 import DEVICE_COMMANDS
from simulator.position import Position, Sample, Transaction
from simulator.spec import VENDOR, StationSpec
from simulator.voice import Build, Json, Obedient, Said

# What made a transaction end, by its stoppedReason.
_END_TRIGGERS = {
    "Local": "StopAuthorized",
    "Remote": "RemoteStop",
    "EVDisconnected": "EVCommunicationLost",
    "DeAuthorized": "Deauthorized",
    "HardReset": "ResetCommand",
    "SoftReset": "ResetCommand",
    "Reboot": "ResetCommand",
    "UnlockCommand": "UnlockCommand",
}
_STOPPED_REASONS = {"HardReset": "ImmediateReset", "UnlockCommand": "Other"}


def _sampled(sample: Sample) -> Json:
    def value(number: float | int, measurand: str, unit: str, **more: str) -> Json:
        return {
            "value": number,
            "context": sample.context,
            "measurand": measurand,
            "unitOfMeasure": {"unit": unit},
            **more,
        }

    values = [
        value(sample.register_wh, "Energy.Active.Import.Register", "Wh", location="Outlet"),
        value(sample.power_w, "Power.Active.Import", "W", location="Outlet"),
    ]
    for line in range(1, sample.phases + 1):
        values.append(value(sample.current_a, "Current.Import", "A", phase=f"L{line}", location="Outlet"))
        values.append(value(sample.voltage_v, "Voltage", "V", phase=f"L{line}-N", location="Outlet"))
    if sample.soc_percent is not None:
        values.append(value(sample.soc_percent, "SoC", "Percent", location="EV"))
    return {"timestamp": stamp(sample.at), "sampledValue": values}


def _token(uid: str, remote_start_id: int | None = None) -> Json:
    return {"idToken": uid, "type": "ISO14443" if remote_start_id is None else "Central"}


class Voice2:
    def boot(self, spec: StationSpec, reason: str) -> Said:
        return "BootNotification", {
            "reason": reason,
            "chargingStation": {
                "vendorName": VENDOR,
                "model": spec.model[:20],
                "serialNumber": spec.identity[:25],
                "firmwareVersion": spec.firmware,
            },
        }

    def status_word(self, position: Position) -> str:
        if not position.operative:
            return "Unavailable"
        if position.kept_free:
            return "Reserved"
        return "Occupied" if position.plugged else "Available"

    def status(self, position: Position, at: datetime) -> Said:
        return "StatusNotification", {
            "timestamp": stamp(at),
            "connectorStatus": self.status_word(position),
            "evseId": position.number,
            "connectorId": 1,
        }

    def station_status(self, *, operative: bool, at: datetime) -> Said | None:
        return None  # 2.x speaks of connectors only

    def authorize(self, uid: str) -> Said:
        return "Authorize", {"idToken": _token(uid)}

    def token_accepted(self, answer: Json) -> bool:
        return bool(answer.get("idTokenInfo", {}).get("status", "Accepted") == "Accepted")

    def learn(self, transaction: Transaction, answer: Json) -> None:
        """2.x stations name their transactions themselves."""

    def _event(
        self, kind: str, position: Position, transaction: Transaction, sample: Sample, trigger: str
    ) -> tuple[Json, Json]:
        info: Json = {"transactionId": transaction.key, "chargingState": transaction.state}
        if transaction.remote_start_id is not None:
            info["remoteStartId"] = transaction.remote_start_id
        payload: Json = {
            "eventType": kind,
            "timestamp": stamp(sample.at),
            "triggerReason": trigger,
            "seqNo": transaction.next_seq_no(),
            "transactionInfo": info,
            "evse": {"id": position.number, "connectorId": 1},
            "meterValue": [_sampled(sample)],
        }
        return payload, info

    def started(self, position: Position, transaction: Transaction, sample: Sample, trigger: str) -> Build:
        payload, _ = self._event("Started", position, transaction, sample, trigger)
        if transaction.reservation is not None:
            payload["reservationId"] = transaction.reservation
        payload["idToken"] = _token(transaction.token, transaction.remote_start_id)
        return lambda offline: ("TransactionEvent", {**payload, "offline": offline})

    def updated(self, position: Position, transaction: Transaction, sample: Sample, trigger: str) -> Build | None:
        payload, _ = self._event("Updated", position, transaction, sample, trigger)
        return lambda offline: ("TransactionEvent", {**payload, "offline": offline})

    def ended(self, position: Position, transaction: Transaction, sample: Sample, reason: str) -> Build:
        trigger = _END_TRIGGERS.get(reason, "AbnormalCondition")
        payload, info = self._event("Ended", position, transaction, sample, trigger)
        info["stoppedReason"] = _STOPPED_REASONS.get(reason, reason)
        if reason == "Local":
            payload["idToken"] = _token(transaction.token, transaction.remote_start_id)
        return lambda offline: ("TransactionEvent", {**payload, "offline": offline})

    def meter_values(self, position: Position, sample: Sample) -> Said:
        return "MeterValues", {"evseId": position.number, "meterValue": [_sampled(sample)]}

    def reservation_over(self, number: int) -> Said | None:
        return "ReservationStatusUpdate", {"reservationId": number, "reservationUpdateStatus": "Expired"}

    def obey(self, station: Obedient, action: str, payload: Json) -> Json | str:
        handler = _COMMANDS.get(action)
        return "NotImplemented" if handler is None else handler(station, payload)


def _request_start(station: Obedient, payload: Json) -> Json:
    accepted = station.remote_start(payload.get("evseId"), payload["idToken"]["idToken"], payload["remoteStartId"])
    return {"status": "Accepted"} if accepted else _refused("Rejected", "Busy", "occupied, reserved or unavailable")


def _refused(status: str, code: str, info: str) -> Json:
    return {"status": status, "statusInfo": {"reasonCode": code, "additionalInfo": info}}


def _request_stop(station: Obedient, payload: Json) -> Json:
    for position in station.positions.values():
        if position.transaction is not None and position.transaction.key == payload["transactionId"]:
            station.remote_stop(position)
            return {"status": "Accepted"}
    return _refused("Rejected", "TxNotFound", "no such transaction here")


def _reset(station: Obedient, payload: Json) -> Json:
    if "evseId" in payload:
        return _refused("Rejected", "UnsupportedParam", "only the whole station can be reset")
    if payload["type"] == "ImmediateAndResume":
        return _refused("Rejected", "UnsupportedParam", "what was charged is not resumed after a reset")
    done = station.reset(when_idle=payload["type"] == "OnIdle", stop_reason="HardReset")
    return {"status": "Accepted" if done else "Scheduled"}


def _unlock(station: Obedient, payload: Json) -> Json:
    position = station.positions.get(payload["evseId"])
    if position is None or payload["connectorId"] != 1:
        return {"status": "UnknownConnector"}
    if position.transaction is not None:
        return {"status": "OngoingAuthorizedTransaction"}
    station.unlock(position)
    return {"status": "Unlocked"}


def _availability(station: Obedient, payload: Json) -> Json:
    evse = payload.get("evse", {}).get("id") or None
    if evse is not None and evse not in station.positions:
        return _refused("Rejected", "UnknownEvse", "no such EVSE here")
    done = station.set_availability(evse, operative=payload["operationalStatus"] == "Operative")
    return {"status": "Accepted" if done else "Scheduled"}


def _trigger(station: Obedient, payload: Json) -> Json:
    evse = payload.get("evse", {}).get("id") or None
    if evse is not None and evse not in station.positions:
        return {"status": "Rejected"}
    return {"status": "Accepted" if station.repeat(payload["requestedMessage"], evse) else "NotImplemented"}


def _variable(station: Obedient, data: Json, *, write: bool) -> Json:
    component, variable = data["component"], data["variable"]
    result: Json = {"component": component, "variable": variable}
    if data.get("attributeType", "Actual") != "Actual":
        return {**result, "attributeStatus": "NotSupportedAttributeType", "attributeType": data["attributeType"]}
    if not station.settings.has_component(component["name"]):
        return {**result, "attributeStatus": "UnknownComponent"}
    setting = station.settings.by_variable(component["name"], variable["name"], variable.get("instance"))
    if setting is None:
        return {**result, "attributeStatus": "UnknownVariable"}
    if write:
        status = station.settings.change(setting, data["attributeValue"])
        if status == "Accepted":
            station.tell(station.device.changed(setting))
        return {**result, "attributeStatus": status}
    return {**result, "attributeStatus": "Accepted", "attributeValue": setting.value}


def _get_variables(station: Obedient, payload: Json) -> Json:
    return {"getVariableResult": [_variable(station, data, write=False) for data in payload["getVariableData"]]}


def _set_variables(station: Obedient, payload: Json) -> Json:
    return {"setVariableResult": [_variable(station, data, write=True) for data in payload["setVariableData"]]}


def _data_transfer(_station: Obedient, _payload: Json) -> Json:
    return {"status": "UnknownVendorId"}


_COMMANDS: dict[str, Callable[[Obedient, Json], Json]] = {
    "RequestStartTransaction": _request_start,
    "RequestStopTransaction": _request_stop,
    "Reset": _reset,
    "UnlockConnector": _unlock,
    "ChangeAvailability": _availability,
    "TriggerMessage": _trigger,
    "GetVariables": _get_variables,
    "SetVariables": _set_variables,
    "DataTransfer": _data_transfer,
    **DEVICE_COMMANDS,
    **power2.COMMANDS,
}


class Voice21(Voice2):
    """What 2.1 adds."""

    def obey(self, station: Obedient, action: str, payload: Json) -> Json | str:
        handler = power2.COMMANDS21.get(action)
        return super().obey(station, action, payload) if handler is None else handler(station, payload)
