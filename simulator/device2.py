"""How a 2.x station answers what is asked about its device model, displays, customers and networks."""

from collections.abc import Callable

from simulator.voice import Json, Obedient

_ACCEPTED: Json = {"status": "Accepted"}
_IN_USE = 0  # the slot of the network profile that the station is connected with


def _refused(status: str, code: str, info: str) -> Json:
    return {"status": status, "statusInfo": {"reasonCode": code, "additionalInfo": info}}


def _base_report(station: Obedient, payload: Json) -> Json:
    entries = station.device.report(payload["reportBase"])
    station.tell(station.device.in_parts("NotifyReport", payload["requestId"], "reportData", entries))
    return _ACCEPTED


def _report(station: Obedient, payload: Json) -> Json:
    if "componentCriteria" in payload and "Problem" in payload["componentCriteria"]:
        return {"status": "EmptyResultSet"}  # nothing is ever broken here
    entries = station.device.chosen(payload.get("componentVariable", []))
    if not entries:
        return {"status": "EmptyResultSet"}
    station.tell(station.device.in_parts("NotifyReport", payload["requestId"], "reportData", entries))
    return _ACCEPTED


def _set_monitors(station: Obedient, payload: Json) -> Json:
    return {"setMonitoringResult": [station.device.monitor(data) for data in payload["setMonitoringData"]]}


def _clear_monitors(station: Obedient, payload: Json) -> Json:
    return {
        "clearMonitoringResult": [
            {"id": number, "status": "NotFound" if station.device.monitors.pop(number, None) is None else "Accepted"}
            for number in payload["id"]
        ]
    }


def _monitoring_base(station: Obedient, payload: Json) -> Json:
    if payload["monitoringBase"] != "All":
        station.device.monitors.clear()  # the factory set none
    return _ACCEPTED


def _monitoring_level(_station: Obedient, payload: Json) -> Json:
    return _ACCEPTED if 0 <= payload["severity"] <= 9 else _refused("Rejected", "InvalidValue", "0 to 9")


def _monitoring_report(station: Obedient, payload: Json) -> Json:
    entries = station.device.monitored(payload.get("componentVariable", []))
    if not entries:
        return {"status": "EmptyResultSet"}
    station.tell(station.device.in_parts("NotifyMonitoringReport", payload["requestId"], "monitor", entries))
    return _ACCEPTED


def _set_message(station: Obedient, payload: Json) -> Json:
    message = payload["message"]
    station.device.messages[message["id"]] = message
    return _ACCEPTED


def _get_messages(station: Obedient, payload: Json) -> Json:
    found = [
        message
        for message in station.device.messages.values()
        if message["id"] in payload.get("id", [message["id"]])
        and payload.get("priority", message["priority"]) == message["priority"]
        and payload.get("state", message.get("state")) == message.get("state")
    ]
    if not found:
        return {"status": "Unknown"}
    station.tell(
        [
            (
                "NotifyDisplayMessages",
                {"requestId": payload["requestId"], "messageInfo": [message], "tbc": number < len(found) - 1},
            )
            for number, message in enumerate(found)
        ]
    )
    return _ACCEPTED


def _clear_message(station: Obedient, payload: Json) -> Json:
    return {"status": "Unknown" if station.device.messages.pop(payload["id"], None) is None else "Accepted"}


def _customer(station: Obedient, payload: Json) -> Json:
    station.tell(station.device.customer(payload["requestId"], clear=payload["clear"]))
    return _ACCEPTED


def _network_profile(station: Obedient, payload: Json) -> Json:
    if payload["configurationSlot"] == _IN_USE:
        return _refused("Rejected", "InvalidNetworkConf", "the slot is in use")
    station.device.profiles[payload["configurationSlot"]] = payload["connectionData"]
    return _ACCEPTED


def _transaction_status(station: Obedient, payload: Json) -> Json:
    answer: Json = {"messagesInQueue": station.unsent > 0}
    if "transactionId" in payload:
        running = (position.transaction for position in station.positions.values())
        answer["ongoingIndicator"] = any(one is not None and one.key == payload["transactionId"] for one in running)
    return answer


def _cost(_station: Obedient, _payload: Json) -> Json:
    return {}


def _clear_cache(_station: Obedient, _payload: Json) -> Json:
    return _ACCEPTED


def _streams(_station: Obedient, _payload: Json) -> Json:
    return {}  # it opens none


def _adjust_stream(_station: Obedient, _payload: Json) -> Json:
    return _refused("Rejected", "UnknownStream", "no stream is open")


DEVICE_COMMANDS: dict[str, Callable[[Obedient, Json], Json]] = {
    "GetBaseReport": _base_report,
    "GetReport": _report,
    "SetVariableMonitoring": _set_monitors,
    "ClearVariableMonitoring": _clear_monitors,
    "SetMonitoringBase": _monitoring_base,
    "SetMonitoringLevel": _monitoring_level,
    "GetMonitoringReport": _monitoring_report,
    "SetDisplayMessage": _set_message,
    "GetDisplayMessages": _get_messages,
    "ClearDisplayMessage": _clear_message,
    "CustomerInformation": _customer,
    "SetNetworkProfile": _network_profile,
    "GetTransactionStatus": _transaction_status,
    "CostUpdated": _cost,
    "ClearCache": _clear_cache,
    "GetPeriodicEventStream": _streams,
    "AdjustPeriodicEventStream": _adjust_stream,
}
