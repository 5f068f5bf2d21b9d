"""Stations, EVSEs and connectors, and the knocks at the door."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import station as values
from app.domain.handshake import AttemptResult
from app.domain.ids import Prefix
from app.domain.journal import ConnectionAttempt as AttemptValue
from app.domain.scope import Permission
from app.domain.station import (
    ChargingState,
    ConnectionState,
    ConnectorStatus,
    EvseStatus,
    Lifecycle,
    Registration,
    evse_status,
)
from app.queries import tariffs
from schema import ids
from schema.context import Info
from schema.desired import DesiredFields
from schema.device import DeviceFields
from schema.enums import described
from schema.field import resolved
from schema.location import Location
from schema.page import Node
from schema.power import StationPower
from schema.quirk import QuirkFields
from schema.scalars import Long
from schema.trust import TrustFields

if TYPE_CHECKING:
    from schema.session import Session
    from schema.tariff import Tariff

described(
    AttemptResult,
    "How a charger's attempt to connect ended.",
    "Connected.",
    "No station has the identity.",
    "The URL named no identity.",
    "No password was sent.",
    "The password is wrong.",
    "User name and identity differ.",
    "No OCPP version in common.",
    "The connection must be encrypted.",
    "A client certificate must be shown.",
    "The client certificate belongs to somebody else.",
    "The security profile is below the least that is allowed.",
    "Too many attempts.",
    "The server was not ready.",
)


@strawberry.type(description="A station's connection.")
class StationLink:
    state: ConnectionState = strawberry.field(description="Open now, open before, or never.")
    since: datetime | None = strawberry.field(description="Since when it is in this state.")
    last_seen_at: datetime | None = strawberry.field(description="The last message, to the minute.")
    subprotocol: str | None = strawberry.field(description="The OCPP version negotiated.")
    security_profile: int | None = strawberry.field(description="OCPP security profile, 0 to 3.")
    remote_address: str | None = strawberry.field(description="Where it connects from.")
    last_close_reason: str | None = strawberry.field(description="Why the last connection ended.")

    @classmethod
    def of(cls, value: values.StationLink) -> "StationLink":
        return cls(
            state=value.state,
            since=value.since,
            last_seen_at=value.last_seen_at,
            subprotocol=value.subprotocol,
            security_profile=value.security_profile,
            remote_address=value.remote_address,
            last_close_reason=value.last_close_reason,
        )


@strawberry.type(description="One plug or socket.")
class Connector(Node):
    number: int = strawberry.field(description="Its number at the EVSE, from 1.")
    standard: str = strawberry.field(description="OCPI connector standard, such as IEC_62196_T2.")
    format: str = strawberry.field(description="SOCKET or CABLE.")
    power_type: str = strawberry.field(description="OCPI power type, such as AC_3_PHASE or DC.")
    max_power_w: Long = strawberry.field(description="Most power, in W.")
    max_voltage_v: int = strawberry.field(description="Most voltage, in V.")
    max_current_a: int = strawberry.field(description="Most current, in A.")
    cable_attached: bool = strawberry.field(description="Whether the cable hangs at the station.")
    status: ConnectorStatus | None = strawberry.field(description="What the station says; null: nothing yet.")
    status_since: datetime | None = strawberry.field(description="Since when.")
    error_code: str | None = strawberry.field(description="OCPP error code.")
    vendor_error_code: str | None = strawberry.field(description="The vendor's own error code.")

    @classmethod
    def of(cls, value: values.Connector) -> "Connector":
        return cls(
            id=ids.shown(Prefix.CONNECTOR, value.uuid),
            number=value.number,
            standard=value.standard,
            format=value.format,
            power_type=value.power_type,
            max_power_w=Long(value.max_power_w),
            max_voltage_v=value.max_voltage_v,
            max_current_a=value.max_current_a,
            cable_attached=value.format == "CABLE",
            status=value.status,
            status_since=value.status_since,
            error_code=value.error_code,
            vendor_error_code=value.vendor_error_code,
        )


@strawberry.type(description="One charging position: at most one car charges here at a time.")
class Evse(Node):
    station_value: strawberry.Private[values.ChargingStation]
    value: strawberry.Private[values.Evse]
    number: int = strawberry.field(description="Its number at the station, from 1.")
    evse_id: str | None = strawberry.field(description="The public id on the sticker, such as DE*VGT*E0001*1.")
    physical_reference: str | None = strawberry.field(description="What is written on it.")
    status_since: datetime | None = strawberry.field(description="Since when a connector has its state.")
    operative: bool = strawberry.field(description="Whether the operator lets it be used.")
    charging_state: ChargingState | None = strawberry.field(description="How far charging has come.")
    max_power_w: Long = strawberry.field(description="Most power of its connectors, in W.")
    meter_public_key: str | None = strawberry.field(
        description="What its meter signs with, as its operator said; null: nobody did, see its variables."
    )
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Evse, station: values.ChargingStation) -> "Evse":
        return cls(
            station_value=station,
            value=value,
            id=ids.shown(Prefix.EVSE, value.uuid),
            number=value.number,
            evse_id=value.evse_id,
            physical_reference=value.physical_reference,
            status_since=value.status_since,
            operative=value.operative,
            charging_state=value.charging_state,
            max_power_w=Long(value.max_power_w),
            meter_public_key=value.meter_public_key,
            version=Long(value.version),
        )

    @resolved("What drivers and partners see; UNKNOWN while the station is offline.")
    def status(self) -> EvseStatus:
        station = self.station_value
        return evse_status(lifecycle=station.lifecycle, connection=station.link.state, evse=self.value)

    @resolved("The station it belongs to.")
    def station(self) -> "ChargingStation":
        return ChargingStation.of(self.station_value)

    @resolved("Its plugs.")
    def connectors(self) -> list[Connector]:
        return [Connector.of(plug) for plug in self.value.connectors]

    @resolved("The session that runs or is promised here; null without sessions:read.")
    async def session(self, info: Info) -> Annotated["Session", strawberry.lazy("schema.session")] | None:
        from schema.session import Session  # noqa: PLC0415 - sessions know their EVSE, too

        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)

    @resolved("What a session that begins at a moment would pay; null when nothing is assigned. Needs tariffs:read.")
    async def tariff(
        self,
        info: Info,
        at: Annotated[datetime | None, strawberry.argument(description="The moment; now by default.")] = None,
    ) -> Annotated["Tariff", strawberry.lazy("schema.tariff")] | None:
        from schema.tariff import Tariff  # noqa: PLC0415 - tariffs know their EVSEs, too

        context = info.context
        place = (self.station_value.location_key, self.value.key, None)
        found = await tariffs.applicable(
            scope=context.scope, database=context.database, at=at or context.house.desk.now(), places=(place,)
        )
        return None if place not in found else Tariff.of(found[place])


@strawberry.type(description="A charging station.")
class ChargingStation(Node, TrustFields, DeviceFields, StationPower, QuirkFields, DesiredFields):
    value: strawberry.Private[values.ChargingStation]
    identity: str = strawberry.field(description="The OCPP identity it connects with.")
    name: str | None = strawberry.field(description="What people call it.")
    lifecycle: Lifecycle = strawberry.field(description="What the operator says about it.")
    registration: Registration = strawberry.field(description="Our answer to its boot.")
    vendor: str | None = strawberry.field(description="As reported at boot.")
    model: str | None = strawberry.field(description="As reported at boot.")
    serial_number: str | None = strawberry.field(description="As reported at boot.")
    firmware_version: str | None = strawberry.field(description="As reported at boot.")
    ocpp_version: str | None = strawberry.field(description="The version it speaks, such as ocpp1.6.")
    security_profile_floor: int = strawberry.field(description="The least OCPP security profile it may use.")
    accepts_no_authorization: bool = strawberry.field(
        description="Whether anybody may charge by a start button, without a token (NoAuthorization)."
    )
    accepts_direct_payment: bool = strawberry.field(
        description="Whether whoever pays at its own terminal may charge (DirectPayment, 2.1)."
    )
    version: Long = strawberry.field(description="Grows with every change of it, its EVSEs or its connectors.")

    @classmethod
    def of(cls, value: values.ChargingStation) -> "ChargingStation":
        return cls(
            value=value,
            id=ids.shown(Prefix.STATION, value.uuid),
            identity=value.identity,
            name=value.name,
            lifecycle=value.lifecycle,
            registration=value.registration,
            vendor=value.vendor,
            model=value.model,
            serial_number=value.serial_number,
            firmware_version=value.firmware_version,
            ocpp_version=None if value.ocpp_version is None else value.ocpp_version.value,
            security_profile_floor=value.security_profile_floor,
            accepts_no_authorization=value.accepts_no_authorization,
            accepts_direct_payment=value.accepts_direct_payment,
            version=Long(value.version),
        )

    @resolved("Its connection.")
    def connection(self) -> StationLink:
        return StationLink.of(self.value.link)

    @resolved("Where it stands.")
    async def location(self, info: Info) -> Location:
        found = await info.context.loaders.location.load(self.value.location_key)
        if found is None:
            raise LookupError("a station's location is visible to whoever sees the station")
        return Location.of(found)

    @resolved("Its charging positions, by number.")
    def evses(self) -> list[Evse]:
        return [Evse.of(evse, self.value) for evse in self.value.evses]


@strawberry.type(description="One knock at the door: why a charger does, or does not, get in.")
class ConnectionAttempt:
    at: datetime = strawberry.field(description="When.")
    path: str = strawberry.field(description="The path it asked for.")
    identity: str = strawberry.field(description="The identity in it.")
    remote_address: str = strawberry.field(description="Where it came from.")
    offered_subprotocols: list[str] = strawberry.field(description="What it can speak.")
    result: AttemptResult = strawberry.field(description="How it ended.")
    hint: str = strawberry.field(description="What to change.")

    @classmethod
    def of(cls, value: AttemptValue) -> "ConnectionAttempt":
        return cls(
            at=value.at,
            path=value.path,
            identity=value.identity,
            remote_address=value.remote_address,
            offered_subprotocols=list(value.offered_subprotocols),
            result=value.result,
            hint=value.hint,
        )
