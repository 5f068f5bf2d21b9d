"""A charging station, its EVSEs and connectors, in the words of OCPP 2.0.1.

OCPP 1.6 ends at its translator: connector n is EVSE n connector 1, connector 0 is the station itself.
"Offline" belongs to the connection and never appears among connector statuses.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class OcppVersion(StrEnum):
    """What was negotiated, by its WebSocket subprotocol name."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


class ConnectionState(StrEnum):
    NEVER_SEEN = "NEVER_SEEN"
    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


class Registration(StrEnum):
    """Our answer to BootNotification (OCPP 2.0.1 RegistrationStatusEnumType)."""

    ACCEPTED = "ACCEPTED"
    PENDING = "PENDING"
    REJECTED = "REJECTED"


class Lifecycle(StrEnum):
    """What the operator says about the station."""

    PLANNED = "PLANNED"
    COMMISSIONING = "COMMISSIONING"
    IN_SERVICE = "IN_SERVICE"
    MAINTENANCE = "MAINTENANCE"
    RETIRED = "RETIRED"


class ConnectorStatus(StrEnum):
    """OCPP 2.0.1 ConnectorStatusEnumType."""

    AVAILABLE = "AVAILABLE"
    OCCUPIED = "OCCUPIED"
    RESERVED = "RESERVED"
    UNAVAILABLE = "UNAVAILABLE"
    FAULTED = "FAULTED"


class ChargingState(StrEnum):
    """OCPP 2.0.1 ChargingStateEnumType."""

    EV_CONNECTED = "EV_CONNECTED"
    CHARGING = "CHARGING"
    SUSPENDED_EV = "SUSPENDED_EV"
    SUSPENDED_EVSE = "SUSPENDED_EVSE"
    IDLE = "IDLE"


class EvseStatus(StrEnum):
    """OCPI Status: what drivers and partners see."""

    AVAILABLE = "AVAILABLE"
    BLOCKED = "BLOCKED"
    CHARGING = "CHARGING"
    INOPERATIVE = "INOPERATIVE"
    OUTOFORDER = "OUTOFORDER"
    PLANNED = "PLANNED"
    REMOVED = "REMOVED"
    RESERVED = "RESERVED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Connector:
    """One plug. ``status`` is None until the station has reported it."""

    key: int
    uuid: UUID
    evse_number: int
    number: int
    standard: str
    format: str
    power_type: str
    max_power_w: int
    max_voltage_v: int
    max_current_a: int
    status: ConnectorStatus | None = None
    status_since: datetime | None = None
    error_code: str | None = None
    vendor_error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Evse:
    """One charging position; at most one car charges here at a time."""

    key: int
    uuid: UUID
    number: int
    evse_id: str | None
    physical_reference: str | None
    operative: bool
    charging_state: ChargingState | None
    status_since: datetime | None
    connectors: tuple[Connector, ...] = ()
    session_key: int | None = None
    version: int = 0
    meter_public_key: str | None = None

    @property
    def max_power_w(self) -> int:
        return max((connector.max_power_w for connector in self.connectors), default=0)


@dataclass(frozen=True, slots=True)
class StationLink:
    """The station's connection, as derived from its gateway's lease."""

    state: ConnectionState
    since: datetime | None = None
    last_seen_at: datetime | None = None
    subprotocol: str | None = None
    security_profile: int | None = None
    remote_address: str | None = None
    last_close_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChargingStation:
    """A station as an operator reads it; ``version`` grows with every change of it or of what hangs off it."""

    key: int
    uuid: UUID
    operator_key: int
    location_key: int
    identity: str
    name: str | None
    lifecycle: Lifecycle
    registration: Registration
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    ocpp_version: OcppVersion | None
    security_profile_floor: int
    link: StationLink
    version: int
    evses: tuple[Evse, ...] = field(default=())
    accepts_no_authorization: bool = False
    accepts_direct_payment: bool = False


_OCPI_STATUS: dict[ConnectorStatus, EvseStatus] = {
    ConnectorStatus.AVAILABLE: EvseStatus.AVAILABLE,
    ConnectorStatus.OCCUPIED: EvseStatus.BLOCKED,
    ConnectorStatus.RESERVED: EvseStatus.RESERVED,
    ConnectorStatus.UNAVAILABLE: EvseStatus.INOPERATIVE,
    ConnectorStatus.FAULTED: EvseStatus.OUTOFORDER,
}

# The worst-first order in which one connector speaks for its EVSE: a car on one plug occupies the whole position.
_EVSE_PRECEDENCE = (
    ConnectorStatus.OCCUPIED,
    ConnectorStatus.RESERVED,
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.UNAVAILABLE,
    ConnectorStatus.FAULTED,
)


def amperes(power_w: int, voltage_v: int, power_type: str) -> int:
    """The current of a power; with three phases the voltage is that between a line and neutral (OCPI 8.3.3)."""
    phases = 3 if power_type == "AC_3_PHASE" else 1
    return round(power_w / (voltage_v * phases))


def evse_status(*, lifecycle: Lifecycle, connection: ConnectionState, evse: Evse) -> EvseStatus:
    """What a driver is told about one EVSE (OCPI 2.2.1, 8.4.22 Status).

    An offline station is UNKNOWN unless the operator says more: a wall never shows it as AVAILABLE.
    """
    if lifecycle in (Lifecycle.PLANNED, Lifecycle.COMMISSIONING):
        return EvseStatus.PLANNED
    if lifecycle is Lifecycle.RETIRED:
        return EvseStatus.REMOVED
    if lifecycle is Lifecycle.MAINTENANCE or not evse.operative:
        return EvseStatus.INOPERATIVE
    if connection is not ConnectionState.ONLINE:
        return EvseStatus.UNKNOWN
    statuses = {connector.status for connector in evse.connectors}
    for status in _EVSE_PRECEDENCE:
        if status in statuses:
            # A session at the EVSE means CHARGING to a driver, whichever phase the car is in.
            if status is ConnectorStatus.OCCUPIED and evse.session_key is not None:
                return EvseStatus.CHARGING
            return _OCPI_STATUS[status]
    return EvseStatus.UNKNOWN
