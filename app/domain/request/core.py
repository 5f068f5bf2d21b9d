"""The core of every version: start, stop, reset, unlock, availability, trigger, variables, vendor data."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.kind import EVERY_VERSION, SINCE_21, Priority, StationRequest
from app.domain.station import OcppVersion
from app.domain.token import PresentedToken


@dataclass(frozen=True, slots=True)
class CoreRequest(StationRequest):
    """What every version has words for."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION


@dataclass(frozen=True, slots=True)
class StartTransaction(CoreRequest):
    """RemoteStartTransaction / RequestStartTransaction (1.6 §5.11, 2.0.1 F01–F02)."""

    priority: ClassVar[Priority] = Priority.CHARGE
    shows: ClassVar[bool] = True

    token: PresentedToken
    remote_start_id: int
    evse: int
    connector: int | None = None


@dataclass(frozen=True, slots=True)
class StopTransaction(CoreRequest):
    """RemoteStopTransaction / RequestStopTransaction (1.6 §5.12, 2.0.1 F03)."""

    priority: ClassVar[Priority] = Priority.LEAVE
    shows: ClassVar[bool] = True

    transaction_id: str


@dataclass(frozen=True, slots=True)
class Reset(CoreRequest):
    """Reset (1.6 §5.14, 2.0.1 B11–B12). ``when_idle``: 1.6 Soft / 2.x OnIdle, otherwise Hard / Immediate."""

    priority: ClassVar[Priority] = Priority.CARE
    shows: ClassVar[bool] = True

    when_idle: bool
    evse: int | None = None


@dataclass(frozen=True, slots=True)
class ResetAndResume(StationRequest):
    """Reset of type ImmediateAndResume: at once, and transactions go on afterwards (2.1 B13)."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CARE
    shows: ClassVar[bool] = True

    evse: int | None = None


@dataclass(frozen=True, slots=True)
class UnlockConnector(CoreRequest):
    """UnlockConnector (1.6 §5.18, 2.0.1 F05)."""

    priority: ClassVar[Priority] = Priority.LEAVE
    shows: ClassVar[bool] = True

    evse: int
    connector: int


@dataclass(frozen=True, slots=True)
class ChangeAvailability(CoreRequest):
    """ChangeAvailability (1.6 §5.2, 2.0.1 G03–G04). No EVSE: the whole station."""

    priority: ClassVar[Priority] = Priority.CARE
    shows: ClassVar[bool] = True

    operative: bool
    evse: int | None = None
    connector: int | None = None


# MessageTriggerEnumType of 2.1 and 1.6 §7.33 with the security extension; a version that lacks one says so itself.
TRIGGERS = frozenset(
    {
        "BootNotification",
        "CustomTrigger",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "PublishFirmwareStatusNotification",
        "SignChargePointCertificate",
        "SignChargingStationCertificate",
        "SignCombinedCertificate",
        "SignV2G20Certificate",
        "SignV2GCertificate",
        "StatusNotification",
        "TransactionEvent",
    }
)


@dataclass(frozen=True, slots=True)
class TriggerMessage(CoreRequest):
    """TriggerMessage (1.6 §5.17, 2.0.1 F06). ``message`` is OCPP's own name, e.g. StatusNotification.

    ``custom`` is the vendor's name of a message that 2.1 triggers as CustomTrigger.
    """

    priority: ClassVar[Priority] = Priority.ASK

    message: str
    evse: int | None = None
    connector: int | None = None
    custom: str | None = None


class AttributeType(StrEnum):
    """Which value of a variable (2.0.1 Part 1 §4.1.3)."""

    ACTUAL = "Actual"
    TARGET = "Target"
    MIN_SET = "MinSet"
    MAX_SET = "MaxSet"


@dataclass(frozen=True, slots=True)
class VariableName:
    """A 2.x variable, or a 1.6 configuration key by its own name or by that of the 2.x variable that means the same.

    ``instance`` is the variable's; without an ``attribute`` the actual value is meant.
    """

    component: str
    variable: str
    instance: str | None = None
    evse: int | None = None
    component_instance: str | None = None
    connector: int | None = None
    attribute: AttributeType | None = None


@dataclass(frozen=True, slots=True)
class GetVariables(CoreRequest):
    """GetConfiguration / GetVariables (1.6 §5.8, 2.0.1 B06)."""

    variables: tuple[VariableName, ...]


@dataclass(frozen=True, slots=True)
class SetVariables(CoreRequest):
    """ChangeConfiguration / SetVariables (1.6 §5.3, 2.0.1 B05). 1.6 takes exactly one."""

    variables: tuple[tuple[VariableName, str], ...]


@dataclass(frozen=True, slots=True)
class SendDataTransfer(CoreRequest):
    """A vendor's own message, by DataTransfer."""

    vendor_id: Annotated[str, "Whose message."]
    message_id: Annotated[str | None, "Which message of theirs."] = None
    data: Annotated[str | None, "JSON text; text that is no JSON is sent as a string."] = None


REQUESTS: tuple[type[StationRequest], ...] = (
    StartTransaction,
    StopTransaction,
    Reset,
    ResetAndResume,
    UnlockConnector,
    ChangeAvailability,
    TriggerMessage,
    GetVariables,
    SetVariables,
    SendDataTransfer,
)
