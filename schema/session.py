"""Sessions with their steps, readings and cost."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain import session as values
from app.domain.ids import Prefix
from app.domain.journal import RecordedReading
from app.domain.pricing import needs_record
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission
from app.domain.session import (
    REVIEW_MESSAGES,
    ReviewCode,
    SessionOrigin,
    SessionStatus,
    StepName,
    StepState,
)
from app.domain.settlement import NOTHING_KNOWN
from app.domain.station import ChargingState
from app.domain.station import ChargingStation as StationValue
from app.queries import sessions
from schema import ids
from schema.cdr import SessionCdrFields
from schema.context import Info
from schema.dispute import SessionDisputeFields
from schema.document import SessionDocumentFields
from schema.driver import SessionDriverFields
from schema.field import resolved
from schema.hold import SessionHoldFields
from schema.location import Location
from schema.page import After, Connection, Node, connection
from schema.power import SessionPowerFields
from schema.record import SessionRecordFields
from schema.scalars import Long
from schema.station import ChargingStation, Connector, Evse
from schema.station_cost import SessionStationCost
from schema.target import SessionTargetFields
from schema.tariff import Cost, Tariff
from schema.timeline import SessionTimelineFields
from schema.token import Token

_READINGS_MAX = 2_000


@strawberry.type(description="One thing a person waiting for a charge sees happen.")
class SessionStep:
    name: StepName = strawberry.field(description="What.")
    state: StepState = strawberry.field(description="Whether it happened.")
    at: datetime | None = strawberry.field(description="When it happened.")
    deadline: datetime | None = strawberry.field(description="When waiting for it ends.")
    message: str | None = strawberry.field(description="Why it failed, for a person.")
    code: str | None = strawberry.field(description="Why it failed, for a program.")


@strawberry.type(description="Why a person should look at a session before it is believed.")
class ReviewFlag:
    code: str = strawberry.field(description="What is odd, such as ENERGY_JUMP.")
    message: str = strawberry.field(description="In words, with what was done about it.")


@strawberry.type(description="One moment of a session's meter.")
class Reading:
    at: datetime = strawberry.field(description="When, as the station says.")
    received_at: datetime = strawberry.field(description="When we heard of it.")
    energy_wh: Long | None = strawberry.field(description="The register, in Wh.")
    power_w: Long | None = strawberry.field(description="Power, in W.")
    current_ma: list[Long | None] | None = strawberry.field(description="Current by phase, in mA.")
    voltage_mv: list[Long | None] | None = strawberry.field(description="Voltage by phase, in mV.")
    soc_percent: int | None = strawberry.field(description="The battery's charge, in percent.")
    context: str | None = strawberry.field(description="OCPP reading context.")
    suspect: bool = strawberry.field(description="Whether it was not believed.")

    @classmethod
    def of(cls, value: RecordedReading) -> "Reading":
        return cls(
            at=value.at,
            received_at=value.received_at,
            energy_wh=_long(value.energy_wh),
            power_w=_long(value.power_w),
            current_ma=_phases(value.current_ma),
            voltage_mv=_phases(value.voltage_mv),
            soc_percent=value.soc_percent,
            context=value.context,
            suspect=value.suspect,
        )


def _long(value: int | None) -> Long | None:
    return None if value is None else Long(value)


def _phases(phases: tuple[int | None, ...] | None) -> list[Long | None] | None:
    return None if phases is None else [_long(value) for value in phases]


@strawberry.type(description="A charging session, from the first promise to the bill.")
class Session(
    SessionCdrFields,
    SessionDisputeFields,
    SessionDocumentFields,
    SessionDriverFields,
    SessionHoldFields,
    SessionPowerFields,
    SessionTargetFields,
    SessionStationCost,
    SessionRecordFields,
    SessionTimelineFields,
    Node,
):
    value: strawberry.Private[values.Session]
    status: SessionStatus = strawberry.field(description="Where it stands.")
    origin: SessionOrigin = strawberry.field(description="Who or what began it.")
    transaction_id: str | None = strawberry.field(description="The station's own id of it.")
    created_at: datetime = strawberry.field(description="When we first knew of it.")
    started_at: datetime | None = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(description="When energy ended.")
    settled_at: datetime | None = strawberry.field(description="When its record was complete and priced.")
    energy_wh: Long = strawberry.field(description="Energy so far, in Wh.")
    power_w: Long | None = strawberry.field(description="Power as last measured, in W.")
    soc_percent: int | None = strawberry.field(description="The battery's charge as last reported, in percent.")
    charging_state: ChargingState | None = strawberry.field(description="How far charging has come.")
    stop_reason: str | None = strawberry.field(description="Why it ended, in OCPP's words.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Session) -> "Session":
        return cls(
            value=value,
            id=ids.shown(Prefix.SESSION, value.uuid),
            status=value.status,
            origin=value.origin,
            transaction_id=value.transaction_id,
            created_at=value.created_at,
            started_at=value.started_at,
            ended_at=value.ended_at,
            settled_at=value.settled_at,
            energy_wh=Long(value.energy_wh),
            power_w=_long(value.meter.power_w),
            soc_percent=value.meter.soc_percent,
            charging_state=value.charging_state,
            stop_reason=value.stop_reason,
            version=Long(value.version),
        )

    async def _station(self, info: Info) -> StationValue | None:
        if not info.context.may(Permission.NETWORK_READ):
            return None
        return await info.context.loaders.station.load(self.value.station_key)

    @resolved("Where; null without network:read.")
    async def location(self, info: Info) -> Location | None:
        if not info.context.may(Permission.NETWORK_READ):
            return None
        found = await info.context.loaders.location.load(self.value.location_key)
        return None if found is None else Location.of(found)

    @resolved("At which station; null without network:read.")
    async def station(self, info: Info) -> ChargingStation | None:
        found = await self._station(info)
        return None if found is None else ChargingStation.of(found)

    @resolved("At which EVSE; null when the station did not say, or without network:read.")
    async def evse(self, info: Info) -> Evse | None:
        station = await self._station(info)
        if station is None:
            return None
        return next((Evse.of(evse, station) for evse in station.evses if evse.key == self.value.evse_key), None)

    @resolved("At which connector; null when the station did not say, or without network:read.")
    async def connector(self, info: Info) -> Connector | None:
        station = await self._station(info)
        if station is None:
            return None
        plugs = (plug for evse in station.evses if evse.key == self.value.evse_key for plug in evse.connectors)
        return next((Connector.of(plug) for plug in plugs if plug.number == self.value.connector_number), None)

    @resolved("Whose; null when unknown, or without tokens:read.")
    async def token(self, info: Info) -> Token | None:
        if self.value.token_key is None or not info.context.may(Permission.TOKENS_READ):
            return None
        found = await info.context.loaders.token.load(self.value.token_key)
        return None if found is None else Token.of(found)

    @resolved("What has happened and what is awaited, in order.")
    def steps(self) -> list[SessionStep]:
        marks = self.value.steps
        return [
            SessionStep(
                name=name,
                state=marks[name].state,
                at=marks[name].at,
                deadline=marks[name].deadline,
                message=marks[name].message,
                code=marks[name].code,
            )
            for name in StepName
            if name in marks
        ]

    @resolved("What a person should look at.")
    def review_flags(self) -> list[ReviewFlag]:
        known = set(ReviewCode)
        return [
            ReviewFlag(code=code, message=REVIEW_MESSAGES[ReviewCode(code)] if code in known else code)
            for code in self.value.flags
        ]

    @resolved("The meter over time.")
    async def readings(
        self,
        info: Info,
        resolution_seconds: Annotated[
            int | None, strawberry.argument(description="Only the last reading of every so many seconds.")
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many, 1 to 2,000.")] = 500,
        after: After = None,
    ) -> Connection[Reading]:
        if resolution_seconds is not None and not 1 <= resolution_seconds <= 86_400:
            message = "resolutionSeconds lies between 1 and 86400."
            raise Refused(Refusal(ErrorCode.INVALID_INPUT, message, ("resolutionSeconds",)))
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"readings:{key}:{resolution_seconds}",
            first=first,
            after=after,
            read=lambda page: sessions.readings(
                scope=context.scope,
                database=context.database,
                session_key=key,
                resolution_s=resolution_seconds,
                page=page,
            ),
            show=Reading.of,
            most=_READINGS_MAX,
        )

    @resolved("The tariff version pinned when it began; null when none applied, or without tariffs:read.")
    async def tariff(self, info: Info) -> Tariff | None:
        if self.value.tariff_key is None or not info.context.may(Permission.TARIFFS_READ):
            return None
        found = await info.context.loaders.tariff.load(self.value.tariff_key)
        return None if found is None else Tariff.of(found)

    @resolved("What it costs so far; null without a tariff, or before it began.")
    async def cost(self, info: Info) -> Cost | None:
        if self.value.tariff_key is None:
            return None
        found = await info.context.loaders.tariff.load(self.value.tariff_key)
        if found is None:
            return None
        record = NOTHING_KNOWN
        if needs_record(found):
            record = await info.context.loaders.session_record.load(self.value.key) or record
        return Cost.of(self.value, found, record, info.context.house.desk.now())
