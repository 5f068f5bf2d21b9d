"""Requests about the device model, its monitors, displays, customers and networks."""

from datetime import UTC, datetime

from app.domain.request import StationRequest
from app.domain.request.component import EVSE, Component, ComponentVariable, NamedVariable
from app.domain.request.core import AttributeType, GetVariables, SetVariables, TriggerMessage, VariableName
from app.domain.request.customer import (
    Apn,
    ApnAuthentication,
    CustomerCertificate,
    CustomerHashAlgorithm,
    CustomerInformation,
    GetTransactionStatus,
    NetworkConnectionProfile,
    OcppInterface,
    OcppTransport,
    ProfileOcppVersion,
    SetNetworkProfile,
    Vpn,
    VpnType,
)
from app.domain.request.device_model import ClearCache, ComponentCriterion, GetBaseReport, GetReport, ReportBase
from app.domain.request.display import (
    ClearDisplayMessage,
    CostUpdated,
    GetDisplayMessages,
    MessageContent,
    MessageFormat,
    MessageInfo,
    MessagePriority,
    MessageState,
    SetDisplayMessage,
)
from app.domain.request.local_list import IdToken
from app.domain.request.monitoring import (
    AdjustPeriodicEventStream,
    ClearVariableMonitoring,
    GetMonitoringReport,
    GetPeriodicEventStream,
    MonitoringBase,
    MonitoringCriterion,
    MonitorType,
    PeriodicEventStreamParams,
    SetMonitoringBase,
    SetMonitoringData,
    SetMonitoringLevel,
    SetVariableMonitoring,
)

_CONNECTOR = Component("Connector", "front", EVSE(1, 1))
_POWER = NamedVariable("Power", "L1")
_SOME = (ComponentVariable(_CONNECTOR, _POWER), ComponentVariable(Component("ChargingStation")))
_MOMENT = datetime(2027, 1, 1, tzinfo=UTC)
_PLACE = VariableName("Connector", "Power", "L1", 1, "front", 1, AttributeType.MAX_SET)

SAMPLES: list[StationRequest] = [
    GetBaseReport(7, ReportBase.FULL_INVENTORY),
    GetReport(8, _SOME, (ComponentCriterion.PROBLEM, ComponentCriterion.ACTIVE)),
    GetReport(9, component_criteria=(ComponentCriterion.PROBLEM,)),
    ClearCache(),
    GetVariables((_PLACE,)),
    SetVariables(((_PLACE, "11000"),)),
    TriggerMessage("SignChargingStationCertificate"),
    TriggerMessage("LogStatusNotification", 1),
    SetVariableMonitoring(
        (
            SetMonitoringData(90.5, MonitorType.UPPER_THRESHOLD, 3, _CONNECTOR, _POWER, id=4, transaction=True),
            SetMonitoringData(60.0, MonitorType.PERIODIC, 9, Component("ChargingStation"), NamedVariable("Power")),
        )
    ),
    ClearVariableMonitoring((1, 2)),
    SetMonitoringBase(MonitoringBase.HARD_WIRED_ONLY),
    SetMonitoringLevel(4),
    GetMonitoringReport(10, _SOME, (MonitoringCriterion.DELTA_MONITORING,)),
    GetMonitoringReport(11),
    AdjustPeriodicEventStream(5, PeriodicEventStreamParams(30, 10)),
    GetPeriodicEventStream(),
    SetDisplayMessage(
        MessageInfo(
            3,
            MessagePriority.IN_FRONT,
            MessageContent(MessageFormat.UTF8, "Welcome", "en"),
            MessageState.IDLE,
            _MOMENT,
            _MOMENT,
            "tx",
            Component("Display", None, EVSE(1)),
        )
    ),
    GetDisplayMessages(12, (3, 4), MessagePriority.IN_FRONT, MessageState.IDLE),
    GetDisplayMessages(13),
    ClearDisplayMessage(3),
    CostUpdated(1.25, "tx"),
    CustomerInformation(
        14,
        report=True,
        clear=False,
        customer_identifier="customer",
        id_token=IdToken("TAG", "ISO14443"),
        customer_certificate=CustomerCertificate(CustomerHashAlgorithm.SHA256, "ab", "cd", "1f"),
    ),
    CustomerInformation(15, report=True, clear=True, customer_identifier="customer"),
    SetNetworkProfile(
        1,
        NetworkConnectionProfile(
            OcppInterface.WIRED0,
            OcppTransport.JSON,
            30,
            "wss://csms.example/ocpp",
            2,
            ProfileOcppVersion.OCPP20,
            apn=Apn("internet", ApnAuthentication.AUTO, "user", "secret", 1234, "26201", False),
            vpn=Vpn("vpn.example", "user", "secret", "shared", VpnType.IKEV2, "group"),
        ),
    ),
    GetTransactionStatus("tx"),
    GetTransactionStatus(),
]
