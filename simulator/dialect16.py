"""OCPP 1.6J as a charge point speaks it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator import power16
from simulator.clock import stamp
from simulator.position import Position, Sample, Transaction
from simulator.spec import VENDOR, StationSpec
from simulator.voice import Build, Json, Obedient, Said

_REASONS = frozenset(
    {
        "PowerLoss",
        "EVDisconnected",
        "HardReset",
        "Local",
        "Other",
        "Reboot",
        "Remote",
        "SoftReset",
        "UnlockCommand",
        "DeAuthorized",
    }
)
_TRIGGER_CONTEXT = {"MeterValueClock": "Sample.Clock", "Trigger": "Trigger"}


def _sampled(sample: Sample) -> Json:
    context = sample.context

    def value(number: float | int, measurand: str, unit: str, **more: str) -> Json:
        return {"value": f"{number:g}" if isinstance(number, float) else str(number), "context": context} | {
            "measurand": measurand,
            "unit": unit,
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


class Voice16:
    def boot(self, spec: StationSpec, _reason: str) -> Said:
        return "BootNotification", {
            "chargePointVendor": VENDOR,
            "chargePointModel": spec.model[:20],
            "chargePointSerialNumber": spec.identity[:25],
            "firmwareVersion": spec.firmware,
        }

    def status_word(self, position: Position) -> str:
        transaction = position.transaction
        if not position.operative:
            return "Unavailable"
        if transaction is not None:
            return "Charging" if transaction.state == "Charging" else "SuspendedEV"
        if position.plugged:
            return "Finishing" if position.ended else "Preparing"
        if position.kept_free:
            return "Reserved"
        return "Preparing" if position.authorised else "Available"

    def status(self, position: Position, at: datetime) -> Said:
        return self._status(position.number, self.status_word(position), at)

    def station_status(self, *, operative: bool, at: datetime) -> Said | None:
        return self._status(0, "Available" if operative else "Unavailable", at)

    def _status(self, connector: int, word: str, at: datetime) -> Said:
        payload = {"connectorId": connector, "errorCode": "NoError", "status": word, "timestamp": stamp(at)}
        return "StatusNotification", payload

    def authorize(self, uid: str) -> Said:
        return "Authorize", {"idTag": uid}

    def token_accepted(self, answer: Json) -> bool:
        return bool(answer.get("idTagInfo", {}).get("status", "Accepted") == "Accepted")

    def learn(self, transaction: Transaction, answer: Json) -> None:
        transaction.backend_id = answer.get("transactionId")

    def started(self, position: Position, transaction: Transaction, sample: Sample, _trigger: str) -> Build:
        payload = {
            "connectorId": position.number,
            "idTag": transaction.token,
            "meterStart": sample.register_wh,
            "timestamp": stamp(sample.at),
        }
        if transaction.reservation is not None:
            payload["reservationId"] = transaction.reservation
        return lambda _offline: ("StartTransaction", payload)

    def updated(self, position: Position, transaction: Transaction, sample: Sample, trigger: str) -> Build | None:
        if trigger not in ("MeterValuePeriodic", *_TRIGGER_CONTEXT):
            return None  # a change of state is a StatusNotification in 1.6
        values = [_sampled(sample)]
        number = position.number

        def build(_offline: bool) -> Said:
            # -1 is what errata 3.18 asks for when StartTransaction.conf never came.
            known = transaction.backend_id if transaction.backend_id is not None else -1
            return "MeterValues", {"connectorId": number, "transactionId": known, "meterValue": values}

        return build

    def ended(self, position: Position, transaction: Transaction, sample: Sample, reason: str) -> Build:
        payload: Json = {
            "idTag": transaction.token,
            "meterStop": sample.register_wh,
            "timestamp": stamp(sample.at),
            "reason": reason if reason in _REASONS else "Other",
        }

        def build(_offline: bool) -> Said:
            known = transaction.backend_id if transaction.backend_id is not None else -1
            return "StopTransaction", {**payload, "transactionId": known}

        return build

    def meter_values(self, position: Position, sample: Sample) -> Said:
        return "MeterValues", {"connectorId": position.number, "meterValue": [_sampled(sample)]}

    def reservation_over(self, number: int) -> Said | None:
        return None  # the status says it

    def obey(self, station: Obedient, action: str, payload: Json) -> Json | str:
        handler = _COMMANDS.get(action)
        return "NotImplemented" if handler is None else handler(station, payload)


def _remote_start(station: Obedient, payload: Json) -> Json:
    accepted = station.remote_start(payload.get("connectorId"), payload["idTag"], None)
    return {"status": "Accepted" if accepted else "Rejected"}


def _remote_stop(station: Obedient, payload: Json) -> Json:
    for position in station.positions.values():
        if position.transaction is not None and position.transaction.backend_id == payload["transactionId"]:
            station.remote_stop(position)
            return {"status": "Accepted"}
    return {"status": "Rejected"}


def _reset(station: Obedient, payload: Json) -> Json:
    # Soft stops transactions gracefully and then restarts (§5.14): the answer is Accepted either way.
    station.reset(when_idle=False, stop_reason="SoftReset" if payload["type"] == "Soft" else "HardReset")
    return {"status": "Accepted"}


def _unlock(station: Obedient, payload: Json) -> Json:
    position = station.positions.get(payload["connectorId"])
    if position is None:
        return {"status": "NotSupported"}
    station.unlock(position)
    return {"status": "Unlocked"}


def _availability(station: Obedient, payload: Json) -> Json:
    evse = payload["connectorId"] or None
    if evse is not None and evse not in station.positions:
        return {"status": "Rejected"}
    done = station.set_availability(evse, operative=payload["type"] == "Operative")
    return {"status": "Accepted" if done else "Scheduled"}


def _trigger(station: Obedient, payload: Json) -> Json:
    evse = payload.get("connectorId") or None
    if evse is not None and evse not in station.positions:
        return {"status": "Rejected"}
    known = payload["requestedMessage"] != "TransactionEvent" and station.repeat(payload["requestedMessage"], evse)
    return {"status": "Accepted" if known else "NotImplemented"}


def _get_configuration(station: Obedient, payload: Json) -> Json:
    wanted: list[Any] = payload.get("key") or [setting.key for setting in station.settings]
    found = [(key, station.settings.by_key(key)) for key in wanted]
    return {
        "configurationKey": [
            {"key": setting.key, "readonly": setting.read_only, "value": setting.value}
            for _, setting in found
            if setting is not None
        ],
        "unknownKey": [key for key, setting in found if setting is None],
    }


def _change_configuration(station: Obedient, payload: Json) -> Json:
    setting = station.settings.by_key(payload["key"])
    return {"status": "NotSupported" if setting is None else station.settings.change(setting, payload["value"])}


def _data_transfer(_station: Obedient, _payload: Json) -> Json:
    return {"status": "UnknownVendorId"}


def _clear_cache(_station: Obedient, _payload: Json) -> Json:
    return {"status": "Accepted"}


_COMMANDS: dict[str, Callable[[Obedient, Json], Json]] = {
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _remote_stop,
    "Reset": _reset,
    "UnlockConnector": _unlock,
    "ChangeAvailability": _availability,
    "TriggerMessage": _trigger,
    "GetConfiguration": _get_configuration,
    "ChangeConfiguration": _change_configuration,
    "DataTransfer": _data_transfer,
    "ExtendedTriggerMessage": _trigger,
    "ClearCache": _clear_cache,
    **power16.COMMANDS,
}
