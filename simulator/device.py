"""A station's device model: what it tells of itself, what it watches, what it shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from simulator.clock import stamp
from simulator.settings import Setting, Settings
from simulator.spec import VENDOR, StationSpec
from simulator.voice import Json, Said

_ENTRIES_A_PART = 4
_TEXT_A_PART = 512


def _entry(component: str, variable: str, value: str, *, kind: str = "string", evse: int | None = None,
           instance: str | None = None, writable: bool = False, unit: str | None = None) -> Json:  # fmt: skip
    """One entry of a report."""
    return {
        "component": {"name": component} | ({} if evse is None else {"evse": {"id": evse}}),
        "variable": {"name": variable} | ({} if instance is None else {"instance": instance}),
        "variableAttribute": [{"value": value, "mutability": "ReadWrite" if writable else "ReadOnly"}],
        "variableCharacteristics": {"dataType": kind, "supportsMonitoring": kind in ("integer", "decimal")}
        | ({} if unit is None else {"unit": unit}),
    }


def _matches(entry: Json, wanted: list[Json]) -> bool:
    """Whether an entry is one of those asked for; a component without a variable means all of its variables."""
    if not wanted:
        return True
    for one in wanted:
        named = one.get("variable")
        same = entry["component"]["name"].lower() == one["component"]["name"].lower()
        where = one["component"].get("evse", {}).get("id")
        same = same and where in (None, entry["component"].get("evse", {}).get("id"))
        if same and (named is None or entry["variable"]["name"].lower() == named["name"].lower()):
            return True
    return False


@dataclass(slots=True)
class DeviceModel:
    """Of one station. ``now`` is the station's clock."""

    spec: StationSpec
    settings: Settings
    now: Callable[[], datetime]
    monitors: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    profiles: dict[int, Json] = field(default_factory=dict)
    forgotten: bool = False
    _next_event: int = 0

    def report(self, base: str) -> list[Json]:
        """GetBaseReport's entries."""
        configuration = [self._setting(setting) for setting in self.settings]
        inventory = list(self._inventory())
        return {"ConfigurationInventory": configuration, "FullInventory": configuration + inventory}.get(
            base, [entry for entry in inventory if entry["variable"]["name"] == "AvailabilityState"]
        )

    def _setting(self, setting: Setting) -> Json:
        return _entry(
            setting.component,
            setting.variable,
            setting.value,
            kind="integer" if setting.whole_number else "string",
            instance=setting.instance,
            writable=not setting.read_only,
        )

    def _inventory(self) -> Iterator[Json]:
        yield _entry("ChargingStation", "VendorName", VENDOR)
        yield _entry("ChargingStation", "Model", self.spec.model)
        yield _entry("ChargingStation", "SerialNumber", self.spec.identity)
        yield _entry("ChargingStation", "AvailabilityState", "Available", kind="OptionList")
        for evse in range(1, self.spec.evses + 1):
            yield _entry("EVSE", "AvailabilityState", "Available", kind="OptionList", evse=evse)
            yield _entry("EVSE", "Power", str(self.spec.max_power_w), kind="integer", evse=evse, unit="W")
            yield _entry("EVSE", "SupplyPhases", str(self.spec.phases), kind="integer", evse=evse)

    def chosen(self, wanted: list[Json]) -> list[Json]:
        """GetReport's entries."""
        return [entry for entry in self.report("FullInventory") if _matches(entry, wanted)]

    def monitor(self, data: Json) -> Json:
        """SetVariableMonitoring's result for one monitor."""
        result = {name: data[name] for name in ("component", "variable", "type", "severity")}
        known = self.chosen([{"component": data["component"]}])
        if not known:
            return {**result, "status": "UnknownComponent"}
        if not self.chosen([{"component": data["component"], "variable": data["variable"]}]):
            return {**result, "status": "UnknownVariable"}
        number = data.get("id", max(self.monitors, default=0) + 1)
        self.monitors[number] = data
        return {**result, "status": "Accepted", "id": number}

    def monitored(self, wanted: list[Json]) -> list[Json]:
        """GetMonitoringReport's entries."""
        return [
            {
                "component": data["component"],
                "variable": data["variable"],
                "variableMonitoring": [
                    {
                        "id": number,
                        "transaction": data.get("transaction", False),
                        "value": data["value"],
                        "type": data["type"],
                        "severity": data["severity"],
                    }
                    | ({"eventNotificationType": "CustomMonitor"} if self.spec.version == "2.1" else {})
                ],
            }
            for number, data in self.monitors.items()
            if _matches(data, wanted)
        ]

    def changed(self, setting: Setting) -> list[Said]:
        """What a change of a value sets off: an event of each monitor of a difference."""
        place = [{"component": {"name": setting.component}, "variable": {"name": setting.variable}}]
        events = []
        for number, data in self.monitors.items():
            if data["type"] == "Delta" and _matches(data, place):
                self._next_event += 1
                events.append(
                    {
                        "eventId": self._next_event,
                        "timestamp": stamp(self.now()),
                        "trigger": "Delta",
                        "actualValue": setting.value,
                        "eventNotificationType": "CustomMonitor",
                        "variableMonitoringId": number,
                        "component": data["component"],
                        "variable": data["variable"],
                    }
                )
        if not events:
            return []
        return [("NotifyEvent", {"generatedAt": stamp(self.now()), "seqNo": 0, "tbc": False, "eventData": events})]

    def in_parts(self, action: str, request_id: int, name: str, entries: list[Json]) -> list[Said]:
        """Entries as the messages that tell them."""
        pieces = [entries[at : at + _ENTRIES_A_PART] for at in range(0, len(entries), _ENTRIES_A_PART)]
        return [
            (
                action,
                {"requestId": request_id, "generatedAt": stamp(self.now()), "seqNo": number, name: piece}
                | {"tbc": number < len(pieces) - 1},
            )
            for number, piece in enumerate(pieces)
        ]

    def customer(self, request_id: int, *, clear: bool) -> list[Said]:
        """What is known of a customer: whose cards are accepted while offline."""
        text = "" if self.forgotten else f"{len(self.spec.tokens)} tokens are accepted while offline."
        self.forgotten = self.forgotten or clear
        pieces = [text[at : at + _TEXT_A_PART] for at in range(0, len(text), _TEXT_A_PART)] or ["nothing is known"]
        at = stamp(self.now())
        return [
            (
                "NotifyCustomerInformation",
                {"requestId": request_id, "generatedAt": at, "seqNo": n, "tbc": n < len(pieces) - 1, "data": piece},
            )
            for n, piece in enumerate(pieces)
        ]
