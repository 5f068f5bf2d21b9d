"""OCPP 1.6 configuration keys under the roof of the 2.0.1 device model.

Keys whose meaning 2.0.1 has a variable for take its name, so that one question finds the heartbeat interval of every
station; the others stay variables of a component named Configuration, which no version of OCPP uses. The table
follows the referenced components and variables of 2.0.1 Part 2 (appendix) and 1.6 §9; the order is that of 1.6.
"""

from app.domain.request.core import VariableName

UNMAPPED_COMPONENT = "Configuration"

# 1.6 key -> (component, variable, instance)
_KEYS: dict[str, tuple[str, str, str | None]] = {
    "AllowOfflineTxForUnknownId": ("AuthCtrlr", "OfflineTxForUnknownIdEnabled", None),
    "AuthorizationCacheEnabled": ("AuthCacheCtrlr", "Enabled", None),
    "AuthorizeRemoteTxRequests": ("AuthCtrlr", "AuthorizeRemoteStart", None),
    "ClockAlignedDataInterval": ("AlignedDataCtrlr", "Interval", None),
    "ConnectionTimeOut": ("TxCtrlr", "EVConnectionTimeOut", None),
    "GetConfigurationMaxKeys": ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"),
    "HeartbeatInterval": ("OCPPCommCtrlr", "HeartbeatInterval", None),
    "LocalAuthorizeOffline": ("AuthCtrlr", "LocalAuthorizeOffline", None),
    "LocalPreAuthorize": ("AuthCtrlr", "LocalPreAuthorize", None),
    "MaxEnergyOnInvalidId": ("TxCtrlr", "MaxEnergyOnInvalidId", None),
    "MeterValuesAlignedData": ("AlignedDataCtrlr", "Measurands", None),
    "MeterValuesSampledData": ("SampledDataCtrlr", "TxUpdatedMeasurands", None),
    "MeterValueSampleInterval": ("SampledDataCtrlr", "TxUpdatedInterval", None),
    "NumberOfConnectors": ("ChargingStation", "EVSECount", None),
    "ResetRetries": ("OCPPCommCtrlr", "ResetRetries", None),
    "StopTransactionOnEVSideDisconnect": ("TxCtrlr", "StopTxOnEVSideDisconnect", None),
    "StopTransactionOnInvalidId": ("TxCtrlr", "StopTxOnInvalidId", None),
    "StopTxnAlignedData": ("AlignedDataCtrlr", "TxEndedMeasurands", None),
    "StopTxnSampledData": ("SampledDataCtrlr", "TxEndedMeasurands", None),
    "TransactionMessageAttempts": ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
    "TransactionMessageRetryInterval": ("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
    "UnlockConnectorOnEVSideDisconnect": ("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", None),
    "WebSocketPingInterval": ("OCPPCommCtrlr", "WebSocketPingInterval", None),
    "LocalAuthListEnabled": ("LocalAuthListCtrlr", "Enabled", None),
    "LocalAuthListMaxLength": ("LocalAuthListCtrlr", "Entries", None),
    "SendLocalListMaxLength": ("LocalAuthListCtrlr", "ItemsPerMessage", None),
    "ChargeProfileMaxStackLevel": ("SmartChargingCtrlr", "ProfileStackLevel", None),
    "ChargingScheduleAllowedChargingRateUnit": ("SmartChargingCtrlr", "RateUnit", None),
    "ChargingScheduleMaxPeriods": ("SmartChargingCtrlr", "PeriodsPerSchedule", None),
    "MaxChargingProfilesInstalled": ("SmartChargingCtrlr", "Entries", "ChargingProfiles"),
    "AuthorizationKey": ("SecurityCtrlr", "BasicAuthPassword", None),
    "CpoName": ("SecurityCtrlr", "OrganizationName", None),
    "CertificateStoreMaxLength": ("SecurityCtrlr", "CertificateEntries", None),
    "AdditionalRootCertificateCheck": ("SecurityCtrlr", "AdditionalRootCertificateCheck", None),
    "SecurityProfile": ("SecurityCtrlr", "SecurityProfile", None),
}
_BY_KEY = {key.lower(): VariableName(*name) for key, name in _KEYS.items()}
_BY_NAME = {(name[0].lower(), name[1].lower(), (name[2] or "").lower()): key for key, name in _KEYS.items()}


def variable_of(key: str) -> VariableName:
    """The variable that a 1.6 key is; keys are compared without regard to case."""
    return _BY_KEY.get(key.lower()) or VariableName(UNMAPPED_COMPONENT, key)


def key_of(name: VariableName) -> str:
    """The 1.6 key of a variable; what the table does not know is taken for a key itself."""
    found = _BY_NAME.get((name.component.lower(), name.variable.lower(), (name.instance or "").lower()))
    return found or name.variable
