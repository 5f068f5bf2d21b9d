"""A station's configuration: one store, spoken of as keys in 1.6 and as component variables in 2.x."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Setting:
    """``key`` is the 1.6 name, ``component`` and ``variable`` the 2.x one."""

    key: str
    component: str
    variable: str
    value: str
    read_only: bool = False
    needs_reboot: bool = False
    whole_number: bool = False
    instance: str | None = None


class Settings:
    """The key store of one station. Names are compared without regard to case, as both versions ask."""

    def __init__(self, *, evses: int, meter_interval_s: int, connection_timeout_s: int) -> None:
        self._all = [
            Setting("HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval", "300", whole_number=True),
            Setting(
                "MeterValueSampleInterval",
                "SampledDataCtrlr",
                "TxUpdatedInterval",
                str(meter_interval_s),
                whole_number=True,
            ),
            Setting(
                "ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut", str(connection_timeout_s), whole_number=True
            ),
            Setting("LocalAuthorizeOffline", "AuthCtrlr", "LocalAuthorizeOffline", "true"),
            Setting("StopTransactionOnInvalidId", "TxCtrlr", "StopTxOnInvalidId", "true"),
            Setting("WebSocketPingInterval", "OCPPCommCtrlr", "WebSocketPingInterval", "0", whole_number=True),
            Setting(
                "NetworkConfigurationPriority",
                "OCPPCommCtrlr",
                "NetworkConfigurationPriority",
                "0",
                needs_reboot=True,
            ),
            Setting(
                "GetConfigurationMaxKeys",
                "DeviceDataCtrlr",
                "ItemsPerMessage",
                "20",
                read_only=True,
                whole_number=True,
                instance="GetVariables",
            ),
            Setting("NumberOfConnectors", "ChargingStation", "EVSECount", str(evses), read_only=True),
            Setting(
                "SupportedFeatureProfiles",
                "ChargingStation",
                "Profiles",
                "Core,RemoteTrigger",
                read_only=True,
            ),
        ]

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._all)

    def by_key(self, key: str) -> Setting | None:
        return next((setting for setting in self._all if setting.key.lower() == key.lower()), None)

    def by_variable(self, component: str, variable: str, instance: str | None = None) -> Setting | None:
        wanted = (component.lower(), variable.lower(), (instance or "").lower())
        return next(
            (
                one
                for one in self._all
                if (one.component.lower(), one.variable.lower(), (one.instance or "").lower()) == wanted
            ),
            None,
        )

    def has_component(self, component: str) -> bool:
        return any(setting.component.lower() == component.lower() for setting in self._all)

    def whole(self, key: str) -> int:
        """A setting's whole number. Raises KeyError for an unknown one."""
        setting = self.by_key(key)
        if setting is None:
            raise KeyError(key)
        return int(setting.value)

    def change(self, setting: Setting, value: str) -> str:
        """Writes a value: Accepted, Rejected or RebootRequired, the words both versions share."""
        if setting.read_only or (setting.whole_number and not value.isdecimal()):
            return "Rejected"
        setting.value = value
        return "RebootRequired" if setting.needs_reboot else "Accepted"
